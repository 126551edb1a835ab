import {
  type AccountId,
  type codeKinds,
  type LinkAbout,
  type MailLocale,
  type PasskeyAsk,
  passwordChars,
  type SignInWays,
  type TotpOffer,
} from "@aftercare/protocol";
import type { TransactionSql } from "postgres";
import { appendAudit } from "../../audit/append.ts";
import { createLockout } from "../lockout.ts";
import { type LinkRow, linkUrl, newStaffId } from "./links.ts";
import { weakness } from "./password.ts";
import {
  audit,
  busyNow,
  type From,
  overdue,
  type Refused,
  type SignInOutcome,
  type Staff,
  type StaffCtx,
  unauthorised,
  waiting,
} from "./staff.ts";
import { endDevices, insertStaffAccount, mailKey, writePassword } from "./store.ts";

export type Accepted = { link: string; password: string; name?: string | undefined; email?: string | undefined };

/** The ways in. Each step is one call, and what it hands out is good for the next step alone. */
export interface SignIn {
  ways(): SignInWays;
  password(login: string, password: string, from: From): Promise<SignInOutcome>;
  code(attempt: string, code: string, kind: (typeof codeKinds)[number], from: From): Promise<SignInOutcome>;
  enrol(attempt: string): Promise<{ offer: TotpOffer } | Refused>;
  enrolled(attempt: string, code: string, from: From): Promise<SignInOutcome>;
  askPasskey(): Promise<PasskeyAsk>;
  passkey(attempt: string, response: object, from: From): Promise<SignInOutcome>;
  beginSso(): Promise<{ url: string; attempt: string } | Refused>;
  sso(attempt: string, answer: Record<string, string>, from: From): Promise<SignInOutcome>;
  askReset(email: string, locale: MailLocale, from: From): Promise<Refused | undefined>;
  look(link: string): Promise<LinkAbout | undefined>;
  accept(given: Accepted, from: From): Promise<SignInOutcome>;
}

export function createSignIn(ctx: StaffCtx, staff: Staff): SignIn {
  return { ...passwordSteps(ctx, staff), ...otherWays(ctx, staff), ...linkSteps(ctx, staff) };
}

/** An attempt ends in one device: the second to finish it comes too late. */
async function finish(
  ctx: StaffCtx,
  staff: Staff,
  account: string,
  nonce: string,
  how: "totp" | "recovery",
  from: From,
) {
  const person = await ctx.store.byAccount(account);
  if (!person || !(await ctx.attempts.finish(nonce))) return unauthorised;
  return staff.admit(person, how, from);
}

function passwordSteps(ctx: StaffCtx, staff: Staff): Pick<SignIn, "ways" | "password" | "code" | "enrol" | "enrolled"> {
  const { checks } = staff;
  return {
    ways: () => ({ passkey: true, sso: ctx.hasSso, mail: ctx.mailer !== undefined }),
    async password(login, password, from) {
      const checked = await checks.password(login, password, from);
      return "refusal" in checked ? checked : staff.settle(checked.person, "password", from);
    },
    async code(attempt, code, kind, from) {
      const open = ctx.attempts.open(attempt, "code");
      if (!open) return overdue;
      const refused = await checks.code(open.account, code, kind);
      if (refused) return refused;
      if (kind === "recovery")
        await audit(ctx.sql, { by: open.account, act: "recovery-code-used", subject: open.account });
      return finish(ctx, staff, open.account, open.nonce, kind, from);
    },
    async enrol(attempt) {
      const open = ctx.attempts.open(attempt, "enrol");
      // With a passkey added meanwhile, that one counts.
      if (!open || (await ctx.store.passkeys(open.account)).length > 0) return overdue;
      const offer = await ctx.proofs.beginTotp(open.account);
      return offer ? { offer } : overdue;
    },
    async enrolled(attempt, code, from) {
      const open = ctx.attempts.open(attempt, "enrol");
      if (!open) return overdue;
      const before = await ctx.store.byAccount(open.account);
      // Enrolled meanwhile, elsewhere: then that factor counts, and this attempt is none for it.
      if (!before || before.secondFactor || (await ctx.store.passkeys(before.account)).length > 0) return overdue;
      const refused = await checks.code(before.account, code, "totp");
      if (refused) return refused;
      await audit(ctx.sql, { by: before.account, act: "factor-added", subject: before.account });
      return finish(ctx, staff, open.account, open.nonce, "totp", from);
    },
  };
}

function otherWays(ctx: StaffCtx, staff: Staff): Pick<SignIn, "askPasskey" | "passkey" | "beginSso" | "sso"> {
  return {
    async askPasskey() {
      const challenge = ctx.passkeys.challenge();
      const { attempt } = ctx.attempts.begin({ step: "passkey-sign-in", challenge });
      return { attempt, options: await ctx.passkeys.offerToSignIn(challenge) };
    },
    async passkey(attempt, response, from) {
      const open = ctx.attempts.open(attempt, "passkey-sign-in");
      if (!open) return overdue;
      const wait = await staff.checks.byAddress.count(from.address);
      if (wait > 0) return waiting(wait);
      const checked = await staff.checks.passkey(response, open.challenge);
      if ("refusal" in checked) return checked;
      const person = await ctx.store.byAccount(checked.account);
      if (!person) return unauthorised;
      await staff.checks.byAddress.forgive(from.address);
      return staff.settle(person, "passkey", from);
    },
    async beginSso() {
      if (!ctx.hasSso) return { refusal: { code: "not-found" } };
      const begun = await ctx.proofs.beginSso();
      if (!begun) return busyNow;
      return { url: begun.url, attempt: ctx.attempts.begin({ step: "sso", jar: begun.jar }).attempt };
    },
    async sso(attempt, answer, from) {
      const open = ctx.attempts.open(attempt, "sso");
      if (!open || !(await ctx.attempts.finish(open.nonce))) return overdue;
      const account = await ctx.proofs.finishSso(answer, open.jar);
      const person = account === undefined ? undefined : await ctx.store.byAccount(account);
      return person ? staff.settle(person, "sso", from) : unauthorised;
    },
  };
}

