/** On a phone the chat covers the page, which must not scroll behind it. Gives the way back to how it was. */
export function lockPage(win: Window): (() => void) | undefined {
  if (!win.matchMedia("(max-width:480px)").matches) return undefined;
  const { style } = win.document.documentElement;
  const before = { overflow: style.overflow, overscroll: style.overscrollBehavior };
  const { scrollX, scrollY } = win;
  style.overflow = "hidden";
  style.overscrollBehavior = "none";
  const unfit = fitKeyboard(win);
  return () => {
    style.overflow = before.overflow;
    style.overscrollBehavior = before.overscroll;
    unfit();
    win.scrollTo(scrollX, scrollY);
  };
}

/** Where the keyboard covers the page instead of resizing it (iOS), the frame ends above the keyboard. */
function fitKeyboard(win: Window): () => void {
  const view = win.visualViewport;
  const host = win.document.getElementById("aftercare");
  if (!view || !host) return () => undefined;
  const fit = () => {
    host.style.setProperty("--vh", `${view.height}px`);
    host.style.setProperty("--vt", `${view.offsetTop}px`);
  };
  fit();
  view.addEventListener("resize", fit);
  view.addEventListener("scroll", fit);
  return () => {
    view.removeEventListener("resize", fit);
    view.removeEventListener("scroll", fit);
  };
}
