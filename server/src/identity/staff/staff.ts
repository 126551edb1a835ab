import type { AccountId, Credential, Refusal, SignInStep } from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import { type AuditEntry, appendAudit } from "../../audit/append.ts";
import type { Clock, Logger } from "../../context.ts";
import { newDevice } from "../identity.ts";
import { createLockout, type Lockout } from "../lockout.ts";
import { loginKey } from "../login.ts";
import { base64url, type Passwords, type Secrets } from "../ports.ts";
import { type IdentityStore, insertDevice } from "../store.ts";
import type { Attempts } from "./attempt.ts";
import { codeTries } from "./factors.ts";
import { agentName, coarse } from "./from.ts";
import type { Links } from "./links.ts";
import type { Mailer } from "./mail.ts";
import type { Passkeys } from "./passkeys.ts";
import type { Proofs } from "./proofs.ts";
import type { StaffRow, StaffStore } from "./store.ts";

/** Password hashes worked on at once, and those that may wait: each takes 19 MiB and a core. */
const hashesAtOnce = 2;
const hashesWaiting = 50;
const busyRetryMs = 1_000;
/** A code is right for 30 s and taken for as long before and after; used once, it is not taken again in that time. */
const codeTtlMs = 120_000;
const lockedNoteMs = 60_000;

/** Where a request came from. */
export type From = { readonly address: string; readonly agent: string };
export type Refused = { refusal: Refusal };
export type SignInOutcome = { credential: Credential } | { step: SignInStep } | Refused;
export type How = "password" | "passkey" | "sso" | "totp" | "recovery" | "link";

export type StaffCtx = {
  readonly sql: Sql;
  readonly store: StaffStore;
  readonly identity: IdentityStore;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly passwords: Passwords;
  readonly log: Logger;
  readonly attempts: Attempts;
  readonly links: Links;
  readonly proofs: Proofs;
  readonly passkeys: Passkeys;
  readonly mailer: Mailer | undefined;
  readonly origin: string;
  readonly hasSso: boolean;
  /** Whether a role has to prove who it is by two factors. */
  readonly needsFactor: (role: string) => boolean;
  /** Tells everybody, on every node, that these devices are over. */
  readonly ended: (devices: string[]) => void;
};

export interface Staff {
  readonly checks: Checks;
  /** What a proof leads to: a device of ours, or one more step. */
  settle(person: StaffRow, how: How, from: From): Promise<SignInOutcome>;
  admit(person: StaffRow, how: How, from: From): Promise<{ credential: Credential }>;
}

/** What both sign-in and the security page check, with one count of tries. */
export interface Checks {
  password(login: string, password: string, from: From): Promise<{ person: StaffRow } | Refused>;
  /** A code of an authenticator app, or a recovery code: each is taken once. */
  code(account: AccountId, code: string, kind: "totp" | "recovery"): Promise<Refused | undefined>;
  passkey(response: object, challenge: string): Promise<{ account: AccountId } | Refused>;
  /** Undefined when too many are waiting. */
  hash(password: string): Promise<string | undefined>;
  byAddress: Lockout;
}

export const unauthorised: Refused = { refusal: { code: "unauthorised" } };
export const overdue: Refused = { refusal: { code: "too-late" } };
export const busyNow: Refused = { refusal: { code: "busy", retryAfterMs: busyRetryMs } };
/** Their passkey is the second factor: whoever knows the password alone does not choose another one. */
export const passkeyOnly: Refused = { refusal: { code: "forbidden", path: "passkey" } };
export const waiting = (wait: number): Refused => ({
  refusal: { code: "rate-limited", retryAfterMs: Math.ceil(wait) },
});

export async function createStaff(ctx: StaffCtx): Promise<Staff> {
  const checks = await createChecks(ctx);
  const hasPasskey = async ({ account }: StaffRow) => (await ctx.store.passkeys(account)).length > 0;
  const staff: Staff = {
    checks,
    async settle(person, how, from) {
      if (how !== "passkey" && (person.secondFactor || ctx.needsFactor(person.role))) {
        if (!person.secondFactor && (await hasPasskey(person))) return passkeyOnly;
        const next = person.secondFactor ? "code" : "enrol";
        return { step: { next, ...ctx.attempts.begin({ step: next, account: person.account }) } };
      }
      return staff.admit(person, how, from);
    },
    async admit({ account, name }, how, from) {
      const { token, device } = newDevice(ctx, account, "staff");
      const { expiresAt } = await ctx.sql.begin(async (tx) => {
        const made = await insertDevice(tx, device);
        await tx`
          update device set agent = ${agentName(from.agent)}, network = ${coarse(from.address)}, confirmed_at = now()
          where id = ${device.id}`;
        await appendAudit(tx, { by: account, act: "sign-in", subject: device.id, detail: { how } });
        return made;
      });
      return { credential: { token, account, name, kind: "staff", expiresAt } };
    },
  };
  return staff;
}

