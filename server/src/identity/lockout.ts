import { base64url, type Secrets } from "./ports.ts";
import type { IdentityStore } from "./store.ts";

/** Tries older than this are forgotten. */
export const forgetTriesMs = 3_600_000;
/** Tries at the same moment, on whatever node, are counted one by one; beyond this many rounds one has to wait. */
const rounds = 8;

export type LockoutBounds = { free: number; firstMs: number; longestMs: number };
export type Tries = { count: number; agoMs: number };

export interface Lockout {
  /** How long this key must wait before another try; 0 when it need not. */
  waitMs(key: string): Promise<number>;
  /** Counts a try, before its outcome is known, unless it must wait: tries at the same time must not slip through together. */
  count(key: string): Promise<number>;
  forgive(key: string): Promise<void>;
}

/** Some tries are free; from then on each one doubles the wait, up to a bound, so nobody is locked out for ever. */
export function waitAfter({ free, firstMs, longestMs }: LockoutBounds, { count, agoMs }: Tries): number {
  if (count < free || agoMs > forgetTriesMs) return 0;
  return Math.max(0, Math.min(longestMs, firstMs * 2 ** Math.min(count - free, 30)) - agoMs);
}

/** Keys are kept as hashes: people type passwords into the wrong field. */
export const tryKey = (secrets: Pick<Secrets, "sha256">, name: string, key: string): Uint8Array =>
  secrets.sha256(`${name} ${key}`);

/** Tries counted for all nodes together. */
export function createLockout(
  { store, secrets }: { store: IdentityStore; secrets: Secrets },
  name: string,
  bounds: LockoutBounds,
): Lockout {
  const hashOf = (key: string): string => base64url(tryKey(secrets, name, key));
  const read = async (hash: string): Promise<Tries> => (await store.tries(hash)) ?? { count: 0, agoMs: 0 };

  return {
    waitMs: async (key) => waitAfter(bounds, await read(hashOf(key))),
    async count(key) {
      const hash = hashOf(key);
      for (let round = 0; round < rounds; round++) {
        const tries = await read(hash);
        const wait = waitAfter(bounds, tries);
        if (wait > 0) return wait;
        if (await store.countTry(hash, tries.count)) return 0;
      }
      return bounds.firstMs;
    },
    forgive: (key) => store.forgiveTries(hashOf(key)),
  };
}
