import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { useWords } from "./context.tsx";
import control from "./control.module.css";
import css from "./dialog.module.css";
import { Icon } from "./icons.tsx";
import { useModal } from "./modal.ts";

/** A modal window: the browser keeps the focus inside, Escape closes, the focus returns to where it was. */
export function Dialog(props: {
  title: string;
  /** Room for a table. */
  wide?: boolean;
  close: () => void;
  children: ComponentChildren;
  footer?: ComponentChildren;
}) {
  const { close } = props;
  const words = useWords();
  const host = useModal();
  const title = useId();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click beside the window closes it; Escape does the same
    <dialog
      ref={host}
      class={css.dialog}
      data-wide={props.wide}
      aria-labelledby={title}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={(event) => event.target === host.current && close()}
    >
      <div class={css.inside}>
        <header class={css.head}>
          <h2 id={title}>{props.title}</h2>
          <button type="button" class={control.icon} aria-label={words.common.close} onClick={close}>
            <Icon name="close" />
          </button>
        </header>
        <div class={css.body} tabIndex={props.wide ? 0 : undefined}>
          {props.children}
        </div>
        {props.footer && <footer class={css.foot}>{props.footer}</footer>}
      </div>
    </dialog>
  );
}

/** Asks before something that cannot be taken back. */
export function Confirm(props: { text: string; yes: string; title: string; close: () => void; run: () => void }) {
  const words = useWords();
  return (
    <Dialog
      title={props.title}
      close={props.close}
      footer={
        <>
          <button type="button" class={control.button} onClick={props.close}>
            {words.common.cancel}
          </button>
          <button
            type="button"
            class={control.danger}
            onClick={() => {
              props.close();
              props.run();
            }}
          >
            {props.yes}
          </button>
        </>
      }
    >
      <p>{props.text}</p>
    </Dialog>
  );
}
