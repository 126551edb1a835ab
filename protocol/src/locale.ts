import type { Locale } from "./workspace.ts";

/** Which of our languages a language tag (BCP 47) asks for, or undefined when it is none of them. */
export function localeOf(tag: string): Locale | undefined {
  const lower = tag.toLowerCase();
  if (lower.startsWith("en")) return "en";
  if (!lower.startsWith("zh") && !lower.startsWith("yue")) return undefined;
  if (/hans/.test(lower)) return "zh-Hans";
  return /hant|-(hk|tw|mo)\b|^yue/.test(lower) ? "zh-Hant" : "zh-Hans";
}

/** What a visitor is called who has given no name, before the four digits that tell guests apart. */
export const guestWords: Readonly<Record<Locale, string>> = { en: "Guest", "zh-Hant": "訪客", "zh-Hans": "访客" };

/** A name that we made up is nobody's, and no way to address anybody. */
export const isGuestName = (name: string): boolean =>
  /^\D+ \d{4}$/.test(name) && Object.values(guestWords).includes(name.slice(0, -5));
