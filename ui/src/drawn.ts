import type { Seq } from "@aftercare/protocol";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Row } from "./rows.ts";

/** Rows drawn when a conversation opens: more than a tall window holds. */
const firstRows = 40;
/** Rows that join them at each end, each frame: a page in one go would be a late frame. */
const frameRows = 12;

/** The rows that are drawn, by the messages at both ends: rows have no other name that stays. */
type Part = { low: Seq; high: Seq };

const seqOf = (row: Row): Seq | undefined =>
  row.type === "message" ? row.message.seq : row.type === "notice" ? row.event.seq : undefined;

/** From where to where rows are drawn now: all that were and `above` more, or, when none of them is left, the last ones. */
export function rangeOf(
  rows: readonly Row[],
  part: Part | undefined,
  target: Seq | undefined,
  above = frameRows,
): [number, number] {
  const is = (row: Row) => {
    const seq = seqOf(row);
    return part !== undefined && seq !== undefined && seq >= part.low && seq <= part.high;
  };
  const end = rows.length;
  const sought = rows.find((row) => seqOf(row) === target);
  // What is gone to is there at once, wherever it is.
  if (target !== undefined && sought && !is(sought)) return [0, end];
  const first = rows.findIndex(is);
  if (first < 0) return [Math.max(0, end - firstRows), end];
  return [Math.max(0, first - above), Math.min(end, rows.findLastIndex(is) + 1 + frameRows)];
}

/** What of the rows is drawn by now. The rest comes frame by frame, above and below. */
export function useDrawn(rows: readonly Row[], target: Seq | undefined): { drawn: readonly Row[]; whole: boolean } {
  const part = useRef<Part>(undefined);
  const [frame, draw] = useState(0);
  const last = useRef(frame);
  // Each frame is a reason to draw more. What comes between two, often in pieces, is drawn in the next.
  const now = useMemo(() => {
    const [from, to] = rangeOf(rows, part.current, target, frame === last.current ? 0 : frameRows);
    last.current = frame;
    const drawn = rows.slice(from, to);
    const seqs = drawn.map(seqOf).filter((seq) => seq !== undefined);
    part.current = { low: Math.min(...seqs), high: Math.max(...seqs) };
    // The day that they begin in has its name above them.
    const day = rows.slice(0, from).findLast(({ type }) => type === "day");
    if (day && drawn[0]?.type !== "day") drawn.unshift(day);
    return { drawn, whole: drawn.length >= rows.length };
  }, [rows, target, frame]);
  useLayoutEffect(() => {
    if (now.whole) return;
    const next = requestAnimationFrame(() => draw(frame + 1));
    return () => cancelAnimationFrame(next);
  }, [now]);
  return now;
}
