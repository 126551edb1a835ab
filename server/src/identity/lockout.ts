import type { Clock } from "../context.ts";

/** Keys remembered by one lockout; beyond it the oldest is forgotten. */
const rememberedKeys = 100_000;
const forgetAfterMs = 3_600_000;

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
      const [oldest] = tries.keys();
      if (tries.size > rememberedKeys && oldest !== undefined) tries.delete(oldest);
    },
    forgive(key) {
      tries.delete(key);
    },
  };
}
