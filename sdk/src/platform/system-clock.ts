import type { Clock, Random } from "../types.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  setTimer: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout> | undefined),
};

export const systemRandom: Random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));
