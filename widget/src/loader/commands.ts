import { contextOf, isColour, isTheme, localeOf, type PageContext, type ToFrame, wireLimits } from "./wire.ts";

export const eventNames = ["ready", "open", "close", "unread", "message", "token-needed", "error"] as const;
export type EventName = (typeof eventNames)[number];
export type Listener = (detail: unknown) => void;

export type Options = {
  shop?: string;
  locale?: string;
  theme?: string;
  brand?: string;
  side?: string;
  product?: string;
  order?: string;
};

/** What the commands do, once their arguments are known to be right. */
export type Loader = {
  boot(options: Options): void;
  open(): void;
  close(): void;
  toggle(): void;
  context(context: PageContext): void;
  tell(message: Extract<ToFrame, { type: "locale" | "theme" | "brand" | "identify" | "reset" }>): void;
  on(event: EventName, listener: Listener): void;
  off(event: EventName, listener?: Listener): void;
  shutdown(): void;
};

/** Runs a command; gives the sentence for the page's developer when it is wrong. */
export function run(loader: Loader, [name, ...words]: readonly unknown[]): string | undefined {
  const command = typeof name === "string" && Object.hasOwn(commands, name) ? commands[name as Name] : undefined;
  if (!command) return `${String(name)} is no command; there are ${names}.`;
  return command(loader, words[0], words[1]);
}

type Command = (loader: Loader, first: unknown, second: unknown) => string | undefined;
type Name = keyof typeof commands;

const commands = {
  boot(loader, given) {
    if (given !== undefined && !isObject(given)) return "boot takes an object.";
    const { options, wrong } = optionsOf(given ?? {});
    loader.boot(options);
    return wrong;
  },
  open: (loader) => void loader.open(),
  close: (loader) => void loader.close(),
  toggle: (loader) => void loader.toggle(),
  identify(loader, token) {
    if (typeof token !== "string" || token === "" || token.length > wireLimits.tokenChars)
      return "identify takes a signed token.";
    loader.tell({ type: "identify", token });
    return undefined;
  },
  setContext(loader, given) {
    if (!isObject(given)) return contextWords;
    const context = contextOf(given);
    loader.context(context);
    const lost = Object.keys(given).filter((key) => !(key in context));
    return lost.length > 0 ? `${lost.join()} left out: ${contextWords}` : undefined;
  },
  setLocale(loader, tag) {
    const locale = localeOf(tag);
    if (!locale) return "setLocale takes en, zh-Hant or zh-Hans.";
    loader.tell({ type: "locale", locale });
    return undefined;
  },
  setTheme(loader, theme) {
    if (isTheme(theme)) loader.tell({ type: "theme", theme });
    else if (isObject(theme) && isColour(theme.brand)) loader.tell({ type: "brand", brand: theme.brand });
    else return 'setTheme takes auto, light, dark or { brand: "#0a5bd3" }.';
    return undefined;
  },
  on(loader, event, listener) {
    if (!isEvent(event) || typeof listener !== "function") return eventWords;
    loader.on(event, listener as Listener);
    return undefined;
  },
  off(loader, event, listener) {
    if (!isEvent(event) || (listener !== undefined && typeof listener !== "function")) return eventWords;
    loader.off(event, listener as Listener | undefined);
    return undefined;
  },
  reset: (loader) => void loader.tell({ type: "reset" }),
  shutdown: (loader) => void loader.shutdown(),
} satisfies Record<string, Command>;

const contextWords = "setContext takes { page, product, order }.";
const names = Object.keys(commands);
const eventWords = `on takes one of ${eventNames}, and a function.`;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isEvent = (value: unknown): value is EventName => eventNames.includes(value as EventName);

const shopName = /^[\w-]{1,60}$/;
const checks: Record<keyof Options, (value: unknown) => unknown> = {
  shop: (value) => typeof value === "string" && shopName.test(value),
  locale: localeOf,
  theme: isTheme,
  brand: isColour,
  side: (value) => value === "left" || value === "right",
  product: (value) => typeof value === "string",
  order: (value) => typeof value === "string",
};

/** The options that are right, and a sentence about the others. */
export function optionsOf(given: Record<string, unknown>): { options: Options; wrong: string | undefined } {
  const options: Options = {};
  const wrong: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (Object.hasOwn(checks, name) && checks[name as keyof Options](value))
      options[name as keyof Options] = value as string;
    else wrong.push(name);
  }
  return {
    options,
    wrong: wrong.length > 0 ? `${wrong.join()} left out: unknown, or a wrong value.` : undefined,
  };
}
