import { type Ui, useUi, useWords } from "./context.tsx";
import control from "./control.module.css";
import { Icon } from "./icons.tsx";
import { languageNames } from "./language.ts";
import { type MenuItem, openMenu } from "./menu.tsx";
import { chooseTheme, theme, themes } from "./theme.ts";
import { locales } from "./words/words.ts";

/** The button for language and appearance, and what the page adds. */
export function Preferences(props: { extra?: () => MenuItem[] }) {
  const ui = useUi();
  const words = useWords();
  return (
    <button
      type="button"
      class={control.icon}
      data-testid="preferences"
      aria-haspopup="menu"
      aria-label={words.common.preferences}
      title={words.common.preferences}
      onClick={(event) =>
        openMenu(ui, {
          label: words.common.preferences,
          anchor: event.currentTarget,
          items: [...preferenceItems(ui), ...(props.extra?.() ?? [])],
        })
      }
    >
      <Icon name="globe" />
    </button>
  );
}

function preferenceItems(ui: Ui): MenuItem[] {
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
