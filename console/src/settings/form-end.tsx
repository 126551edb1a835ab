import { control, useWords } from "@aftercare/ui";
import page from "./settings.module.css";

/** The last line of a form: what sends it, "Save" unless it has another name, and what leaves it. */
export function FormEnd(props: { submit?: string; disabled: boolean; close: () => void }) {
  const { common } = useWords();
  return (
    <div class={page.inline}>
      <button type="submit" class={control.primary} disabled={props.disabled}>
        {props.submit ?? common.save}
      </button>
      <button type="button" class={control.button} onClick={props.close}>
        {common.cancel}
      </button>
    </div>
  );
}
