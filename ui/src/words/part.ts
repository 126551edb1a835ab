import type { Language } from "../language.ts";
import type { Locale } from "./words.ts";

/** Words that not every page needs. A language of them is there once it was loaded. */
export type WordPart = (locale: Locale) => Promise<void>;

const parts = new Set<WordPart>();
/** The language that is being changed to. */
let next: Locale | undefined;

/** Loads a part in the page's language, and from now on with every language that is chosen. */
export async function loadWords(language: Language, part: WordPart): Promise<void> {
  parts.add(part);
  let { locale } = language.words.peek();
  for (;;) {
    await Promise.all([part(locale), next && part(next)]);
    if (language.words.peek().locale === locale) return;
    locale = language.words.peek().locale;
  }
}

/** A language is changed to when every part of the page is there in it. */
export const withParts = (language: Language): Language => ({
  ...language,
  async choose(locale) {
    next = locale;
    await Promise.all([...parts].map((part) => part(locale)));
    await language.choose(locale);
  },
});
