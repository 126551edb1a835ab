import { permissionsOf } from "@aftercare/core";
import { type AccountId, type Credential, makeId, type Refusal, type Ticket } from "@aftercare/protocol";
import type { Clock, Logger, Principal } from "../context.ts";
import { Buckets } from "../gateway/rate.ts";
import type { Principals } from "../gateway/rights.ts";
import { createDevices } from "./devices.ts";
import { createLockout } from "./lockout.ts";
import { base64url, type Passwords, type Secrets } from "./ports.ts";
import type { AccountKind, DeviceRow, IdentityStore } from "./store.ts";
import { createTickets } from "./tickets.ts";

const dayMs = 86_400_000;
const staffDeviceTtlMs = 30 * dayMs;
/** A customer has nothing but the device: long enough to come back with the same appliance in the second year of warranty. */
export const customerDeviceTtlMs = 400 * dayMs;
/** Password hashes worked on at once, and those that may wait: each takes 19 MiB and a core. */
const hashesAtOnce = 2;
const hashesWaiting = 50;
const busyRetryMs = 1_000;
/** How often, and how far back, revocations made on other nodes are looked for (law 11 gives 2 s). */
const watchEveryMs = 1_000;
const watchBackMs = 10_000;

export type IdentityCtx = {
  store: IdentityStore;
  clock: Clock;
  secrets: Secrets;
  passwords: Passwords;
  log: Logger;
  customersPerMinute: number;
};

type Outcome = { credential: Credential } | { refusal: Refusal };

export interface Identity {
  /** New customers by network address, to be shared among nodes. */
  readonly arrivals: Buckets;
  newCustomer(name: string | undefined, address: string): Promise<Outcome>;
  signIn(login: string, password: string, address: string): Promise<Outcome>;
  /** Who holds this token, if it is in force. */
  verify(token: string): Promise<Principal | undefined>;
  ticket(principal: Principal): Ticket;
  redeem(ticket: string | undefined): Promise<Principal | undefined>;
  revoke(credential: string): Promise<void>;
  /** Credentials were ended otherwise: tells whoever watches. */
  ended(credentials: string[]): void;
  /** Who holds a credential now, for sessions whose rights may have changed. */
  readonly principals: Principals;
  /** Tells of credentials that ended, here or on another node, until the returned function is called. May tell one again. */
  watch(ended: (credentials: string[]) => void): () => void;
}

/** Mei, mei and ＭＥＩ are one login. */
export const loginKey = (login: string): string => login.trim().normalize("NFKC").toLowerCase();

export async function createIdentity(ctx: IdentityCtx): Promise<Identity> {
  const devices = createDevices(ctx);
  const key = await ctx.store.sharedKey("ticket", ctx.secrets.random(32));
  const tickets = createTickets({ ...ctx, key });
  const arrivals = new Buckets(ctx.clock, ctx.customersPerMinute / 60, ctx.customersPerMinute);
  const signIn = await createSignIn(ctx);
  const listeners = new Set<(credentials: string[]) => void>();

  function ended(credentials: string[]): void {
    devices.forget(credentials);
    for (const listener of listeners) listener(credentials);
  }

  return {
    arrivals,
    async newCustomer(name, address) {
      const wait = arrivals.take(address);
      if (wait > 0) return { refusal: { code: "rate-limited", retryAfterMs: wait } };
      const account = { id: newAccountId(ctx), kind: "customer" as const, name: name ?? guestName(ctx.secrets) };
      const { token, device } = newDevice(ctx, account.id, "customer");
      const { expiresAt } = await ctx.store.createCustomer(account, device);
      return { credential: { token, account: account.id, name: account.name, kind: "customer", expiresAt } };
    },
    signIn,
    ended,
    principals: { forget: devices.forgetAccounts, now: async (device) => principalOf(await devices.byId(device)) },
    async verify(token) {
      return principalOf(await devices.byToken(token));
    },
    ticket: (principal) => tickets.issue(principal.credential),
    async redeem(ticket) {
      const device = ticket === undefined ? undefined : await tickets.redeem(ticket);
      return device === undefined ? undefined : principalOf(await devices.byId(device));
    },
    async revoke(credential) {
      await ctx.store.revoke(credential);
      ended([credential]);
    },
    watch(listener) {
      listeners.add(listener);
      const stop = pollEnded(ctx, ended);
      return () => {
        listeners.delete(listener);
        stop();
      };
    },
  };
}

