import { chooseTheme, languageNames, locales, theme, themes, useUi, useWords } from "@aftercare/ui";
import { useDesk, useDeskWords } from "../desk.ts";
import css from "./settings.module.css";
import { Switch } from "./switch.tsx";

export function Looks() {
  const { language } = useUi();
  const { followsSystem } = useDesk();
  const words = useDeskWords();
  const plain = useWords();
  const languages = locales.map((one) => ({ value: one as string, label: languageNames[one], lang: one as string }));
  const looks = themes.map((one) => ({ value: one as string, label: plain.common.themes[one], lang: undefined }));
  return (
    <>
      <p class={css.lead}>{words.settings.looksLead}</p>
      <Choice
        name={plain.common.language}
        all={languages}
        chosen={plain.locale}
        choose={(value) => {
          const locale = locales.find((one) => one === value);
          if (locale) void language.choose(locale);
        }}
      />
      <Choice
        name={plain.common.theme}
        all={looks}
        chosen={theme.value}
        choose={(value) => {
          const look = themes.find((one) => one === value);
          if (look) chooseTheme(look);
        }}
      />
      <div class={css.card}>
        <Switch
          name={words.settings.system}
          hint={words.settings.systemHint}
          on={followsSystem.value}
          set={(on) => {
            followsSystem.value = on;
          }}
        />
      </div>
      <p class={css.lead}>{words.settings.contrast}</p>
    </>
  );
}

function Choice(props: {
  name: string;
  all: readonly { value: string; label: string; lang: string | undefined }[];
  chosen: string;
  choose: (value: string) => void;
}) {
  return (
    <fieldset class={css.choice}>
      <legend>{props.name}</legend>
      {props.all.map(({ value, label, lang }) => (
        <label key={value} class={css.option} lang={lang}>
          <input type="radio" name={props.name} checked={value === props.chosen} onChange={() => props.choose(value)} />
          {label}
        </label>
      ))}
    </fieldset>
  );
}
