import type { Seq } from "@aftercare/protocol";
import type { StreamView } from "@aftercare/sdk";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { later } from "./later.tsx";
import { menus } from "./menu.tsx";
import messageCss from "./message.module.css";
import type { MessageRow, Row, Unread } from "./rows.ts";
import type { Stick } from "./stick.ts";
import type { Talk } from "./talk.ts";

const fingers = later(() => import("./touch.ts").then((found) => found.watchTouch));

type Box = RefObject<HTMLElement | null>;

/** How far from an end more messages are asked for: they are there, and drawn, before the reader is. */
const olderPx = 1_200;

/** What was unread when the timeline was opened: it stays so while it is open. */
export function useUnread(view: StreamView, account: string | undefined): Unread | undefined {
  const kept = useRef<Unread | undefined>(undefined);
  const { confirmed } = view;
  if (kept.current === undefined && view.status === "live" && confirmed && account !== undefined) {
    const above = confirmed.receipts[account]?.readSeq;
    if (above !== undefined) kept.current = { above, to: confirmed.seq };
  }
  return kept.current;
}

/** Reads older messages when the reader comes near the upper end, and newer ones near the lower end of an earlier part. `whole`: what was read is drawn. */
export function useOlder(scroller: Box, talk: Talk, view: StreamView, whole: boolean): void {
  const { older, newer } = view;
  const items = view.state?.items;
  const first = items?.[0]?.seq;
  const last = items?.at(-1)?.seq;
  // A new first or last row is a reason to look again
  useEffect(() => {
    const box = scroller.current;
    if (!box || !whole || (older !== "more" && newer !== "more")) return;
    const look = () => {
      if (box.scrollTop < olderPx) void talk.handle.older();
      if (box.scrollHeight - box.scrollTop - box.clientHeight < olderPx) void talk.handle.newer();
    };
    look();
    box.addEventListener("scroll", look, { passive: true });
    return () => box.removeEventListener("scroll", look);
  }, [scroller, talk, older, newer, first, last, whole]);
}

/** Marks as read what is in view, while somebody looks at the page. */
export function useReadMarks(scroller: Box, content: Box, talk: Talk, view: StreamView, stick: Stick): void {
  const confirmedSeq = view.confirmed?.seq;
  useEffect(() => {
    const box = scroller.current;
    if (!box || confirmedSeq === undefined) return;
    const mark = () => {
      if (document.visibilityState !== "visible" || !document.hasFocus()) return;
      const seq = stick.atBottom.peek() ? confirmedSeq : lastVisibleSeq(box, content.current);
      if (seq !== undefined) talk.handle.markRead(Math.min(seq, confirmedSeq));
    };
    mark();
    box.addEventListener("scroll", mark, { passive: true });
    addEventListener("focus", mark);
    document.addEventListener("visibilitychange", mark);
    return () => {
      box.removeEventListener("scroll", mark);
      removeEventListener("focus", mark);
      document.removeEventListener("visibilitychange", mark);
    };
  }, [scroller, content, talk, confirmedSeq, stick]);
}

function lastVisibleSeq(box: HTMLElement, content: HTMLElement | null): Seq | undefined {
  const rows = content?.querySelectorAll<HTMLElement>("[data-seq]") ?? [];
  const end = box.scrollTop + box.clientHeight;
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle] as HTMLElement;
    if (row.offsetTop + row.offsetHeight <= end) low = middle + 1;
    else high = middle;
  }
  const seq = rows[low - 1]?.dataset.seq;
  return seq === undefined ? undefined : Number(seq);
}

/** Brings the wanted message into view, once, and lights it up for a moment; focuses it unless somebody writes. */
export function useTarget(content: Box, talk: Talk, stick: Stick): void {
  const target = talk.target.value;
  useEffect(() => {
    if (!target) return;
    talk.target.value = undefined;
    const row = content.current?.querySelector<HTMLElement>(`[data-seq="${target.seq}"]`);
    if (!row) return;
    stick.release();
    row.scrollIntoView({ block: "center" });
    if (!document.activeElement?.matches("input,textarea")) row.focus({ preventScroll: true });
    const flash = messageCss.flash ?? "flash";
    row.classList.add(flash);
    setTimeout(() => row.classList.remove(flash), 1_800);
  }, [target, content, talk, stick]);
}

/** Arrows move between messages once the menus are there, which they open. */
export function useArrowKeys(content: Box): void {
  const parts = menus.now.value;
  useEffect(() => (content.current ? parts?.watchArrows(content.current) : undefined), [content, parts]);
}

/** How many messages of others came below the window, and what to say aloud of the newest. */
export function useNewMessages(
  rows: readonly Row[],
  scroller: Box,
  stick: Stick,
  live: boolean,
  unread: Unread | undefined,
  say: (row: MessageRow) => string,
): { count: number; spoken: string } {
  const seen = useRef<Seq | undefined>(undefined);
  const said = useRef<Seq | undefined>(undefined);
  const [spokenKey, speak] = useState<string>();
  const last = rows.findLast((row): row is MessageRow => row.type === "message");
  const lastKey = last?.key;
  const atBottom = stick.atBottom.value;
  const lastSeq = last?.message.seq ?? 0;
  if (atBottom || seen.current === undefined) seen.current = lastSeq;
  // What is unread is opened where it begins: nobody has seen what lies above the window.
  useLayoutEffect(() => {
    const line = scroller.current?.querySelector<HTMLElement>("[data-testid=unread]");
    if (!unread || !line || !atBottom || line.offsetTop > (line.offsetParent?.scrollTop ?? 0)) return;
    seen.current = unread.above;
    stick.release();
    line.scrollIntoView();
  }, [unread]);
  // Once for each new last message
  useLayoutEffect(() => {
    if (!live) return;
    const before = said.current;
    said.current = lastSeq;
    if (!last || before === undefined || lastSeq <= before) return;
    if (last.mine) stick.toBottom();
    else speak(lastKey);
  }, [lastKey]);
  // As it stands now: what was changed or taken back is left nowhere, and the change is read out, too.
  const spokenRow = spokenKey === undefined ? undefined : rows.findLast(({ key }) => key === spokenKey);
  const spoken = spokenRow?.type === "message" ? say(spokenRow) : "";
  const above = seen.current;
  const count = atBottom
    ? 0
    : rows.filter((row) => row.type === "message" && !row.mine && row.message.seq > above).length;
  return { count, spoken };
}

/** Swipes and long presses, on devices with a touch screen. */
export function useTouch(content: Box, talk: Talk): void {
  const watch = fingers.now.value;
  useEffect(() => {
    const host = content.current;
    if (!host || navigator.maxTouchPoints === 0) return;
    if (watch) return watch(host, talk);
    void fingers.load().catch(() => undefined);
  }, [content, talk, watch]);
}
