import { phone } from "./style.ts";

/** On a phone the chat covers the page, which must not scroll behind it. Gives the way back to how it was. */
export function lockPage(win: Window): (() => void) | undefined {
  if (!win.matchMedia(phone).matches) return undefined;
  const { style } = win.document.documentElement;
  const before = style.overflow;
  const { scrollX, scrollY } = win;
  style.overflow = "hidden";
  const fitting = new AbortController();
  fitKeyboard(win, fitting.signal);
  return () => {
    style.overflow = before;
    fitting.abort();
    win.scrollTo(scrollX, scrollY);
  };
}

/** Where the keyboard covers the page instead of resizing it (iOS), the frame ends above the keyboard. */
function fitKeyboard(win: Window, signal: AbortSignal): void {
  const view = win.visualViewport;
  const host = win.document.getElementById("aftercare");
  if (!view || !host) return;
  const fit = () => {
    host.style.setProperty("--vh", `${view.height}px`);
    host.style.setProperty("--vt", `${view.offsetTop}px`);
  };
  fit();
  for (const event of ["resize", "scroll"]) view.addEventListener(event, fit, { signal });
}
