import type { Refusal } from "@aftercare/protocol";
import type { Actor, Client } from "@aftercare/sdk";
import type { Signal } from "@preact/signals";
import { type ComponentChild, createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Format } from "./format.ts";
import type { Language } from "./language.ts";
import type { OpenMenu } from "./menu.tsx";
import { useObservable } from "./observable.ts";
import type { Words } from "./words/words.ts";

/** What every view may ask for: the client, the words, and the two things that float above the page. */
export type Ui = {
  client: Client;
  language: Language;
  menu: Signal<OpenMenu | undefined>;
  toasts: Signal<readonly { key: number; text: ComponentChild }[]>;
};

export const UiContext = createContext<Ui | undefined>(undefined);

export function useUi(): Ui {
  const ui = useContext(UiContext);
  if (!ui) throw new Error("outside of UiRoot");
  return ui;
}

export const useClient = (): Client => useUi().client;
export const useWords = (): Words => useUi().language.words.value;
export const useFormat = (): Format => useUi().language.format.value;
export const useMe = (): Actor | undefined => useObservable(useUi().client.me);

/** A refusal as sentences for a person. */
export function refusalText(refusal: Refusal, words: Words, format: Format): string {
  const parts = [words.refusals[refusal.code] ?? refusal.code];
  if (refusal.limit) parts.push(words.refusalMore.limit(format.number(refusal.limit.value)));
  if (refusal.retryAfterMs !== undefined) parts.push(words.refusalMore.again(format.wait(refusal.retryAfterMs)));
  return parts.join(words.locale === "en" ? " " : "");
}
