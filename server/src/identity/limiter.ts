import type { Clock } from "../context.ts";

/** Keys remembered by one limiter; beyond it the oldest is forgotten. */
const rememberedKeys = 100_000;
const forgetAfterMs = 3_600_000;

export interface Buckets {
  /** Takes one; 0, or how long to wait. */
  take(key: string): number;
}

/** A token bucket for each key: `burst` at once after a rest, `perSecond` in the long run. */
export function createBuckets(clock: Clock, perSecond: number, burst: number): Buckets {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(key) {
      const now = clock.now();
      const before = buckets.get(key);
      const elapsedMs = before ? Math.max(0, now - before.at) : 0;
      const tokens = Math.min(burst, (before?.tokens ?? burst) + (elapsedMs * perSecond) / 1000);
      // Put at the end again: the first key is the one unused for longest.
      buckets.delete(key);
      buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
      trim(buckets);
      return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * 1000) / perSecond);
    },
  };
}

export interface Lockout {
  /** How long this key must wait before another try; 0 when it need not. */
  waitMs(key: string): number;
  /** Counts a try, before its outcome is known: tries at the same time must not slip through together. */
  count(key: string): void;
  forgive(key: string): void;
}

/** Some tries are free; from then on each one doubles the wait, up to a bound, so nobody is locked out for ever. */
export function createLockout(clock: Clock, bounds: { free: number; firstMs: number; longestMs: number }): Lockout {
  const tries = new Map<string, { count: number; at: number }>();

  function current(key: string): { count: number; at: number } | undefined {
    const entry = tries.get(key);
    return entry && entry.at > clock.now() - forgetAfterMs ? entry : undefined;
  }

  return {
    waitMs(key) {
      const entry = current(key);
      const over = (entry?.count ?? 0) - bounds.free;
      if (!entry || over < 0) return 0;
      const wait = Math.min(bounds.longestMs, bounds.firstMs * 2 ** Math.min(over, 30));
      return Math.max(0, entry.at + wait - clock.now());
    },
    count(key) {
      const count = (current(key)?.count ?? 0) + 1;
      tries.delete(key);
      tries.set(key, { count, at: clock.now() });
      trim(tries);
    },
    forgive(key) {
      tries.delete(key);
    },
  };
}

function trim(map: Map<string, unknown>): void {
  if (map.size <= rememberedKeys) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
