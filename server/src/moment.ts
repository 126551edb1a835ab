import type { Clock } from "./context.ts";

/** A time by both clocks: one stands still in a machine that sleeps, the other may be set. */
export type Moment = { elapsed: number; at: number };

export const momentOf = (clock: Pick<Clock, "now" | "elapsed">): Moment => ({
  elapsed: clock.elapsed(),
  at: clock.now(),
});

/** Milliseconds between two, by the clock that says more: for what must not be missed. */
export const longestMs = (from: Moment, to: Moment): number => Math.max(to.elapsed - from.elapsed, to.at - from.at);
