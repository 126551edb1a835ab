import type { Locale } from "../words.ts";
import { words as en } from "./en.ts";
import { words as hans } from "./zh-Hans.ts";
import { words as hant } from "./zh-Hant.ts";

/** The words of the staff console, apart from the others: the customer's page does not load them. */
export type DeskWords = typeof en;

export const deskWords: Record<Locale, DeskWords> = { en, "zh-Hant": hant, "zh-Hans": hans };
