import type { Locale } from "../words.ts";
import type { words } from "./en.ts";

/** The words about customers: what they meet, by which keys they are known, what is known of them. Of the console alone. */
export type FrontWords = typeof words;

/** There with the words of the desk (`loadDeskWords`). */
export const frontWords = {} as Record<Locale, FrontWords>;
