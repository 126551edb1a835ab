import { AnyIcon, control, copyText, frontWords, useUi, useWords } from "@aftercare/ui";
import css from "./front.module.css";

/** A text to take elsewhere, with the button that does. */
export function Copied(props: { text: string; label: string; block?: boolean }) {
  const ui = useUi();
  const words = frontWords[useWords().locale];
  return (
    <div class={props.block ? css.codeBlock : css.codeLine}>
      {props.block ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by the keyboard
        <section class={css.scroll} aria-label={props.label} tabIndex={0}>
          <pre>{props.text}</pre>
        </section>
      ) : (
        <code>{props.text}</code>
      )}
      <button
        type="button"
        class={`${control.button} ${control.small}`}
        aria-label={`${words.copy}: ${props.label}`}
        onClick={() => void copyText(ui, props.text)}
      >
        <AnyIcon name="copy" size={16} /> {words.copy}
      </button>
    </div>
  );
}
