import { AnyIcon, control, useWords } from "@aftercare/ui";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useDeskWords } from "../desk.ts";
import { isSnippetName, type Snippet, snippetLimits } from "../snippets.ts";
import { FormEnd } from "./form-end.tsx";
import css from "./settings.module.css";

/** The way to a new one. */
export function AddSnippet(props: { add: () => void }) {
  const words = useDeskWords().snippets;
  return (
    <div>
      <button type="button" class={control.primary} onClick={props.add}>
        <AnyIcon name="plus" size={18} /> {words.add}
      </button>
    </div>
  );
}

/** Replies, one's own or shared, each to be changed or removed. */
export function SnippetRows<T extends Snippet>(props: {
  all: readonly T[];
  keyOf: (one: T) => string;
  edit: (one: T) => void;
  remove: (one: T) => void;
  testId?: string;
}) {
  const words = useDeskWords().snippets;
  const plain = useWords();
  return (
    <div class={css.card} data-testid={props.testId}>
      {props.all.map((one) => (
        <div key={props.keyOf(one)} class={css.snippet}>
          <code>/{one.name}</code>
          <p>{one.text}</p>
          <button
            type="button"
            class={control.icon}
            aria-label={`${plain.actions.edit}: ${one.name}`}
            onClick={() => props.edit(one)}
          >
            <AnyIcon name="edit" size={18} />
          </button>
          <button
            type="button"
            class={control.icon}
            aria-label={words.remove(one.name)}
            onClick={() => props.remove(one)}
          >
            <AnyIcon name="trash" size={18} />
          </button>
        </div>
      ))}
    </div>
  );
}

/** What is typed after the slash, and what it stands for; `children` are further fields. */
export function SnippetForm(props: {
  draft: Snippet;
  change: (to: Partial<Snippet>) => void;
  /** Whether another one has the name, where that is known here. */
  taken?: boolean;
  save: (name: string, text: string) => void;
  close: () => void;
  children?: ComponentChildren;
}) {
  const { draft, change, taken } = props;
  const { name, text } = draft;
  const words = useDeskWords().snippets;
  // A composition goes through signs that the finished word has not.
  const [isComposing, setComposing] = useState(false);
  const isWrong = taken === true || (name !== "" && !isComposing && !isSnippetName(name));
  const right = isSnippetName(name) && taken !== true && text.trim() !== "";
  return (
    <form
      class={`${css.card} ${css.form}`}
      onSubmit={(event) => {
        event.preventDefault();
        if (right) props.save(name, text.trim());
      }}
    >
      <label class={control.field}>
        {words.name}
        <input
          class={control.input}
          value={name}
          maxLength={snippetLimits.nameChars}
          autocapitalize="none"
          spellcheck={false}
          aria-invalid={isWrong}
          onCompositionStart={() => setComposing(true)}
          onCompositionEnd={() => setComposing(false)}
          onInput={(event) => change({ name: event.currentTarget.value })}
        />
        {isWrong ? (
          <span class={control.problem} role="alert">
            {taken ? words.taken : words.nameHint}
          </span>
        ) : (
          <span class={css.hint}>{words.nameHint}</span>
        )}
      </label>
      <label class={control.field}>
        {words.text}
        <textarea
          class={`${control.input} ${css.area}`}
          value={text}
          maxLength={snippetLimits.textChars}
          onInput={(event) => change({ text: event.currentTarget.value })}
        />
        <span class={css.hint}>{words.textHint}</span>
      </label>
      {props.children}
      <FormEnd disabled={!right} close={props.close} />
    </form>
  );
}
