import { type RightsWords, rightsWords } from "../rights/words.ts";
import type { Locale } from "../words.ts";
import type { words } from "./en.ts";

/** The words of the settings of people and rights, apart from the others: loaded with those pages. */
export type AdminWords = typeof words;

type Loaded = [{ words: AdminWords }, { words: RightsWords }];

const files: Record<Locale, () => Promise<Loaded>> = {
  en: () => Promise.all([import("./en.ts"), import("../rights/en.ts")]),
  "zh-Hant": () => Promise.all([import("./zh-Hant.ts"), import("../rights/zh-Hant.ts")]),
  "zh-Hans": () => Promise.all([import("./zh-Hans.ts"), import("../rights/zh-Hans.ts")]),
};

export const adminWords = {} as Record<Locale, AdminWords>;

export async function loadAdminWords(locale: Locale): Promise<void> {
  if (adminWords[locale]) return;
  const [admin, rights] = await files[locale]();
  adminWords[locale] = admin.words;
  rightsWords[locale] = rights.words;
}
