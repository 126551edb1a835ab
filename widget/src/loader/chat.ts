import type { Events } from "./events.ts";
import { type ChatFrame, makeFrame } from "./frame.ts";
import { makeLauncher } from "./launcher.ts";
import { lockPage } from "./phone.ts";
import { type FrameLocale, type FrameTheme, type PageContext, pageOf, type ToFrame, type ToLoader } from "./wire.ts";
import { launcherWords } from "./words.ts";

export type State = {
  shop: string | undefined;
  locale: FrameLocale;
  theme: FrameTheme;
  brand: string;
  side: "left" | "right";
  up: number | undefined;
  context: PageContext;
};

export type Chat = {
  show(on?: boolean): void;
  context(context: PageContext): void;
  tell(message: Extract<ToFrame, { type: "locale" | "theme" | "brand" | "identify" | "reset" }>): void;
  remove(): void;
};

/** The launcher and the frame on one page, from `boot` to `shutdown`. */
export function createChat(win: Window, base: string, state: State, emit: Events["emit"]): Chat {
  const doc = win.document;
  let frame: ChatFrame | undefined;
  let isOpen = false;
  let unread = 0;
  let unlock: (() => void) | undefined;

  const words = () => launcherWords[state.locale];
  const paint = () => launcher.state({ open: isOpen, unread, words: words() });
  const dress = () => {
    launcher.look(state);
    frame?.rename(words().frame);
    paint();
  };
  const hear = (message: ToLoader) => {
    if (message.type === "close") show(false);
    else if (message.type === "error") emit("error", { code: message.code, text: message.text });
    else if (message.type !== "unread") emit(message.type, message.type === "message" ? {} : undefined);
    else if (message.count !== unread) {
      unread = message.count;
      paint();
      emit("unread", { count: unread });
    }
  };
  const prepare = () => {
    frame ??= openFrame(win, base, state, () => isOpen, hear, launcher.box);
    return frame;
  };
  const show = (on = !isOpen) => {
    if (on === isOpen) return;
    isOpen = on;
    const shown = prepare();
    paint();
    unlock?.();
    unlock = on ? lockPage(win) : undefined;
    shown.say({ type: "shown", on });
    if (on) shown.element.focus({ preventScroll: true });
    else launcher.focus();
    emit(on ? "open" : "close");
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !event.defaultPrevented) show(false);
  };
  const launcher = makeLauncher(doc, () => show());
  doc.addEventListener("keydown", onKey);
  dress();
  const stopWaiting = whenIdle(win, prepare);

  return {
    show,
    context(context) {
      Object.assign(state.context, context);
      frame?.say({ type: "context", context });
    },
    tell(message) {
      const { type, ...looks } = message;
      if (type === "identify" || type === "reset") prepare();
      else Object.assign(state, looks);
      dress();
      frame?.say(message);
    },
    remove() {
      show(false);
      stopWaiting();
      doc.removeEventListener("keydown", onKey);
      frame?.remove();
      launcher.remove();
    },
  };
}

function openFrame(
  win: Window,
  base: string,
  state: State,
  isOpen: () => boolean,
  hear: (said: ToLoader) => void,
  box: Node,
) {
  const url = new URL("/chat/?embed=1", base);
  url.searchParams.set("lang", state.locale);
  if (state.shop) url.searchParams.set("shop", state.shop);
  const title = launcherWords[state.locale].frame;
  const known = () => whatFramesKnow(win, state, isOpen());
  const frame = makeFrame(win, { url, title, lang: state.locale, state: known }, hear);
  box.appendChild(frame.element);
  return frame;
}

/** What a frame is told at every start. */
const whatFramesKnow = (win: Window, { theme, brand, context, locale }: State, on: boolean): ToFrame[] => [
  { type: "theme", theme },
  { type: "brand", brand },
  { type: "locale", locale },
  { type: "context", context: { page: pageOf(win.location.href) ?? "", ...context } },
  { type: "shown", on },
];

/** When the page has loaded and rests, so that its own speed is untouched. Gives the way to call it off. */
function whenIdle(win: Window, work: () => void): () => void {
  let wanted = true;
  const now = () => wanted && work();
  const idle = () => void (win.requestIdleCallback ? win.requestIdleCallback(now) : win.setTimeout(now, 999));
  if (win.document.readyState === "complete") idle();
  else win.addEventListener("load", idle, { once: true });
  return () => {
    wanted = false;
  };
}
