import type { ComponentChildren, RefObject } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { useWords } from "./context.tsx";
import control from "./control.module.css";
import css from "./dialog.module.css";
import { Icon } from "./icons.tsx";
import { useModal } from "./modal.ts";

const fields = "input:not([type=hidden]), select, textarea";

/**
 * The first field has the focus, also when it comes later than the window; the browser begins with the way out. What has the
 * focus and goes, as by a choice, gives it to the field that came instead, else to the text: whoever listens hears where they are.
 */
function useFirstField(host: RefObject<HTMLDialogElement | null>, inside: RefObject<HTMLDivElement | null>): void {
  const isGiven = useRef(false);
  useLayoutEffect(() => {
    const at = document.activeElement;
    const isLost = at === document.body;
    if (!isLost && (isGiven.current || at !== host.current?.querySelector("button"))) return;
    const field = inside.current?.querySelector<HTMLElement>(fields);
    if (field) isGiven.current = true;
    (field ?? (isLost ? inside.current : null))?.focus();
  });
}

/** A modal window: the browser keeps the focus inside, Escape closes, the focus returns to where it was. */
export function Dialog(props: {
  title: string;
  /** Room for a table. */
  wide?: boolean;
  close: () => void;
  /** What Enter in its only field does, and the button of the footer that submits. */
  submit?: () => void;
  children: ComponentChildren;
  footer?: ComponentChildren;
}) {
  const { close, submit } = props;
  const words = useWords();
  const host = useModal();
  const body = useRef<HTMLDivElement>(null);
  const title = useId();
  const Inside = submit ? "form" : "div";
  useFirstField(host, body);
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
      <Inside
        class={css.inside}
        onSubmit={(event: Event) => {
          event.preventDefault();
          submit?.();
        }}
      >
        <header class={css.head}>
          <h2 id={title}>{props.title}</h2>
          <button type="button" class={control.icon} aria-label={words.common.close} onClick={close}>
            <Icon name="close" />
          </button>
        </header>
        <div ref={body} class={css.body} tabIndex={props.wide ? 0 : -1}>
          {props.children}
        </div>
        {props.footer && <footer class={css.foot}>{props.footer}</footer>}
      </Inside>
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
