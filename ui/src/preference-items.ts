import type { Ui } from "./context.tsx";
import { languageNames } from "./language.ts";
import type { MenuItem } from "./menu.tsx";
import { chooseTheme, theme, themes } from "./theme.ts";
import { locales } from "./words/words.ts";

/** Language and appearance. */
export function preferenceItems(ui: Ui): MenuItem[] {
  const { common, locale } = ui.language.words.value;
  const languages = locales.map((one): MenuItem => {
    const run = () => void ui.language.choose(one);
    return { kind: "choice", label: languageNames[one], lang: one, chosen: one === locale, run };
  });
  const looks = themes.map((one): MenuItem => {
    const run = () => chooseTheme(one);
    return { kind: "choice", label: common.themes[one], chosen: theme.value === one, run };
  });
  return [
    { kind: "heading", label: common.language },
    ...languages,
    { kind: "heading", label: common.theme },
    ...looks,
  ];
}
