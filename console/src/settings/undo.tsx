import { adminWords, control, Icon, useWords } from "@aftercare/ui";
import { useEffect } from "preact/hooks";
import css from "./admin.module.css";
import { note } from "./note.ts";

/** What was changed last, with the way back. It stays until it is dismissed or something else changes: nobody has to hurry. */
export function UndoBar() {
  const words = adminWords[useWords().locale].shared;
  useEffect(() => {
    note.value = undefined;
    return () => {
      note.value = undefined;
    };
  }, []);
  const { text, problem, undo } = note.value ?? {};
  return (
    <div class={css.bar} data-testid="settings-note">
      <p class={control.hidden} role="status">
        {problem ? "" : text}
      </p>
      <p class={control.hidden} role="alert">
        {problem ? text : ""}
      </p>
      {text !== undefined && (
        <div class={css.note} data-problem={problem}>
          <span aria-hidden="true">{text}</span>
          {undo && (
            <button type="button" class={`${control.button} ${control.small}`} onClick={() => void undo()}>
              {words.undo}
            </button>
          )}
          <button
            type="button"
            class={control.icon}
            aria-label={words.dismiss}
            title={words.dismiss}
            onClick={() => {
              note.value = undefined;
            }}
          >
            <Icon name="close" size={18} />
          </button>
        </div>
      )}
    </div>
  );
}
