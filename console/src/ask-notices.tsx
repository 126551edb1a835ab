import { control } from "@aftercare/ui";
import { useState } from "preact/hooks";
import css from "./ask-notices.module.css";
import { useDesk, useDeskWords } from "./desk.ts";
import { DeskIcon } from "./icons.tsx";

/** Asks once, after somebody has opened a conversation, and only where the browser has not been told already. */
export function AskNotices() {
  const desk = useDesk();
  const words = useDeskWords();
  const [busy, setBusy] = useState(false);
  const prefs = desk.prefs.value;
  if (prefs.desktop !== undefined || desk.recent.value.length === 0) return null;
  if (desk.notices.permission() !== "default") return null;
  const allow = async () => {
    setBusy(true);
    await desk.notices.request();
    setBusy(false);
    desk.prefs.value = { ...desk.prefs.value, desktop: desk.notices.permission() === "granted" };
  };
  return (
    <section class={css.ask} aria-label={words.notify.title}>
      <DeskIcon name="sound" size={20} />
      <p>{words.notify.ask}</p>
      <div>
        <button
          type="button"
          class={`${control.primary} ${control.small}`}
          aria-busy={busy}
          onClick={() => void allow()}
        >
          {words.notify.allow}
        </button>
        <button
          type="button"
          class={`${control.button} ${control.small}`}
          onClick={() => {
            desk.prefs.value = { ...prefs, desktop: false };
          }}
        >
          {words.notify.later}
        </button>
      </div>
    </section>
  );
}
