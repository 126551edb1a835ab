import { localeOf } from "@aftercare/protocol";
import type { Locale } from "./words/words.ts";

/** `?lang=`, then what was chosen here before, then what the browser asks for. */
export function pickLocale(query: string | null, stored: string | null, preferred: readonly string[]): Locale {
  for (const tag of [query, stored, ...preferred]) {
    const locale = tag ? localeOf(tag) : undefined;
    if (locale) return locale;
  }
  return "en";
}

/** Storage may be refused (private windows, full disks): a choice is then kept for this page only. */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Nothing to do: the page goes on without it.
  }
}
