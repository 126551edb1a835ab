/** Less is a bar of the browser that comes and goes. */
const keyboardPx = 120;

/**
 * Keeps the page above the keyboard of a phone where the browser lays it over the page (iOS): the height that is left,
 * and how far the page was pushed up, are told to the styles. Where the browser makes the page smaller itself there is
 * nothing to do, and nothing while somebody has zoomed in.
 */
export function fitKeyboard(): void {
  const shown = window.visualViewport;
  if (!shown) return;
  const { style } = document.documentElement;
  const fit = () => {
    const open = shown.scale < 1.01 && innerHeight - shown.height > keyboardPx;
    if (open) {
      style.setProperty("--screen", `${shown.height}px`);
      style.setProperty("--screen-top", `${shown.offsetTop}px`);
    } else {
      style.removeProperty("--screen");
      style.removeProperty("--screen-top");
    }
  };
  fit();
  shown.addEventListener("resize", fit);
  shown.addEventListener("scroll", fit);
}
