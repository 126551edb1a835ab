import type { StreamId } from "@aftercare/protocol";

/** Forgotten after this, should nobody come back for it. */
const forgetMs = 30_000;
/** Remembered per stream; a client that keeps to its window has far fewer in flight. */
const mostPerStream = 256;

/**
 * A command that was told to come again: when it was received first, and when last, counted in commands of the link.
 * `waits` is false while it has come again and is being carried out.
 */
type PutOff = { first: number; last: number; until: number; waits: boolean };

/**
 * Commands of one link that were told to come again later. What was sent behind one waits too, so that the order of
 * sending holds (law 12). A client sends again in its order: when one comes again and an earlier one did not come before
 * it, the earlier one was given up.
 */
export class Holds {
  readonly #streams = new Map<StreamId, Map<string, PutOff>>();

  /** Whether the `n`th command of the link must wait behind others; if so it is remembered itself. */
  mustWait(home: StreamId, id: string, n: number, now: number): boolean {
    const put = this.#streams.get(home);
    if (!put) return false;
    const mine = put.get(id);
    for (const [other, one] of put) {
      if (!one.waits || other === id || (mine && one.first > mine.first)) continue;
      const gaveUp = mine ? one.last < mine.last : one.until <= now;
      if (!gaveUp) {
        this.putOff(home, id, n, now);
        return true;
      }
      this.ended(home, other);
    }
    if (mine) mine.waits = false;
    return false;
  }

  /** The `n`th command of the link is told to come again. It keeps its place, however often it is. */
  putOff(home: StreamId, id: string, n: number, now: number): void {
    const put = this.#streams.get(home) ?? new Map<string, PutOff>();
    const known = put.get(id);
    if (!known && put.size >= mostPerStream) return;
    this.#streams.set(home, put);
    const first = known?.first ?? n;
    put.set(id, { first, last: Math.max(known?.last ?? n, n), until: now + forgetMs, waits: true });
  }

  /** A command was answered for good. */
  ended(home: StreamId, id: string): void {
    const put = this.#streams.get(home);
    if (put?.delete(id) && put.size === 0) this.#streams.delete(home);
  }

  /** Nobody may come back for them, and there are as many streams as a client can think of. */
  sweep(now: number): void {
    for (const [home, put] of this.#streams) for (const [id, { until }] of put) if (until <= now) this.ended(home, id);
  }
}
