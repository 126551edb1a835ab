import { AnyIcon, control, Empty, useFormat, useWords } from "@aftercare/ui";
import { useState } from "preact/hooks";
import { useDesk, useDeskWords } from "../desk.ts";
import { isSnippetName, type Snippet, snippetLimits } from "../snippets.ts";
import css from "./settings.module.css";

/** The answers that one writes often: shown, changed, made and deleted. */
export function SnippetPage() {
  const desk = useDesk();
  const words = useDeskWords().snippets;
  const plain = useWords();
  const format = useFormat();
  const [edited, edit] = useState<Snippet | "new">();
  const all = desk.snippets.value;
  const full = all.length >= snippetLimits.count;
  const put = (before: Snippet | undefined, next: Snippet | undefined) => {
    const rest = all.filter((one) => one !== before);
    desk.snippets.value = next ? [...rest, next].sort((a, b) => (a.name < b.name ? -1 : 1)) : rest;
    edit(undefined);
  };
  return (
    <>
      <p class={css.lead}>{words.lead}</p>
      {full && <p class={control.problem}>{words.full(format.number(snippetLimits.count))}</p>}
      {edited === undefined && !full && (
        <div>
          <button type="button" class={control.primary} onClick={() => edit("new")}>
            <AnyIcon name="plus" size={18} /> {words.add}
          </button>
        </div>
      )}
      {edited !== undefined && (
        <Form
          key={edited === "new" ? "" : edited.name}
          before={edited === "new" ? undefined : edited}
          close={() => edit(undefined)}
          save={put}
        />
      )}
      {all.length === 0 && edited === undefined && <Empty icon="edit" title={words.empty} hint={words.emptyHint} />}
      {all.length > 0 && (
        <div class={css.card}>
          {all.map((one) => (
            <div key={one.name} class={css.snippet}>
              <code>/{one.name}</code>
              <p>{one.text}</p>
              <button
                type="button"
                class={control.icon}
                aria-label={`${plain.actions.edit}: ${one.name}`}
                onClick={() => edit(one)}
              >
                <AnyIcon name="edit" size={18} />
              </button>
              <button
                type="button"
                class={control.icon}
                aria-label={words.remove(one.name)}
                onClick={() => put(one, undefined)}
              >
                <AnyIcon name="trash" size={18} />
              </button>
            </div>
          ))}
        </div>
      )}
    </>
  );
}

function Form(props: {
  before: Snippet | undefined;
  close: () => void;
  save: (before: Snippet | undefined, next: Snippet) => void;
}) {
  const { before } = props;
  const desk = useDesk();
  const words = useDeskWords().snippets;
  const plain = useWords();
  const [name, setName] = useState(before?.name ?? "");
  const [text, setText] = useState(before?.text ?? "");
  const taken = desk.snippets.value.some((one) => one !== before && one.name === name);
  const right = isSnippetName(name) && !taken && text.trim() !== "";
  return (
    <form
      class={`${css.card} ${css.form}`}
      onSubmit={(event) => {
        event.preventDefault();
        if (right) props.save(before, { name, text: text.trim() });
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
          aria-invalid={taken || (name !== "" && !isSnippetName(name))}
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <span class={css.hint} role="status">
          {taken ? words.taken : words.nameHint}
        </span>
      </label>
      <label class={control.field}>
        {words.text}
        <textarea
          class={`${control.input} ${css.area}`}
          value={text}
          maxLength={snippetLimits.textChars}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <span class={css.hint}>{words.textHint}</span>
      </label>
      <div class={css.inline}>
        <button type="submit" class={control.primary} disabled={!right}>
          {plain.common.save}
        </button>
        <button type="button" class={control.button} onClick={props.close}>
          {plain.common.cancel}
        </button>
      </div>
    </form>
  );
}
