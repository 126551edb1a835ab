import { permissionsOf } from "@aftercare/core";
import { type AccountId, type Credential, makeId, type Refusal, type Ticket } from "@aftercare/protocol";
import type { Clock, Logger, Principal } from "../context.ts";
import { Buckets } from "../gateway/rate.ts";
import type { Principals } from "../gateway/rights.ts";
import { longestMs, momentOf } from "../moment.ts";
import { createDevices } from "./devices.ts";
import { guestName } from "./guest.ts";
import { base64url, type Secrets } from "./ports.ts";
import type { AccountKind, DeviceRow, IdentityStore } from "./store.ts";
import { createTickets } from "./tickets.ts";

const dayMs = 86_400_000;
const staffDeviceTtlMs = 30 * dayMs;
/** A customer has nothing but the device: long enough to come back with the same appliance in the second year of warranty. */
export const customerDeviceTtlMs = 400 * dayMs;
/** How often, and how far back, revocations made on other nodes are looked for (law 11 gives 2 s). */
const watchEveryMs = 1_000;
const watchBackMs = 10_000;
/** As many as fit well into one bell: a key of a shop may take thousands of devices with it. */
const toldAtOnce = 2_000;

export type IdentityCtx = {
  store: IdentityStore;
  clock: Clock;
  secrets: Secrets;
  log: Logger;
  customersPerMinute: number;
};

type Outcome = { credential: Credential } | { refusal: Refusal };

export interface Identity {
  /** New customers by network address, to be shared among nodes. */
  readonly arrivals: Buckets;
  /** `languages`: what the browser asks for, as in `Accept-Language`. */
  newCustomer(name: string | undefined, address: string, languages?: string | null): Promise<Outcome>;
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

export async function createIdentity(ctx: IdentityCtx): Promise<Identity> {
  const devices = createDevices(ctx);
  const key = await ctx.store.sharedKey("ticket", ctx.secrets.random(32));
  const tickets = createTickets({ ...ctx, key });
  const arrivals = new Buckets(ctx.clock, ctx.customersPerMinute / 60, ctx.customersPerMinute);
  const listeners = new Set<(credentials: string[]) => void>();

  function ended(credentials: string[]): void {
    devices.forget(credentials);
    for (const listener of listeners) listener(credentials);
  }

  return {
    arrivals,
    async newCustomer(name, address, languages) {
      const wait = arrivals.take(address);
      if (wait > 0) return { refusal: { code: "rate-limited", retryAfterMs: wait } };
      const account = {
        id: newAccountId(ctx),
        kind: "customer" as const,
        name: name ?? guestName(ctx.secrets, languages),
      };
      const { token, device } = newDevice(ctx, account.id, "customer");
      const { expiresAt } = await ctx.store.createCustomer(account, device);
      return { credential: { token, account: account.id, name: account.name, kind: "customer", expiresAt } };
    },
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
  let good = momentOf(ctx.clock);

  async function look(): Promise<void> {
    const now = momentOf(ctx.clock);
    try {
      const found = await ctx.store.endedWithin(watchBackMs + longestMs(good, now));
      good = now;
      // Told again while the windows overlap: a session that was being opened at the first time has its credential now.
      for (let at = 0; at < found.length; at += toldAtOnce) ended(found.slice(at, at + toldAtOnce));
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

export function newAccountId({ clock, secrets }: Pick<IdentityCtx, "clock" | "secrets">): AccountId {
  return makeId("a_", clock.now(), secrets.random(10));
}

export function newDevice({ secrets }: Pick<IdentityCtx, "secrets">, account: AccountId, kind: AccountKind) {
  const token = `act_${base64url(secrets.random(32))}`;
  const ttlMs = kind === "staff" ? staffDeviceTtlMs : customerDeviceTtlMs;
  const device = { id: base64url(secrets.random(16)), account, tokenHash: secrets.sha256(token), ttlMs };
  return { token, device };
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
