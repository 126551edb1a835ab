import { frontWords } from "../front/words.ts";
import { inspectorWords } from "../inspector/words.ts";
import type { Locale } from "../words.ts";
import type { words } from "./en.ts";

/** The words of the staff console, apart from the others: the customer's page does not load them. */
export type DeskWords = typeof words;

/** One file for each language: with what the desk shows of customers and deliveries. */
const files = {
  en: () => import("./all-en.ts"),
  "zh-Hant": () => import("./all-zh-Hant.ts"),
  "zh-Hans": () => import("./all-zh-Hans.ts"),
};

export const deskWords = {} as Record<Locale, DeskWords>;

export async function loadDeskWords(locale: Locale): Promise<void> {
  if (deskWords[locale]) return;
  const { desk, front, inspector } = (await files[locale]()).all;
  deskWords[locale] = desk;
  frontWords[locale] = front;
  inspectorWords[locale] = inspector;
}