async function createChecks(ctx: StaffCtx): Promise<Checks> {
  const lockoutCtx = { store: ctx.identity, secrets: ctx.secrets };
  const byCode = createLockout(lockoutCtx, codeTries, { free: 5, firstMs: 2_000, longestMs: 900_000 });
  const byAddress = createLockout(lockoutCtx, "address", { free: 30, firstMs: 1_000, longestMs: 900_000 });
  const gate = createGate(hashesAtOnce, hashesWaiting);
  return {
    byAddress,
    password: await createPasswordCheck(ctx, byAddress, gate),
    async code(account, code, kind) {
      const wait = await byCode.count(account);
      if (wait > 0) return waiting(wait);
      const plain = code.replace(/\s/g, "");
      if (kind === "totp") {
        // Claimed before it is checked: of two at the same moment one comes too late, whichever is right.
        if (!(await ctx.attempts.once(`totp ${account} ${plain}`, codeTtlMs))) return unauthorised;
        if (!(await ctx.proofs.checkTotp(account, plain))) return unauthorised;
      } else if (!(await ctx.proofs.useRecoveryCode(account, plain))) return unauthorised;
      await byCode.forgive(account);
      return undefined;
    },
    passkey: (response, challenge) => checkPasskey(ctx, response, challenge),
    hash: (password) => gate(() => ctx.passwords.hash(password)),
  };
}

/** Answers and works the same for a login that exists and one that does not, so that nobody can list our staff. */
async function createPasswordCheck(
  ctx: StaffCtx,
  byAddress: Lockout,
  gate: ReturnType<typeof createGate>,
): Promise<Checks["password"]> {
  const lockoutCtx = { store: ctx.identity, secrets: ctx.secrets };
  const byLogin = createLockout(lockoutCtx, "login", { free: 5, firstMs: 1_000, longestMs: 60_000 });
  const nobody = await ctx.passwords.hash(base64url(ctx.secrets.random(16)));

  /** Beside the answer: whether a login exists must not show in how long that takes. One line a minute says enough. */
  async function noteLocked(login: string): Promise<void> {
    const person = await ctx.store.byLogin(login);
    if (!person || !(await ctx.attempts.once(`locked ${person.account}`, lockedNoteMs))) return;
    await audit(ctx.sql, { by: person.account, act: "sign-in-locked", subject: person.account });
  }

  return async (login, password, { address }) => {
    const key = loginKey(login);
    const [waitLogin, waitAddress] = await Promise.all([byLogin.waitMs(key), byAddress.waitMs(address)]);
    // Looked at first, so that a try that has to wait counts for nobody.
    const ofLogin = Math.max(waitLogin, waitAddress) || (await byLogin.count(key));
    const wait = ofLogin || (await byAddress.count(address));
    if (ofLogin > waitAddress)
      noteLocked(login).catch((error) => ctx.log.warn({ error: String(error) }, "a lockout is not in the log"));
    if (wait > 0) return waiting(wait);
    const person = await ctx.store.byLogin(login);
    const right = await gate(async () => {
      if (person?.hasPassword) return ctx.proofs.password(login, password);
      await ctx.passwords.verify(password, nobody);
      return false;
    });
    if (right === undefined) return busyNow;
    if (!right || !person) return unauthorised;
    await Promise.all([byLogin.forgive(key), byAddress.forgive(address)]);
    return { person };
  };
}

async function checkPasskey(ctx: StaffCtx, given: object, challenge: string): ReturnType<Checks["passkey"]> {
  const response = given as Record<string, unknown>;
  const passkey = typeof response.id === "string" ? await ctx.store.passkey(response.id) : undefined;
  // A challenge is good for one answer, right or wrong.
  const isFirst = await ctx.attempts.once(`challenge ${challenge}`, codeTtlMs * 5);
  if (!passkey || !isFirst) return unauthorised;
  const counter = await ctx.passkeys.check(response, challenge, passkey);
  if (counter === undefined || !(await ctx.store.usePasskey(passkey.id, passkey.counter, counter))) return unauthorised;
  return { account: passkey.account };
}

export const audit = (sql: Sql, entry: AuditEntry): Promise<void> =>
  sql.begin((tx: TransactionSql) => appendAudit(tx, entry)) as Promise<void>;

/** Lets a few in at once and some wait; undefined for the rest. */
function createGate(atOnce: number, most: number) {
  const queue: (() => void)[] = [];
  let inside = 0;
  return async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    if (inside >= atOnce) {
      if (queue.length >= most) return undefined;
      await new Promise<void>((resolve) => queue.push(resolve));
    } else inside++;
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next) next();
      else inside--;
    }
  };
}
