import type { AccountId } from "@aftercare/protocol";
import type { Clock, Logger } from "../context.ts";
import { createBatcher } from "../db/batcher.ts";
import { base64url, type Secrets } from "./ports.ts";
import type { DeviceRow, IdentityStore } from "./store.ts";

/** A device read from the database is believed for this long; a revocation is heard sooner (`forget`). */
const cacheTtlMs = 60_000;
const cacheEntries = 50_000;
/** `used_at` is coarse, or every request would be a write. */
const touchEveryMs = 3_600_000;

export const tokenPattern = /^act_[-\w]{43}$/;

type DevicesCtx = { store: IdentityStore; clock: Clock; secrets: Secrets; log: Logger };
type Entry = { row: DeviceRow; until: number };

export interface Devices {
  byToken(token: string): Promise<DeviceRow | undefined>;
  byId(device: string): Promise<DeviceRow | undefined>;
  forget(devices: readonly string[]): void;
  forgetAccounts(accounts: readonly AccountId[] | "all"): void;
}

/** Devices in force, from memory where possible. */
export function createDevices(ctx: DevicesCtx): Devices {
  // Insertion order is the order of use: the first key is the one unused for longest.
  const byHash = new Map<string, Entry>();
  const hashOf = new Map<string, string>();
  /** Times that something was forgotten: what was read before that may be what was to be forgotten. */
  let forgotten = 0;
  const read = {
    hash: createBatcher((keys) => load("hash", keys)),
    id: createBatcher((keys) => load("id", keys)),
  };

  async function load(by: "hash" | "id", keys: string[]): Promise<Map<string, DeviceRow>> {
    const before = forgotten;
    const rows = await ctx.store.devices(by, keys);
    const until = ctx.clock.elapsed() + cacheTtlMs;
    if (before === forgotten) for (const row of rows) keep({ row, until });
    touch(rows);
    return new Map(rows.map((row) => [by === "hash" ? row.tokenHash : row.device, row]));
  }

  function keep(entry: Entry): void {
    const { tokenHash, device } = entry.row;
    byHash.delete(tokenHash);
    byHash.set(tokenHash, entry);
    hashOf.set(device, tokenHash);
    if (byHash.size <= cacheEntries) return;
    const [oldest] = byHash.values();
    if (oldest) drop(oldest.row.device);
  }

  function drop(device: string): void {
    const hash = hashOf.get(device);
    if (hash !== undefined) byHash.delete(hash);
    hashOf.delete(device);
  }

  function touch(rows: readonly DeviceRow[]): void {
    const stale = rows.filter((row) => row.usedAt < ctx.clock.now() - touchEveryMs).map((row) => row.device);
    if (stale.length === 0) return;
    ctx.store.touch(stale).catch((error) => ctx.log.warn({ error: String(error) }, "last use of devices not written"));
  }

  function cached(hash: string | undefined): DeviceRow | undefined {
    const entry = hash === undefined ? undefined : byHash.get(hash);
    if (!entry || entry.until <= ctx.clock.elapsed()) return undefined;
    keep(entry);
    return entry.row;
  }

  const inForce = (row: DeviceRow | undefined) => (row && row.expiresAt > ctx.clock.now() ? row : undefined);
  return {
    async byToken(token) {
      if (!tokenPattern.test(token)) return undefined;
      const hash = base64url(ctx.secrets.sha256(token));
      return inForce(cached(hash) ?? (await read.hash(hash)));
    },
    async byId(device) {
      return inForce(cached(hashOf.get(device)) ?? (await read.id(device)));
    },
    forget(devices) {
      forgotten++;
      for (const device of devices) drop(device);
    },
    forgetAccounts(accounts) {
      forgotten++;
      const gone = accounts === "all" ? undefined : new Set(accounts);
      for (const { row } of [...byHash.values()]) if (!gone || gone.has(row.account)) drop(row.device);
    },
  };
}
