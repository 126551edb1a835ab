import type { Clock, Random } from "@aftercare/sdk";

type Timer = { at: number; order: number; callback: () => void };

/** Lets everything that waits on resolved promises go on. Real I/O is not waited for. */
export async function settle(turns = 60): Promise<void> {
  for (let i = 0; i < turns; i++) await Promise.resolve();
}

/** Time that moves only when it is told to. */
export class VirtualClock implements Clock {
  #elapsed = 0;
  /** What the wall clock is ahead of `elapsed`. */
  #setByMs: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(now = 1_700_000_000_000) {
    this.#setByMs = now;
  }

  now(): number {
    return this.#elapsed + this.#setByMs;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  /** Somebody sets the wall clock. No time goes by. */
  jump(ms: number): void {
    this.#setByMs += ms;
  }

  setTimer(callback: () => void, delayMs: number): unknown {
    const timer: Timer = { at: this.#elapsed + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimer(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  get pending(): number {
    return this.#timers.size;
  }

  /** Moves on, calling every timer at its own time. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await settle();
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.at - b.at || a.order - b.order);
      if (!next || next.at > end) break;
      this.#timers.delete(next);
      this.#elapsed = Math.max(this.#elapsed, next.at);
      next.callback();
      await settle();
    }
    this.#elapsed = end;
    await settle();
  }
}

/** Repeatable randomness (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  return (bytes) => Uint8Array.from({ length: bytes }, () => next() & 255);
}
