import { limits, type Refusal, type SharedSnippet, type SharedSnippets } from "@aftercare/sdk";
import { AnyIcon, control, Empty, languageNames, locales, useWords } from "@aftercare/ui";
import { useState } from "preact/hooks";
import { useDesk, useDeskWords } from "../desk.ts";
import { isSnippetName } from "../snippets.ts";
import { useChange, useLoaded, Waiting } from "./admin.tsx";
import css from "./settings.module.css";

type Wanted = Omit<SharedSnippet, "id">;
const wantedOf = ({ name, text, texts }: Wanted): Wanted => ({ name, text, texts });

/** The replies that all staff share: shown, changed, made and deleted, each with its way back. */
export function SharedSnippetPage() {
  const words = useDeskWords().snippets;
  const { access } = useDesk();
  const change = useChange();
  const { value, problem, reload } = useLoaded<SharedSnippets>((ask) => ask("/v1/snippets"));
  const [edited, edit] = useState<SharedSnippet | "new">();
  if (!value) return <Waiting problem={problem} retry={() => void reload()} />;
  const path = (id: string) => `/v1/snippets/${id}`;
  const why = ({ code, path: at }: Refusal) => (code === "in-use" && at === "name" ? words.taken : undefined);
  const write = async (before: SharedSnippet | undefined, wanted: Wanted) => {
    const put = (body: Wanted) => () =>
      before
        ? access.own<SharedSnippet>(path(before.id), body, "PUT")
        : access.own<SharedSnippet>("/v1/snippets", body);
    const told = { done: words.saved(wanted.name), show: () => reload(), why };
    if (await change(put(wanted), before ? { ...told, undo: put(wantedOf(before)) } : told)) edit(undefined);
  };
  const remove = (one: SharedSnippet) =>
    void change(() => access.own(path(one.id), {}, "DELETE"), {
      done: words.removed(one.name),
      undo: () => access.own("/v1/snippets", wantedOf(one)),
      show: () => reload(),
    });
  return (
    <>
      <p class={css.lead}>{words.sharedLead}</p>
      {edited === undefined ? (
        <div>
          <button type="button" class={control.primary} onClick={() => edit("new")}>
            <AnyIcon name="plus" size={18} /> {words.add}
          </button>
        </div>
      ) : (
        <Form
          key={edited === "new" ? "" : edited.id}
          before={edited === "new" ? undefined : edited}
          close={() => edit(undefined)}
          save={(before, wanted) => void write(before, wanted)}
        />
      )}
      {value.snippets.length === 0 && edited === undefined && (
        <Empty icon="edit" title={words.empty} hint={words.sharedEmptyHint} />
      )}
      {value.snippets.length > 0 && <Rows all={value.snippets} edit={edit} remove={remove} />}
    </>
  );
}

function Rows(props: {
  all: readonly SharedSnippet[];
  edit: (one: SharedSnippet) => void;
  remove: (one: SharedSnippet) => void;
}) {
  const words = useDeskWords().snippets;
  const plain = useWords();
  return (
    <div class={css.card} data-testid="shared-snippets">
      {props.all.map((one) => (
        <div key={one.id} class={css.snippet}>
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

function Form(props: {
  before: SharedSnippet | undefined;
  close: () => void;
  save: (before: SharedSnippet | undefined, wanted: Wanted) => void;
}) {
  const { before } = props;
  const words = useDeskWords().snippets;
  const plain = useWords();
  const [name, setName] = useState(before?.name ?? "");
  const [text, setText] = useState(before?.text ?? "");
  const [texts, setTexts] = useState<Wanted["texts"]>(before?.texts ?? {});
  const right = isSnippetName(name) && text.trim() !== "";
  const given = () => Object.fromEntries(Object.entries(texts).filter(([, one]) => one?.trim()));
  return (
    <form
      class={`${css.card} ${css.form}`}
      onSubmit={(event) => {
        event.preventDefault();
        if (right) props.save(before, { name, text: text.trim(), texts: given() });
      }}
    >
      <label class={control.field}>
        {words.name}
        <input
          class={control.input}
          value={name}
          maxLength={limits.snippetNameChars}
          autocapitalize="none"
          spellcheck={false}
          aria-invalid={name !== "" && !isSnippetName(name)}
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <span class={css.hint}>{words.nameHint}</span>
      </label>
      <label class={control.field}>
        {words.text}
        <textarea
          class={`${control.input} ${css.area}`}
          value={text}
          maxLength={limits.snippetChars}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <span class={css.hint}>{words.textHint}</span>
      </label>
      {locales.map((locale) => (
        <label key={locale} class={control.field}>
          {words.textIn(languageNames[locale])}
          <textarea
            class={`${control.input} ${css.area}`}
            lang={locale}
            value={texts[locale] ?? ""}
            maxLength={limits.snippetChars}
            onInput={(event) => setTexts({ ...texts, [locale]: event.currentTarget.value })}
          />
        </label>
      ))}
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
