import { type Chat, createChat, type State } from "./chat.ts";
import type { Loader, Options } from "./commands.ts";
import { createEvents } from "./events.ts";
import { contextOf, type FrameLocale, type FrameTheme, localeOf } from "./wire.ts";

/** What the workspace, or the shop that the script was asked for, set; `up` are pixels from the lower edge. */
export type Defaults = { shop?: string; brand: string; locale: FrameLocale; side?: "left"; up?: number };

/** Said before `boot`, to be done after it. */
const earlyCommands = 100;

/** What the page's commands do. Nothing is on the page before `boot`. */
export function createLoader(win: Window, base: string, defaults: Defaults): Loader {
  const { emit, on, off } = createEvents();
  let chat: Chat | undefined;
  let early: ((chat: Chat) => void)[] = [];
  const later = (work: (chat: Chat) => void) => {
    if (chat) work(chat);
    else if (early.length < earlyCommands) early.push(work);
  };
  return {
    on,
    off,
    boot(options) {
      if (chat) return;
      chat = createChat(win, base, stateOf(win, options, defaults), emit);
      for (const work of early.splice(0)) work(chat);
    },
    open: () => later((known) => known.show(true)),
    close: () => later((known) => known.show(false)),
    toggle: () => later((known) => known.show()),
    context: (context) => later((known) => known.context(context)),
    tell: (message) => later((known) => known.tell(message)),
    shutdown() {
      early = [];
      chat?.remove();
      chat = undefined;
    },
  };
}

function stateOf(win: Window, options: Options, defaults: Defaults): State {
  const { shop = defaults.shop, brand = defaults.brand, side = defaults.side, theme = "auto", locale } = options;
  const tags = [locale, win.document.documentElement.lang, ...win.navigator.languages];
  return {
    shop,
    brand,
    side: side === "left" ? "left" : "right",
    up: defaults.up,
    theme: theme as FrameTheme,
    locale: tags.map(localeOf).find((known) => known !== undefined) ?? defaults.locale,
    context: contextOf(options),
  };
}
