import { control } from "@aftercare/ui";
import { useDesk, useDeskWords } from "../desk.ts";
import { goTo, hrefWith } from "../route.ts";
import css from "./settings.module.css";
import { Switch } from "./switch.tsx";

export function Keyboard() {
  const desk = useDesk();
  const words = useDeskWords();
  const prefs = desk.prefs.value;
  return (
    <>
      <p class={css.lead}>{words.settings.keyboardLead}</p>
      <div class={css.card}>
        <Switch
          name={words.settings.keysOn}
          hint={words.settings.keysOnHint}
          on={prefs.keys}
          set={(keys) => {
            desk.prefs.value = { ...prefs, keys };
          }}
        />
      </div>
      <div class={css.inline}>
        <button
          type="button"
          class={control.button}
          onClick={() => {
            desk.layer.value = "sheet";
          }}
        >
          {words.keys.title}
        </button>
        <button
          type="button"
          class={control.button}
          onClick={() => {
            desk.prefs.value = { ...prefs, toured: false };
            goTo(hrefWith({}));
          }}
        >
          {words.settings.tour}
        </button>
      </div>
    </>
  );
}