/** Looks for what other nodes revoked. The windows overlap, so a slow query or a late commit hides nothing. */
function pollEnded(ctx: IdentityCtx, ended: (credentials: string[]) => void): () => void {
  let stopped = false;
  let timer: unknown;
  let lastGoodAt = ctx.clock.now();

  async function look(): Promise<void> {
    const startedAt = ctx.clock.now();
    try {
      const found = await ctx.store.endedWithin(watchBackMs + Math.max(0, startedAt - lastGoodAt));
      lastGoodAt = startedAt;
      if (found.length > 0) ended(found);
    } catch (error) {
      ctx.log.warn({ error: String(error) }, "revocations not read");
    }
    if (!stopped) timer = ctx.clock.setTimer(() => void look(), watchEveryMs);
  }

  timer = ctx.clock.setTimer(() => void look(), watchEveryMs);
  return () => {
    stopped = true;
    ctx.clock.clearTimer(timer);
  };
}

/** Answers and works the same for a login that exists and one that does not, so that nobody can list our staff. */
async function createSignIn(ctx: IdentityCtx): Promise<Identity["signIn"]> {
  const byLogin = createLockout(ctx, "login", { free: 5, firstMs: 1_000, longestMs: 60_000 });
  const byAddress = createLockout(ctx, "address", { free: 30, firstMs: 1_000, longestMs: 900_000 });
  const nobody = await ctx.passwords.hash(base64url(ctx.secrets.random(16)));
  const gate = createGate(hashesAtOnce, hashesWaiting);

  return async (login, password, address) => {
    const key = loginKey(login);
    const [waitLogin, waitAddress] = await Promise.all([byLogin.waitMs(key), byAddress.waitMs(address)]);
    // Looked at first, so that a try that has to wait counts for nobody.
    const wait = Math.max(waitLogin, waitAddress) || (await byLogin.count(key)) || (await byAddress.count(address));
    if (wait > 0) return { refusal: { code: "rate-limited", retryAfterMs: Math.ceil(wait) } };
    const found = await ctx.store.credential(key);
    const right = await gate(() => ctx.passwords.verify(password, found?.passwordHash ?? nobody));
    if (right === undefined) return { refusal: { code: "busy", retryAfterMs: busyRetryMs } };
    if (!right || !found) return { refusal: { code: "unauthorised" } };
    await Promise.all([byLogin.forgive(key), byAddress.forgive(address)]);
    const { token, device } = newDevice(ctx, found.account, "staff");
    const { expiresAt } = await ctx.store.createDevice(device);
    return { credential: { token, account: found.account, name: found.name, kind: "staff", expiresAt } };
  };
}

/** Lets a few in at once and some wait; undefined for the rest. */
function createGate(atOnce: number, waiting: number) {
  const queue: (() => void)[] = [];
  let inside = 0;
  return async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    if (inside >= atOnce) {
      if (queue.length >= waiting) return undefined;
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

export function newAccountId({ clock, secrets }: Pick<IdentityCtx, "clock" | "secrets">): AccountId {
  return makeId("a_", clock.now(), secrets.random(10));
}

export function newDevice({ secrets }: Pick<IdentityCtx, "secrets">, account: AccountId, kind: AccountKind) {
  const token = `act_${base64url(secrets.random(32))}`;
  const ttlMs = kind === "staff" ? staffDeviceTtlMs : customerDeviceTtlMs;
  const device = { id: base64url(secrets.random(16)), account, tokenHash: secrets.sha256(token), ttlMs };
  return { token, device };
}

/** Four digits tell guests apart in a list; they are no secret and need not be unique. */
export function guestName(secrets: Secrets): string {
  const [high = 0, low = 0] = secrets.random(2);
  return `Guest ${String((high * 256 + low) % 10_000).padStart(4, "0")}`;
}

function principalOf(row: DeviceRow | undefined): Principal | undefined {
  if (!row) return undefined;
  const { account, name, kind, role, permissions, shop, formerly, device } = row;
  return {
    account,
    name,
    kind,
    may: kind === "staff" && role !== null ? permissionsOf(role, permissions ?? []) : [],
    ...(role !== null && { role }),
    ...(shop !== null && { shop }),
    ...(formerly && { formerly }),
    credential: device,
  };
}
