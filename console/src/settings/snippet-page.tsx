import { control, Empty, useFormat } from "@aftercare/ui";
import { useState } from "preact/hooks";
import { useDesk, useDeskWords } from "../desk.ts";
import { type Snippet, snippetLimits } from "../snippets.ts";
import css from "./settings.module.css";
import { AddSnippet, SnippetForm, SnippetRows } from "./snippet-parts.tsx";

/** The answers that one writes often: shown, changed, made and deleted. */
export function SnippetPage() {
  const desk = useDesk();
  const words = useDeskWords().snippets;
  const format = useFormat();
  const [edited, edit] = useState<Snippet | "new">();
  const all = desk.snippets.value;
  const full = all.length >= snippetLimits.count;
  const put = (before: Snippet | undefined, next: Snippet | undefined) => {
    // By its name: another tab or device may have sent the same ones anew since the form was opened.
    const rest = all.filter((one) => one.name !== before?.name);
    desk.snippets.value = next ? [...rest, next].sort((a, b) => (a.name < b.name ? -1 : 1)) : rest;
    edit(undefined);
  };
  return (
    <>
      <p class={css.lead}>{words.lead}</p>
      {full && <p class={control.problem}>{words.full(format.number(snippetLimits.count))}</p>}
      {edited === undefined && !full && <AddSnippet add={() => edit("new")} />}
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
        <SnippetRows all={all} keyOf={({ name }) => name} edit={edit} remove={(one) => put(one, undefined)} />
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
  const [draft, setDraft] = useState<Snippet>(before ?? { name: "", text: "" });
  const taken = desk.snippets.value.some(({ name }) => name !== before?.name && name === draft.name);
  return (
    <SnippetForm
      draft={draft}
      change={(to) => setDraft({ ...draft, ...to })}
      taken={taken}
      save={(name, text) => props.save(before, { name, text })}
      close={props.close}
    />
  );
}
