import { chooseTheme, type Language, type Locale, languageNames, type Theme, theme, themes } from "@aftercare/ui";
import { effect, type Signal } from "@preact/signals";
import { isRecord } from "./keep.ts";

/** How the desk looks and speaks to one account; what was never chosen is the device's. */
export type OwnLooks = { theme?: Theme; language?: Locale };

const isLocale = (value: unknown): value is Locale => typeof value === "string" && Object.hasOwn(languageNames, value);

export function readLooks(found: unknown): OwnLooks {
  const from = isRecord(found) ? found : {};
  const look = themes.find((one) => one === from.theme);
  const language = isLocale(from.language) ? from.language : undefined;
  return { ...(look && { theme: look }), ...(language && { language }) };
}

/**
 * What was chosen on any device of the account is so on this page, and what is chosen here goes there, until the returned function
 * is called. A device that `follows` its system has the account's language alone. The page keeps a copy of the device's own, which
 * the next start and the sign-in page begin with.
 */
export function shareLooks(looks: Signal<OwnLooks>, follows: Signal<boolean>, language: Language): () => void {
  const locale = () => language.words.peek().locale;
  const wantedTheme = () => (follows.peek() ? "auto" : looks.peek().theme);
  let seen = { theme: theme.peek(), language: locale() };
  const stopTaking = effect(() => {
    const wanted = { theme: follows.value ? "auto" : looks.value.theme, language: looks.value.language } as OwnLooks;
    if (wanted.theme && wanted.theme !== theme.peek()) chooseTheme(wanted.theme);
    if (wanted.language && wanted.language !== locale()) void language.choose(wanted.language);
  });
  const stopGiving = effect(() => {
    const now = { theme: theme.value, language: language.words.value.locale };
    const before = seen;
    seen = now;
    const chosen: OwnLooks = {};
    if (now.theme !== before.theme && now.theme !== wantedTheme()) chosen.theme = now.theme;
    if (now.language !== before.language && now.language !== looks.peek().language) chosen.language = now.language;
    if (chosen.theme) follows.value = false;
    if (chosen.theme || chosen.language) looks.value = { ...looks.peek(), ...chosen };
  });
  return () => {
    stopTaking();
    stopGiving();
  };
}