function linkSteps(ctx: StaffCtx, staff: Staff): Pick<SignIn, "askReset" | "look" | "accept"> {
  const lockoutCtx = { store: ctx.identity, secrets: ctx.secrets };
  const byAsker = createLockout(lockoutCtx, "reset", { free: 5, firstMs: 10_000, longestMs: 900_000 });

  async function sendReset(email: string, locale: MailLocale): Promise<void> {
    const person = await ctx.store.byMail(email);
    if (!person || !ctx.mailer || !(await ctx.links.mayReset(email))) return;
    const made = await ctx.sql.begin((tx) =>
      ctx.links.create(tx, { kind: "reset", email, locale, account: person.account }),
    );
    const url = linkUrl(ctx.origin, "reset", made.link);
    if (await ctx.mailer.send({ to: person.email ?? email, locale, kind: "reset", url })) await ctx.links.sent(made.id);
  }

  return {
    async askReset(email, locale, { address }) {
      if (!ctx.mailer) return { refusal: { code: "not-found" } };
      const wait = await byAsker.count(address);
      if (wait > 0) return waiting(wait);
      // Answered before anything is looked up: how long it takes tells nothing either.
      sendReset(email, locale).catch((error) => ctx.log.warn({ error: String(error) }, "a reset was not sent"));
      return undefined;
    },
    async look(link) {
      const found = await ctx.links.look(link);
      if (!found) return undefined;
      const login = found.account ? (await ctx.store.byAccount(found.account))?.login : undefined;
      return { kind: found.kind, email: found.email, login: login ?? found.email, expiresAt: found.expiresAt };
    },
    async accept(given, from) {
      const { link, password, name } = given;
      const found = await ctx.links.look(link);
      if (!found) return overdue;
      const email = found.email || given.email;
      if (email === undefined) return { refusal: { code: "invalid", path: "email" } };
      if (found.kind !== "reset" && name === undefined) return { refusal: { code: "invalid", path: "name" } };
      const known = found.account ? await ctx.store.byAccount(found.account) : undefined;
      const refused = refuseWeak(password, [email, name ?? "", known?.login ?? "", known?.name ?? ""]);
      if (refused) return refused;
      const hash = await staff.checks.hash(password);
      if (hash === undefined) return busyNow;
      const done = await ctx.sql.begin(async (tx): Promise<Used> => {
        const used = await ctx.links.use(tx, link);
        if (!used) return {};
        return used.kind === "reset" ? resetPassword(tx, used, hash) : join(ctx, tx, used, { email, name, hash });
      });
      if (done.taken) return { refusal: { code: "already-a-member" } };
      if (done.ended) ctx.ended(done.ended);
      const person = done.account === undefined ? undefined : await ctx.store.byAccount(done.account);
      return person ? staff.settle(person, "link", from) : overdue;
    },
  };
}

/** Told by place, so that the page can say it in the person's language. */
export function refuseWeak(password: string, about: readonly string[]): Refused | undefined {
  // Of a mail address both the whole and its parts are no secret.
  const words = about.flatMap((word) => [word, ...word.split(/[@.\s_-]+/)]);
  const why = weakness(password, words);
  if (why === undefined) return undefined;
  const limit = why === "short" ? { limit: { name: "passwordChars", value: passwordChars.min } } : {};
  return { refusal: { code: "invalid", path: `password.${why}`, ...limit } };
}

/** What came of a link: whose it is now, and which of their devices are over. */
type Used = { account?: AccountId; ended?: string[]; taken?: boolean };

async function resetPassword(tx: TransactionSql, { account, kind, email }: LinkRow, hash: string): Promise<Used> {
  if (!account) return {};
  await writePassword(tx, account, hash);
  const ended = await endDevices(tx, account);
  await tx`
    update mail_link set revoked_at = now()
    where email = ${email} and kind = ${kind} and used_at is null and revoked_at is null`;
  const detail = { way: "reset", devicesEnded: ended.length };
  await appendAudit(tx, { by: account, act: "password-changed", subject: account, detail });
  return { account, ended };
}

async function join(
  ctx: StaffCtx,
  tx: TransactionSql,
  { kind, role, id }: LinkRow,
  { email, name = "", hash }: { email: string; name: string | undefined; hash: string },
): Promise<Used> {
  const address = mailKey(email);
  await tx`select pg_advisory_xact_lock(hashtextextended(${`welcome ${address}`}, 0))`;
  const [known] = await tx`select from sign_in_user where email = ${address} or login_key = ${address}`;
  if (known) return { taken: true };
  const account = newStaffId(ctx.clock.now(), ctx.secrets);
  const [shop] = await tx<{ id: string }[]>`select id from shop order by created_at, id limit 1`;
  const given = role ?? (kind === "owner" ? "owner" : "agent");
  await insertStaffAccount(tx, ctx.secrets, { account, name, login: email, email, role: given, shop: shop?.id }, hash);
  const detail = { role: given, way: "link", invitation: id };
  await appendAudit(tx, { by: account, act: "invitation-accepted", subject: account, detail });
  return { account };
}
