import type { ComponentChild } from "preact";
import type { Ui } from "./context.tsx";
import { useUi } from "./context.tsx";
import css from "./toast.module.css";

const shownMs = 6_000;
let lastKey = 0;

/** Says something for a few seconds, aloud for screen readers. */
export function toast(ui: Ui, text: ComponentChild): void {
  lastKey += 1;
  const key = lastKey;
  ui.toasts.value = [...ui.toasts.value.slice(-2), { key, text }];
  setTimeout(() => {
    ui.toasts.value = ui.toasts.value.filter((one) => one.key !== key);
  }, shownMs);
}

export function Toasts() {
  const { toasts } = useUi();
  return (
    <div class={css.toasts} role="status" aria-live="polite" data-testid="toasts">
      {toasts.value.map(({ key, text }) => (
        <div key={key} class={css.toast}>
          {text}
        </div>
      ))}
    </div>
  );
}
