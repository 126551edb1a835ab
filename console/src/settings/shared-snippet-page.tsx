import type { Refusal, SharedSnippet, SharedSnippets } from "@aftercare/sdk";
import { control, Empty, languageNames, locales } from "@aftercare/ui";
import { useState } from "preact/hooks";
import { useDesk, useDeskWords } from "../desk.ts";
import { snippetLimits } from "../snippets.ts";
import { useChange, useLoaded, Waiting } from "./admin.tsx";
import css from "./settings.module.css";
import { AddSnippet, SnippetForm, SnippetRows } from "./snippet-parts.tsx";

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
    const isSaved = await change(put(wanted), before ? { ...told, undo: put(wantedOf(before)) } : told);
    // Another form may be open by then.
    if (isSaved) edit((now) => (now === (before ?? "new") ? undefined : now));
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
        <AddSnippet add={() => edit("new")} />
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
      {value.snippets.length > 0 && (
        <SnippetRows all={value.snippets} keyOf={({ id }) => id} edit={edit} remove={remove} testId="shared-snippets" />
      )}
    </>
  );
}

function Form(props: {
  before: SharedSnippet | undefined;
  close: () => void;
  save: (before: SharedSnippet | undefined, wanted: Wanted) => void;
}) {
  const { before } = props;
  const words = useDeskWords().snippets;
  const [draft, setDraft] = useState({ name: before?.name ?? "", text: before?.text ?? "" });
  const [texts, setTexts] = useState<Wanted["texts"]>(before?.texts ?? {});
  const given = () => Object.fromEntries(Object.entries(texts).filter(([, one]) => one?.trim()));
  return (
    <SnippetForm
      draft={draft}
      change={(to) => setDraft({ ...draft, ...to })}
      save={(name, text) => props.save(before, { name, text, texts: given() })}
      close={props.close}
    >
      {locales.map((locale) => (
        <label key={locale} class={control.field}>
          {words.textIn(languageNames[locale])}
          <textarea
            class={`${control.input} ${css.area}`}
            lang={locale}
            value={texts[locale] ?? ""}
            maxLength={snippetLimits.textChars}
            onInput={(event) => setTexts({ ...texts, [locale]: event.currentTarget.value })}
          />
        </label>
      ))}
    </SnippetForm>
  );
}
