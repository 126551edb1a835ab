import type { StreamId } from "@aftercare/protocol";

/** Forgotten after this, should nobody come back for it. */
const forgetMs = 30_000;
/** Remembered per stream; a client that keeps to its window has far fewer in flight. */
const mostPerStream = 256;

/** A command that was told to come again: when it was received first, and when last, counted in commands of the link. */
type PutOff = { first: number; last: number; until: number };

/**
 * Commands of one link that were told to come again later. What was sent behind one waits too, so that the order of
 * sending holds (law 12). A client sends again in its order: when one comes again and an earlier one did not come before
 * it, the earlier one was given up.
 */
export class Holds {
  readonly #streams = new Map<StreamId, Map<string, PutOff>>();

  /** Whether the `n`th command of the link must wait behind others; if so it is remembered itself. */
  mustWait(home: StreamId, id: string, n: number, now: number): boolean {
    const waiting = this.#streams.get(home);
    if (!waiting) return false;
    const mine = waiting.get(id);
    for (const [other, one] of waiting) {
      if (other === id || (mine && one.first > mine.first)) continue;
      const gaveUp = mine ? one.last < mine.last : one.until <= now;
      if (gaveUp) waiting.delete(other);
      else {
        this.putOff(home, id, n, now);
        return true;
      }
    }
    waiting.delete(id);
    if (waiting.size === 0) this.#streams.delete(home);
    return false;
  }

  /** The `n`th command of the link is told to come again. */
  putOff(home: StreamId, id: string, n: number, now: number): void {
    const waiting = this.#streams.get(home) ?? new Map<string, PutOff>();
    const known = waiting.get(id);
    if (!known && waiting.size >= mostPerStream) return;
    this.#streams.set(home, waiting);
    const first = Math.min(known?.first ?? n, n);
    waiting.set(id, { first, last: Math.max(known?.last ?? n, n), until: now + forgetMs });
  }

  /** Nobody may come back for them, and there are as many streams as a client can think of. */
  sweep(now: number): void {
    for (const [home, waiting] of this.#streams) {
      for (const [id, { until }] of waiting) if (until <= now) waiting.delete(id);
      if (waiting.size === 0) this.#streams.delete(home);
    }
  }
}
