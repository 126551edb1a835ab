import "./touch.css";
import type { Talk } from "./talk.ts";

/** A finger that rests this long asks for the menu. Phones that say so themselves (`contextmenu`) are earlier. */
const longPressMs = 600;
/** Less is a finger that trembles. */
const stillPx = 10;
/** A message drawn so far to the side is answered. */
const replyPx = 56;
const farthestPx = 76;

type Touch = { row: HTMLElement; x: number; y: number; timer: ReturnType<typeof setTimeout>; dragged: number };

/**
 * What a finger does to a message: drawn to the side it is answered, and held it opens its menu. Both are in the menu
 * too, which keys and mice reach.
 */
export function watchTouch(host: HTMLElement, talk: Talk): () => void {
  let touch: Touch | undefined;
  let opened = false;
  const end = () => {
    if (!touch) return;
    clearTimeout(touch.timer);
    touch.row.style.removeProperty("--drag");
    delete touch.row.dataset.drag;
    touch = undefined;
  };
  const hold = (row: HTMLElement) => {
    end();
    opened = true;
    row.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true }));
  };
  const onStart = (event: TouchEvent) => {
    end();
    opened = false;
    const [finger, second] = event.touches;
    const on = event.target as Element;
    const row = on.closest<HTMLElement>("[data-testid=message]");
    if (!finger || second || !row || on.closest("a, pre")) return;
    touch = {
      row,
      x: finger.clientX,
      y: finger.clientY,
      dragged: 0,
      timer: setTimeout(() => hold(row), longPressMs),
    };
  };
  const onMove = (event: TouchEvent) => {
    const finger = event.touches[0];
    if (!touch || !finger || event.touches.length > 1) return end();
    const x = finger.clientX - touch.x;
    const y = Math.abs(finger.clientY - touch.y);
    if (touch.dragged === 0) {
      if (Math.abs(x) < stillPx && y < stillPx) return;
      clearTimeout(touch.timer);
      if (x < stillPx || y > x / 2 || touch.row.dataset.answerable === undefined) return end();
    }
    touch.dragged = Math.max(1, Math.min(x, farthestPx));
    touch.row.style.setProperty("--drag", `${touch.dragged}px`);
    touch.row.dataset.drag = touch.dragged >= replyPx ? "far" : "near";
  };
  const onEnd = (event: TouchEvent) => {
    // The finger that held must not press what came up below it.
    if (opened && event.cancelable) event.preventDefault();
    opened = false;
    const seq = touch && touch.dragged >= replyPx ? Number(touch.row.dataset.seq) : undefined;
    end();
    if (seq !== undefined) talk.mode.value = { kind: "reply", seq };
  };
  host.addEventListener("touchstart", onStart, { passive: true });
  host.addEventListener("touchmove", onMove, { passive: true });
  host.addEventListener("touchend", onEnd);
  host.addEventListener("touchcancel", end);
  host.addEventListener("contextmenu", end);
  return () => {
    end();
    host.removeEventListener("touchstart", onStart);
    host.removeEventListener("touchmove", onMove);
    host.removeEventListener("touchend", onEnd);
    host.removeEventListener("touchcancel", end);
    host.removeEventListener("contextmenu", end);
  };
}
