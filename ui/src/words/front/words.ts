import type { Locale } from "../words.ts";
import { words as en } from "./en.ts";
import { words as hans } from "./zh-Hans.ts";
import { words as hant } from "./zh-Hant.ts";

/** The words about customers: what they meet, by which keys they are known, what is known of them. Of the console alone. */
export type FrontWords = typeof en;

export const frontWords: Record<Locale, FrontWords> = { en, "zh-Hant": hant, "zh-Hans": hans };
