import type { Locale } from "../words.ts";
import { words as en } from "./en.ts";
import { words as hans } from "./zh-Hans.ts";
import { words as hant } from "./zh-Hant.ts";

/** The words of the settings of people and rights, apart from the others: loaded with those pages. */
export type AdminWords = typeof en;

export const adminWords: Record<Locale, AdminWords> = { en, "zh-Hant": hant, "zh-Hans": hans };
