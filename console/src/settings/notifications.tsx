import { control } from "@aftercare/ui";
import { useState } from "preact/hooks";
import { useDesk, useDeskWords } from "../desk.ts";
import type { Prefs } from "../prefs.ts";
import css from "./settings.module.css";
import { Switch } from "./switch.tsx";

/** How somebody is called when a message comes, and when not. */
export function Notifications() {
  const words = useDeskWords().notify;
  return (
    <>
      <p class={css.lead}>{words.lead}</p>
      <Notices />
      <Sound />
      <Quiet />
    </>
  );
}

function usePrefs(): [Prefs, (change: Partial<Prefs>) => void] {
  const desk = useDesk();
  return [
    desk.prefs.value,
    (change) => {
      desk.prefs.value = { ...desk.prefs.value, ...change };
    },
  ];
}

function Notices() {
  const desk = useDesk();
  const words = useDeskWords().notify;
  const [prefs, set] = usePrefs();
  const [permission, look] = useState(() => desk.notices.permission());
  const setDesktop = async (on: boolean) => {
    if (on && permission === "default") await desk.notices.request();
    const now = desk.notices.permission();
    look(now);
    set({ desktop: on && now === "granted" });
  };
  const blocked =
    permission === "denied" ? words.blocked : permission === "unsupported" ? words.unsupported : undefined;
  const desktop = prefs.desktop === true && permission === "granted";
  return (
    <div class={css.card}>
      <Switch
        name={words.desktop}
        hint={blocked ?? words.desktopHint}
        on={desktop}
        disabled={blocked !== undefined}
        set={(on) => void setDesktop(on)}
      />
      <Switch
        name={words.preview}
        hint={words.previewHint}
        on={prefs.preview}
        disabled={!desktop}
        set={(preview) => set({ preview })}
      />
      <Switch name={words.badge} on={prefs.badge} set={(badge) => set({ badge })} />
    </div>
  );
}

function Sound() {
  const desk = useDesk();
  const words = useDeskWords().notify;
  const [prefs, set] = usePrefs();
  return (
    <div class={css.card}>
      <Switch name={words.sound} hint={words.soundHint} on={prefs.sound} set={(sound) => set({ sound })} />
      <div class={css.row}>
        <b class={css.word}>{words.volume}</b>
        <input
          class={css.range}
          type="range"
          min={0}
          max={100}
          step={10}
          value={prefs.volume * 100}
          disabled={!prefs.sound}
          aria-label={words.volume}
          onInput={(event) => set({ volume: Number(event.currentTarget.value) / 100 })}
        />
        <button
          type="button"
          class={`${control.button} ${control.small}`}
          onClick={() => desk.notices.tone(prefs.volume)}
        >
          {words.tryIt}
        </button>
      </div>
    </div>
  );
}

function Quiet() {
  const words = useDeskWords().notify;
  const [{ quiet }, set] = usePrefs();
  return (
    <div class={css.card}>
      <Switch name={words.quiet} hint={words.quietHint} on={quiet.on} set={(on) => set({ quiet: { ...quiet, on } })} />
      <div class={`${css.row} ${css.inline}`}>
        {(["from", "to"] as const).map((end) => (
          <label key={end} class={control.field}>
            {words[end]}
            <input
              class={`${control.input} ${css.clock}`}
              type="time"
              value={quiet[end]}
              required
              disabled={!quiet.on}
              onChange={(event) => {
                const { value } = event.currentTarget;
                if (value) set({ quiet: { ...quiet, [end]: value } });
              }}
            />
          </label>
        ))}
      </div>
    </div>
  );
}
