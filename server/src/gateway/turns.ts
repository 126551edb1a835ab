import type { Ctx } from "../context.ts";

/** What has to be done for everybody once in an interval is done in so many turns: at once it would hold up all the rest. */
export const turns = 16;

/** The turn of a stream: ids end in random letters. */
export const turnOf = (id: string): number => (id.charCodeAt(id.length - 1) + 7 * id.charCodeAt(id.length - 2)) % turns;

/** Calls `work` with each turn once in the interval, until the returned function is called. */
export function inTurns({ clock }: Pick<Ctx, "clock">, everyMs: number, work: (turn: number) => void): () => void {
  const stepMs = Math.max(1, Math.floor(everyMs / turns));
  let turn = 0;
  const next = () => clock.setTimer(take, stepMs);
  let timer = next();
  function take(): void {
    work(turn);
    turn = (turn + 1) % turns;
    timer = next();
  }
  return () => clock.clearTimer(timer);
}
