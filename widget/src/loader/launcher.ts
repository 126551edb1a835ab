import { readableOn } from "@aftercare/sdk";
import { style } from "./style.ts";
import type { LauncherWords } from "./words.ts";

export type Launcher = {
  readonly box: HTMLElement;
  look(look: { brand: string; side: "left" | "right"; up: number | undefined; locale: string }): void;
  state(state: { open: boolean; unread: number; words: LauncherWords }): void;
  focus(): void;
  remove(): void;
};

const svg = "http://www.w3.org/2000/svg";
const speech = "M4 5.5h16v11h-8.5L7 20v-3.5H4z";
const cross = "M6 6l12 12M18 6L6 18";

/** The button in a shadow tree of its own, at the end of the page. Styles come as a sheet, which no policy of the page forbids. */
export function makeLauncher(doc: Document, onClick: () => void): Launcher {
  const host = doc.createElement("div");
  host.id = "aftercare";
  const root = host.attachShadow({ mode: "open" });
  dress(doc, root);
  const box = doc.createElement("div");
  const button = doc.createElement("button");
  button.type = "button";
  button.className = "b";
  const badge = doc.createElement("span");
  badge.className = "n";
  badge.ariaHidden = "true";
  button.append(icon(doc), badge);
  button.addEventListener("click", onClick);
  box.append(button);
  root.append(box);
  doc.body.append(host);
  let side = "r";
  let isOpen = false;
  const paint = () => {
    box.className = `${side}${isOpen ? " o" : ""}`;
  };
  return {
    box,
    look({ brand, side: wanted, up = 20, locale }) {
      host.lang = locale;
      side = wanted === "left" ? "l" : "r";
      host.style.setProperty("--up", `${up}px`);
      host.style.setProperty("--brand", brand);
      host.style.setProperty("--on", readableOn(brand));
      paint();
    },
    state({ open, unread, words }) {
      isOpen = open;
      const name = open ? words.close : words.open;
      button.ariaLabel = unread > 0 && !open ? `${name}, ${words.unread(unread)}` : name;
      button.ariaExpanded = String(open);
      button.title = name;
      badge.textContent = open || unread === 0 ? "" : unread > 99 ? "99+" : String(unread);
      paint();
    },
    focus: () => button.focus({ preventScroll: true }),
    remove: () => host.remove(),
  };
}

function dress(doc: Document, root: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
  } catch {
    // A browser from before 2023: the element does, where the page's policy lets it.
    const element = doc.createElement("style");
    element.textContent = style;
    root.append(element);
  }
}

/** The sign for open and the one for close; the style shows one of them. */
function icon(doc: Document): SVGElement {
  const element = doc.createElementNS(svg, "svg");
  element.setAttribute("viewBox", "0 0 24 24");
  element.ariaHidden = "true";
  for (const path of [speech, cross]) element.appendChild(doc.createElementNS(svg, "path")).setAttribute("d", path);
  return element;
}
