import { deskWords, toast, type Ui } from "@aftercare/ui";
import css from "./undo-toast.module.css";

/** Says what was done, with the way back. */
export function undoToast(ui: Ui, text: string, undo: () => void): void {
  const { act } = deskWords[ui.language.words.peek().locale];
  const said = (
    <>
      {text}
      <button
        type="button"
        class={css.undo}
        onClick={() => {
          ui.toasts.value = ui.toasts.value.filter((one) => one.text !== said);
          undo();
        }}
      >
        {act.undo}
      </button>
    </>
  );
  toast(ui, said);
}
