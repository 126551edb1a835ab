import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** Rows drawn beyond each edge of the window, and by how many rows the range moves at a time. */
const overRows = 8;
const stepRows = 4;
/** Flung further than a window a frame, nobody reads: the rows wait this long for the list to slow down. */
const settleMs = 60;

export type Range = { from: number; to: number };

/** Which of `count` rows of one height are to be drawn: those in the window and a few around it. */
export function rangeOf(top: number, height: number, rowPx: number, count: number): Range {
  const first = Math.floor(top / rowPx) - overRows;
  const last = Math.ceil((top + height) / rowPx) + overRows;
  const down = Math.floor(first / stepRows) * stepRows;
  const up = Math.ceil(last / stepRows) * stepRows;
  return { from: Math.max(0, Math.min(down, count)), to: Math.max(0, Math.min(up, count)) };
}

/** The rows of a scrolling box to draw; drawn anew only when that range changes, not on every pixel. */
export function useRows(scroller: RefObject<HTMLElement | null>, count: number, rowPx: number): Range {
  const [range, setRange] = useState<Range>(() => rangeOf(0, 900, rowPx, count));
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    let topPx = box.scrollTop;
    let jumps = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = () => {
      const next = rangeOf(box.scrollTop, box.clientHeight, rowPx, count);
      setRange((before) => (before.from === next.from && before.to === next.to ? before : next));
    };
    const look = () => {
      jumps = 0;
      draw();
    };
    const onScroll = () => {
      const far = Math.abs(box.scrollTop - topPx) > box.clientHeight;
      topPx = box.scrollTop;
      clearTimeout(timer);
      // One jump is a wish to be there; one after another is a fling.
      jumps = far ? jumps + 1 : 0;
      if (jumps < 2) draw();
      if (jumps > 0) timer = setTimeout(look, settleMs);
    };
    look();
    const sizes = new ResizeObserver(look);
    sizes.observe(box);
    box.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      clearTimeout(timer);
      sizes.disconnect();
      box.removeEventListener("scroll", onScroll);
    };
  }, [scroller, count, rowPx]);
  // The list may have become shorter since the range was taken.
  return { from: Math.min(range.from, count), to: Math.min(range.to, count) };
}
