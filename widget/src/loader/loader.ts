import type { EventName, Listener, Loader, Options } from "./commands.ts";
import { type ChatFrame, makeFrame } from "./frame.ts";
import { type Launcher, makeLauncher } from "./launcher.ts";
import { lockPage } from "./phone.ts";
import {
  contextOf,
  type FrameLocale,
  type FrameTheme,
  localeOf,
  type PageContext,
  type ToFrame,
  type ToLoader,
} from "./wire.ts";
import { launcherWords } from "./words.ts";

/** What the server's operator set for everybody. */
export type Defaults = { brand: string };

type State = {
  shop: string | undefined;
  locale: FrameLocale;
  theme: FrameTheme;
  brand: string;
  side: "left" | "right";
  context: PageContext;
};

/** The launcher, the frame and what joins them, on one page. Nothing is on the page before `boot`. */
export function createLoader(win: Window, base: string, defaults: Defaults): Loader {
  const listeners = new Map<EventName, Set<Listener>>();
  let state: State | undefined;
  let launcher: Launcher | undefined;
  let frame: ChatFrame | undefined;
  let isOpen = false;
  let unread = 0;
  let unlock: (() => void) | undefined;
  /** Said before `boot`, done after it. */
  let early: (() => void)[] = [];

  const emit = (event: EventName, detail: unknown) => {
    for (const listener of [...(listeners.get(event) ?? [])]) {
      try {
        listener(detail);
      } catch (error) {
        // The page's mistake must not end ours.
        win.setTimeout(() => {
          throw error;
        });
      }
    }
  };
  const words = () => launcherWords[state?.locale ?? "en"];
  const paint = () => launcher?.state({ open: isOpen, unread, words: words() });
  const dress = () => {
    if (!state) return;
    launcher?.look({ brand: state.brand, side: state.side, lang: state.locale });
    frame?.rename(words().frame);
    paint();
  };
  /** What a frame is told at every start. */
  const known = (): ToFrame[] => {
    if (!state) return [];
    const { theme, brand, context, locale } = state;
    return [
      { type: "theme", theme },
      { type: "brand", brand },
      { type: "locale", locale },
      { type: "context", context: { ...contextOf({ page: win.location.href }), ...context } },
      { type: "shown", on: isOpen },
    ];
  };
  const hear = (message: ToLoader) => {
    switch (message.type) {
      case "ready":
        return emit("ready", undefined);
      case "close":
        return loader.close();
      case "unread":
        if (message.count === unread) return undefined;
        unread = message.count;
        paint();
        return emit("unread", { count: unread });
      case "message":
        return emit("message", {});
      case "error":
        return emit("error", { code: message.code, text: message.text });
    }
  };
  const prepare = () => {
    if (!state || !launcher || frame) return;
    const url = new URL("/chat/", base);
    url.searchParams.set("embed", "1");
    url.searchParams.set("lang", state.locale);
    if (state.shop !== undefined) url.searchParams.set("shop", state.shop);
    frame = makeFrame(win, { url, title: words().frame, lang: state.locale, state: known }, hear);
    launcher.box.append(frame.element);
  };
  const show = (on: boolean) => {
    if (!state || on === isOpen) return;
    prepare();
    isOpen = on;
    paint();
    unlock?.();
    unlock = on ? lockPage(win) : undefined;
    frame?.say({ type: "shown", on });
    if (on) frame?.element.focus({ preventScroll: true });
    else launcher?.focus();
    emit(on ? "open" : "close", undefined);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Escape" && isOpen && !event.defaultPrevented) show(false);
  };
  const later = (work: () => void) => {
    if (state) work();
    else if (early.length < 100) early.push(work);
  };

  const loader: Loader = {
    boot(options) {
      if (state) return;
      state = stateOf(win, options, defaults);
      launcher = makeLauncher(win.document, () => show(!isOpen));
      win.document.addEventListener("keydown", onKey);
      dress();
      whenIdle(win, prepare);
      for (const work of early.splice(0)) work();
    },
    open: () => later(() => show(true)),
    close: () => later(() => show(false)),
    toggle: () => later(() => show(!isOpen)),
    context: (context) =>
      later(() => {
        if (!state) return;
        state.context = { ...state.context, ...context };
        frame?.say({ type: "context", context });
      }),
    tell: (message) =>
      later(() => {
        if (!state) return;
        if (message.type === "locale") state.locale = message.locale;
        else if (message.type === "theme") state.theme = message.theme;
        else if (message.type === "brand") state.brand = message.brand;
        else prepare();
        dress();
        frame?.say(message);
      }),
    on(event, listener) {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
    },
    off(event, listener) {
      if (listener) listeners.get(event)?.delete(listener);
      else listeners.delete(event);
    },
    shutdown() {
      early = [];
      if (!state) return;
      show(false);
      win.document.removeEventListener("keydown", onKey);
      frame?.remove();
      launcher?.remove();
      frame = undefined;
      launcher = undefined;
      state = undefined;
      unread = 0;
    },
  };
  return loader;
}

function stateOf(win: Window, options: Options, defaults: Defaults): State {
  const { shop, brand = defaults.brand, side, theme = "auto", locale, product, order } = options;
  const tags = [locale, win.document.documentElement.lang, ...win.navigator.languages];
  return {
    shop,
    brand,
    side: side === "left" ? "left" : "right",
    theme: theme as FrameTheme,
    locale: tags.map(localeOf).find((known) => known !== undefined) ?? "en",
    context: contextOf({ product, order }),
  };
}

/** When the page has loaded and rests, so that its own speed is untouched. */
function whenIdle(win: Window, work: () => void): void {
  const idle = () => void (win.requestIdleCallback ? win.requestIdleCallback(work) : win.setTimeout(work, 999));
  if (win.document.readyState === "complete") idle();
  else win.addEventListener("load", idle, { once: true });
}
