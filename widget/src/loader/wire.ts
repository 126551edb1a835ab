/**
 * What the loader on the shop's page and the frame of the chat say to each other. Neither trusts the other: whatever
 * arrives is checked and cut here, and nothing else is ever read of a message.
 */

export const wireVersion = 1;

/** What the page may tell of where the customer is. All of it is text that people read, never markup. */
export type PageContext = { page?: string; product?: string; order?: string };
export type FrameLocale = "en" | "zh-Hant" | "zh-Hans";
export type FrameTheme = "auto" | "light" | "dark";

export type ToFrame =
  | { type: "shown"; on: boolean }
  | { type: "context"; context: PageContext }
  | { type: "locale"; locale: FrameLocale }
  | { type: "theme"; theme: FrameTheme }
  | { type: "brand"; brand: string }
  | { type: "identify"; token: string }
  | { type: "reset" };

export type ToLoader =
  | { type: "ready" }
  | { type: "unread"; count: number }
  | { type: "message" }
  | { type: "close" }
  | { type: "token-needed" }
  | { type: "error"; code: string; text: string };

export const wireLimits = { contextChars: 200, tokenChars: 4_096, codeChars: 40, textChars: 300, unread: 999 } as const;

const locales = ["en", "zh-Hant", "zh-Hans"];
const themes = ["auto", "light", "dark"];
const colour = /^#[0-9a-f]{6}$/i;

export const isColour = (value: unknown): value is string => typeof value === "string" && colour.test(value);
export const isTheme = (value: unknown): value is FrameTheme => themes.includes(value as string);

/** Our language for a tag of the page's; the others' are said in English. */
export function localeOf(tag: unknown): FrameLocale | undefined {
  if (typeof tag !== "string" || tag.length > 35) return undefined;
  const lower = tag.toLowerCase();
  if (/^(zh|yue)\b/.test(lower)) return /hant|-(hk|tw|mo)\b|^yue(?!.*hans)/.test(lower) ? "zh-Hant" : "zh-Hans";
  return /^en\b/.test(lower) ? "en" : undefined;
}

const cut = (value: unknown, max: number): string | undefined =>
  typeof value === "string" && value !== "" ? value.slice(0, max) : undefined;

/** Where the customer is, without what an address may keep secret: its query, its fragment and its user. */
export function pageOf(value: unknown): string | undefined {
  if (typeof value !== "string" || !/^https?:/i.test(value) || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  return cut(url.origin + url.pathname, wireLimits.contextChars);
}

/** Cut, and no more: the frame makes it a line that may be shown. */
export function contextOf(given: Record<string, unknown>): PageContext {
  const context: PageContext = {};
  const page = pageOf(given.page);
  const product = cut(given.product, wireLimits.contextChars);
  const order = cut(given.order, wireLimits.contextChars);
  if (page) context.page = page;
  if (product) context.product = product;
  if (order) context.order = order;
  return context;
}

/** The message, or undefined for anything else, however it came about. */
export function toFrame(data: unknown): ToFrame | undefined {
  if (!isRecord(data)) return undefined;
  switch (data.type) {
    case "shown":
      return { type: "shown", on: data.on === true };
    case "context":
      return { type: "context", context: contextOf(isRecord(data.context) ? data.context : {}) };
    case "locale":
      return locales.includes(data.locale as string)
        ? { type: "locale", locale: data.locale as FrameLocale }
        : undefined;
    case "theme":
      return isTheme(data.theme) ? { type: "theme", theme: data.theme } : undefined;
    case "brand":
      return isColour(data.brand) ? { type: "brand", brand: data.brand } : undefined;
    case "identify":
      return typeof data.token === "string" && data.token.length <= wireLimits.tokenChars
        ? { type: "identify", token: data.token }
        : undefined;
    case "reset":
      return { type: "reset" };
    default:
      return undefined;
  }
}

export function toLoader(data: unknown): ToLoader | undefined {
  if (!isRecord(data)) return undefined;
  switch (data.type) {
    case "ready":
    case "message":
    case "close":
    case "token-needed":
      return { type: data.type };
    case "unread":
      return Number.isInteger(data.count) && (data.count as number) >= 0
        ? { type: "unread", count: Math.min(data.count as number, wireLimits.unread) }
        : undefined;
    case "error": {
      const code = cut(data.code, wireLimits.codeChars);
      return code === undefined
        ? undefined
        : { type: "error", code, text: cut(data.text, wireLimits.textChars) ?? code };
    }
    default:
      return undefined;
  }
}

/** The first words, said on the window itself: the frame that it is there, the loader with the port for all the rest. */
export const isGreeting = (data: unknown, type: "here" | "port"): boolean =>
  isRecord(data) && data.aftercare === wireVersion && data.type === type;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
