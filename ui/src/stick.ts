import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo } from "preact/hooks";

/** An event of a row that is about to grow by the reader's own hand. */
export const unfolded = "aftercare-unfolded";

/** So near to the end counts as at the end. */
const nearPx = 60;

export type Stick = {
  atBottom: Signal<boolean>;
  /** From now on the end stays in view, until the reader scrolls away. */
  toBottom(): void;
  /** Stays where it is: a message elsewhere is shown. */
  release(): void;
};

type Inner = Stick & { live: boolean; note(): void; restore(): void };

/**
 * Keeps the reader's place in a list that grows at both ends: at the end it stays at the end; elsewhere the row that
 * was at the top of the window stays there, whatever comes above or below it.
 */
export function useStick(
  scroller: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
  version: unknown,
  /** Whether the last row is the end of the conversation, and not of an earlier part. */
  live: boolean,
): Stick {
  const atBottom = useSignal(true);
  const inner = useMemo(() => makeStick(scroller, content, atBottom), [scroller, content, atBottom]);
  inner.live = live;
  // The rows changed is what it waits for
  useLayoutEffect(() => inner.restore(), [inner, version]);
  useEffect(() => {
    const box = scroller.current;
    const inside = content.current;
    if (!box || !inside) return;
    const sizes = new ResizeObserver(() => inner.restore());
    sizes.observe(box);
    sizes.observe(inside);
    const onScroll = () => inner.note();
    box.addEventListener("scroll", onScroll, { passive: true });
    // What stands above stays in place, and the end may leave the window.
    const onUnfold = () => {
      inner.note();
      inner.release();
    };
    inside.addEventListener(unfolded, onUnfold);
    return () => {
      sizes.disconnect();
      box.removeEventListener("scroll", onScroll);
      inside.removeEventListener(unfolded, onUnfold);
    };
  }, [inner, scroller, content]);
  return inner;
}

function makeStick(
  scroller: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
  atBottom: Signal<boolean>,
): Inner {
  let anchor: { key: string; top: number } | undefined;
  let heightPx: number | undefined;
  const offset = (row: HTMLElement) => row.offsetTop - (scroller.current?.scrollTop ?? 0);
  const inner: Inner = {
    atBottom,
    live: true,
    note() {
      const box = scroller.current;
      if (!box) return;
      // The window itself has changed (a keyboard came or went): not the reader moved, and `restore` comes.
      if (heightPx !== undefined && box.clientHeight !== heightPx) return;
      atBottom.value = inner.live && box.scrollHeight - box.scrollTop - box.clientHeight < nearPx;
      const row = firstVisible(content.current, box.scrollTop);
      anchor = row?.dataset.key === undefined ? undefined : { key: row.dataset.key, top: offset(row) };
    },
    restore() {
      const box = scroller.current;
      if (!box) return;
      if (!inner.live) atBottom.value = false;
      heightPx = box.clientHeight;
      if (atBottom.peek()) {
        box.scrollTop = box.scrollHeight;
        return;
      }
      if (!anchor) return;
      const row = content.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(anchor.key)}"]`);
      if (row) box.scrollTop += offset(row) - anchor.top;
    },
    toBottom() {
      const box = scroller.current;
      atBottom.value = true;
      if (box) box.scrollTop = box.scrollHeight;
    },
    release() {
      atBottom.value = false;
    },
  };
  return inner;
}

/** The first message row whose lower edge is below `top`: by halving, as rows stand in order. */
function firstVisible(content: HTMLElement | null, top: number): HTMLElement | undefined {
  const rows = content?.querySelectorAll<HTMLElement>("[data-key]");
  if (!rows || rows.length === 0) return undefined;
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle] as HTMLElement;
    if (row.offsetTop + row.offsetHeight > top) high = middle;
    else low = middle + 1;
  }
  return rows[low];
}
