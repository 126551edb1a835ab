import { limits } from "@aftercare/protocol";
import type { ComponentChildren, RefObject } from "preact";
import { useId, useLayoutEffect } from "preact/hooks";
import css from "./composer.module.css";
import { useFormat, useWords } from "./context.tsx";
import control from "./control.module.css";
import { Icon } from "./icons.tsx";

/** From so many characters before the limit on, what is left is shown. */
const tellAtChars = 500;

export type ComposerBoxProps = {
  text: string;
  input: RefObject<HTMLTextAreaElement | null>;
  placeholder: string;
  label: string;
  sendLabel: string;
  /** In place of the paper plane: words on the button. */
  wide?: boolean;
  above?: ComponentChildren;
  onText: (text: string) => void;
  onSend: () => void;
  onEscape?: () => void;
  onUp?: () => void;
  onBlur?: () => void;
};

/**
 * The place to write. Enter sends and Shift+Enter starts a line, but never while an input method composes: there Enter
 * picks a word (`isComposing`, and key code 229 where the browser ends the composition first).
 */
export function ComposerBox(props: ComposerBoxProps) {
  const { text, input } = props;
  const format = useFormat();
  const words = useWords();
  const count = useId();
  const left = limits.textChars - text.length;
  const sendable = text.trim().length > 0 && left >= 0;
  // The height follows the text
  useLayoutEffect(() => {
    const area = input.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + area.offsetHeight - area.clientHeight}px`;
  }, [text, input]);
  const onKey = (event: KeyboardEvent) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      if (sendable) props.onSend();
    } else if (event.key === "Escape") props.onEscape?.();
    else if (event.key === "ArrowUp" && text === "") props.onUp?.();
  };
  return (
    <form
      class={css.composer}
      onSubmit={(event) => {
        event.preventDefault();
        if (sendable) props.onSend();
      }}
    >
      {props.above}
      <div class={css.row}>
        <textarea
          ref={input}
          class={css.input}
          data-testid="composer"
          rows={1}
          value={text}
          placeholder={props.placeholder}
          aria-label={props.label}
          aria-describedby={count}
          aria-invalid={left < 0}
          enterkeyhint="send"
          onInput={(event) => props.onText(event.currentTarget.value)}
          onKeyDown={onKey}
          onBlur={props.onBlur}
        />
        <button
          type="submit"
          class={props.wide ? css.sendWide : css.send}
          data-testid="send"
          aria-label={props.sendLabel}
          title={props.sendLabel}
          aria-disabled={!sendable}
          onPointerDown={(event) => event.preventDefault()}
        >
          {props.wide ? props.sendLabel : <Icon name="send" size={22} />}
        </button>
      </div>
      <p id={count} class={left < tellAtChars ? css.count : control.hidden} data-over={left < 0}>
        {left < 0
          ? words.composer.tooLong(format.number(-left))
          : left < tellAtChars
            ? words.composer.left(format.number(left))
            : words.composer.hint}
      </p>
    </form>
  );
}
