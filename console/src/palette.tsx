import { Avatar, composes, Icon, useModal, useWords } from "@aftercare/ui";
import { useEffect, useId, useState } from "preact/hooks";
import { useDesk, useDeskWords } from "./desk.ts";
import { rank } from "./fuzzy.ts";
import { DeskIcon } from "./icons.tsx";
import { keyCaps } from "./keys.ts";
import css from "./palette.module.css";
import { type Entry, type EntryGroup, useEntries } from "./palette-entries.ts";

const mostEntries = 40;
/** Before anything is typed only so many of each kind. */
const fewEntries = 5;
const groups: readonly EntryGroup[] = ["actions", "conversations", "people", "views", "settings", "looks"];

/** Finds conversations, people, views, settings and actions by a few letters. */
export function Palette(props: { close: () => void }) {
  const desk = useDesk();
  const words = useDeskWords();
  const host = useModal();
  const list = useId();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const all = useEntries(desk);
  const shown = pick(all, text);
  const chosen = Math.min(at, Math.max(0, shown.length - 1));
  useEffect(() => {
    host.current?.querySelector(`[id="${list}-${chosen}"]`)?.scrollIntoView({ block: "nearest" });
  }, [chosen, list]);
  const run = (entry: Entry | undefined) => {
    if (!entry) return;
    props.close();
    // The window is gone first: what is opened gets the focus.
    queueMicrotask(entry.run);
  };
  const onKey = (event: KeyboardEvent) => {
    if (composes(event)) return;
    if (event.key === "ArrowDown") setAt((chosen + 1) % Math.max(1, shown.length));
    else if (event.key === "ArrowUp") setAt((chosen + shown.length - 1) % Math.max(1, shown.length));
    else if (event.key === "Enter") run(shown[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click beside the window closes it; Escape does the same
    <dialog
      ref={host}
      class={css.palette}
      aria-label={words.palette.title}
      data-testid="palette"
      onCancel={(event) => {
        event.preventDefault();
        props.close();
      }}
      onClick={(event) => event.target === host.current && props.close()}
    >
      <Field
        list={list}
        text={text}
        chosen={shown.length > 0 ? chosen : undefined}
        type={(value) => {
          setText(value);
          setAt(0);
        }}
        onKey={onKey}
      />
      <Results id={list} shown={shown} chosen={chosen} choose={setAt} run={run} />
      <Foot found={text === "" ? undefined : shown.length} close={props.close} />
    </dialog>
  );
}

function Foot(props: { found: number | undefined; close: () => void }) {
  const words = useDeskWords();
  const plain = useWords();
  return (
    <p class={css.foot}>
      <span class={css.keys}>{words.palette.hint}</span>
      <span role="status" class={css.count}>
        {props.found !== undefined && words.palette.results(props.found)}
      </span>
      <button type="button" class={css.close} onClick={props.close}>
        {plain.common.close}
      </button>
    </p>
  );
}

function Field(props: {
  list: string;
  text: string;
  chosen: number | undefined;
  type: (text: string) => void;
  onKey: (event: KeyboardEvent) => void;
}) {
  const { list, chosen } = props;
  const words = useDeskWords();
  return (
    <div class={css.field}>
      <Icon name="search" />
      <input
        class={css.input}
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={chosen === undefined ? undefined : `${list}-${chosen}`}
        aria-label={words.palette.title}
        aria-autocomplete="list"
        autocomplete="off"
        spellcheck={false}
        maxLength={80}
        placeholder={words.palette.placeholder}
        value={props.text}
        onInput={(event) => props.type(event.currentTarget.value)}
        onKeyDown={props.onKey}
      />
    </div>
  );
}

type Listed = {
  id: string;
  shown: readonly Entry[];
  chosen: number;
  choose: (index: number) => void;
  run: (entry: Entry) => void;
};

function Results(props: Listed) {
  const { id, shown } = props;
  const words = useDeskWords();
  return (
    <div id={id} class={css.list} role="listbox" aria-label={words.palette.title}>
      {groups.map((group) => {
        const some = shown.filter((entry) => entry.group === group);
        if (some.length === 0) return null;
        return (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset has no place inside a listbox; this is its group
          <div key={group} role="group" aria-label={words.palette.groups[group]}>
            <div class={css.heading} aria-hidden="true">
              {words.palette.groups[group]}
            </div>
            {some.map((entry) => (
              <Row key={entry.key} {...props} entry={entry} index={shown.indexOf(entry)} />
            ))}
          </div>
        );
      })}
      {shown.length === 0 && <p class={css.none}>{words.palette.nothing}</p>}
    </div>
  );
}

function Row(props: Listed & { entry: Entry; index: number }) {
  const { entry, index } = props;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the text field, which keeps the focus
    <div
      id={`${props.id}-${index}`}
      class={css.entry}
      role="option"
      tabIndex={-1}
      aria-selected={index === props.chosen}
      onPointerMove={() => props.choose(index)}
      onClick={() => props.run(entry)}
    >
      <span class={css.icon}>
        {entry.face ? (
          <Avatar id={entry.face} name={entry.name ?? entry.label} size={24} />
        ) : (
          <DeskIcon name={entry.icon ?? "bolt"} />
        )}
      </span>
      <span class={css.label}>{entry.label}</span>
      {entry.detail && <span class={css.detail}>{entry.detail}</span>}
      {entry.keys && <kbd class={css.keys}>{keyCaps(entry.keys).join(" ")}</kbd>}
    </div>
  );
}

/** The best first within its kind; kinds stay in their order, so that the list does not jump while one types. */
function pick(all: readonly Entry[], text: string): Entry[] {
  const found =
    text.trim() === ""
      ? groups.flatMap((group) => all.filter((entry) => entry.group === group).slice(0, fewEntries))
      : rank(all, text, ({ label, detail, more }) => [label, more, detail].filter(Boolean).join(" "), mostEntries);
  return groups.flatMap((group) => found.filter((entry) => entry.group === group));
}
