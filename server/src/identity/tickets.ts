import { limits, type Ticket } from "@aftercare/protocol";
import type { Clock } from "../context.ts";
import { createBatcher } from "../db/batcher.ts";
import { base64url, type Secrets } from "./ports.ts";
import type { IdentityStore } from "./store.ts";

/** Tickets shown on this node and not yet expired; beyond it none is taken, rather than one taken twice. */
const usedTickets = 200_000;
const prefix = "tkt_";

type TicketCtx = { clock: Clock; secrets: Secrets; key: Uint8Array; store: Pick<IdentityStore, "useTickets"> };

export interface Tickets {
  issue(device: string): Ticket;
  /** The device of a ticket that is genuine, in time and not used on any node before. */
  redeem(ticket: string): Promise<string | undefined>;
}

/**
 * What a browser shows in its first frame on a socket, where it cannot set headers: signed, short-lived, single-use, so
 * that one leaked through a log or a crash report is worth nothing.
 */
export function createTickets({ clock, secrets, key, store }: TicketCtx): Tickets {
  const used = new Map<string, number>();

  /** A storm of reconnects comes to few statements. */
  const firstUse = createBatcher<true>(async (nonces) => {
    const first = await store.useTickets(nonces.map((nonce) => ({ nonce, expiresAt: used.get(nonce) ?? 0 })));
    return new Map([...first].map((nonce) => [nonce, true]));
  });

  function sweep(now: number): void {
    // All tickets live equally long, so the oldest stand first.
    for (const [nonce, expiresAt] of used) {
      if (expiresAt > now) return;
      used.delete(nonce);
    }
  }

  return {
    issue(device) {
      const expiresAt = clock.now() + limits.ticketTtlMs;
      const claims = `${device}.${expiresAt}.${base64url(secrets.random(16))}`;
      return { ticket: `${prefix}${claims}.${base64url(secrets.hmac(key, claims))}`, expiresAt };
    },
    async redeem(ticket) {
      const [device = "", expires = "", nonce = "", mark = "", more] = ticket.slice(prefix.length).split(".");
      if (!ticket.startsWith(prefix) || mark === "" || more !== undefined) return undefined;
      const expected = secrets.hmac(key, `${device}.${expires}.${nonce}`);
      if (!secrets.equal(Buffer.from(mark, "base64url"), expected)) return undefined;
      const now = clock.now();
      sweep(now);
      if (!(Number(expires) > now) || used.has(nonce) || used.size >= usedTickets) return undefined;
      used.set(nonce, Number(expires));
      return (await firstUse(nonce)) ? device : undefined;
    },
  };
}
