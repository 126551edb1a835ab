import type { Locale } from "./workspace.ts";

/** Which of our languages a language tag (BCP 47) asks for, or undefined when it is none of them. */
export function localeOf(tag: string): Locale | undefined {
  const lower = tag.toLowerCase();
  if (lower.startsWith("en")) return "en";
  if (!lower.startsWith("zh") && !lower.startsWith("yue")) return undefined;
  if (/hans/.test(lower)) return "zh-Hans";
  return /hant|-(hk|tw|mo)\b|^yue/.test(lower) ? "zh-Hant" : "zh-Hans";
}
