import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { type Format, makeFormat } from "./format.ts";
import { pickLocale, remember, remembered } from "./locale.ts";
import type { Locale, Words } from "./words/words.ts";

const tables: Record<Locale, () => Promise<{ words: Words }>> = {
  en: () => import("./words/en.ts"),
  "zh-Hant": () => import("./words/zh-Hant.ts"),
  "zh-Hans": () => import("./words/zh-Hans.ts"),
};

/** Each language by its own name. */
export const languageNames: Record<Locale, string> = { "zh-Hant": "繁體中文", "zh-Hans": "简体中文", en: "English" };

const storageKey = "aftercare.language";

export type Language = {
  words: ReadonlySignal<Words>;
  format: ReadonlySignal<Format>;
  choose(locale: Locale): Promise<void>;
};

/** Loads the words of one language, and of another when it is chosen. */
export async function loadLanguage(fixed?: Locale): Promise<Language> {
  const query = new URLSearchParams(location.search).get("lang");
  const start =
    fixed ??
    pickLocale(query, remembered(storageKey), [
      ...navigator.languages,
      // As the shop has it: the page comes in its language.
      document.documentElement.lang,
    ]);
  const words = signal<Words>((await tables[start]()).words);
  markPage(start);
  return {
    words,
    format: computed(() => makeFormat(words.value.intl)),
    async choose(locale) {
      words.value = (await tables[locale]()).words;
      remember(storageKey, locale);
      markPage(locale);
    },
  };
}

function markPage(locale: Locale): void {
  document.documentElement.lang = locale;
}
