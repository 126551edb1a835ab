import { type ConversationState, isGuestName, type SharedSnippet, type Workspace } from "@aftercare/sdk";
import {
  Avatar,
  type ComposerField,
  composes,
  type Locale,
  languageNames,
  locales,
  useMe,
  useWords,
} from "@aftercare/ui";
import { useEffect, useId, useLayoutEffect, useMemo, useState } from "preact/hooks";
import css from "./assist.module.css";
import { useDesk, useDeskWords } from "./desk.ts";
import { rank } from "./fuzzy.ts";
import { DeskIcon } from "./icons.tsx";
import { useOwn } from "./own.ts";
import { shopOf } from "./shops.ts";
import { fillSnippet, type SnippetFacts, wordAt } from "./snippets.ts";

/** `mark`: whose it is or in which language, where that is to be told. */
type Choice = { key: string; label: string; mark?: string; detail: string; text: string };
const mostChoices = 6;

/**
 * Above the text: the snippets after a slash, the members after an @. Arrows choose, Enter or Tab takes, Escape hides.
 * `about`: the conversation that the notes are on, where one writes notes.
 */
export function Assist(props: {
  field: ComposerField;
  state: ConversationState | undefined;
  about?: ConversationState | undefined;
}) {
  const { text, input } = props.field;
  const words = useDeskWords();
  const list = useId();
  const [caret, setCaret] = useState(0);
  const [hidden, hide] = useState<string>();
  const [at, setAt] = useState(0);
  useEffect(() => {
    const area = input.current;
    if (!area) return;
    const look = () => setCaret(area.selectionStart);
    look();
    for (const name of ["input", "keyup", "click", "focus"] as const) area.addEventListener(name, look);
    return () => {
      for (const name of ["input", "keyup", "click", "focus"] as const) area.removeEventListener(name, look);
    };
  }, [input]);
  const found = wordAt(text, Math.min(caret, text.length));
  const open = found && hidden !== `${found.sign}${found.from}` ? found : undefined;
  const choices = useChoices(open, props.state, useFacts(open?.sign === "/", props.about ?? props.state));
  const chosen = Math.min(at, Math.max(0, choices.length - 1));
  useEffect(() => setAt(0), [open?.word, open?.sign]);
  const take = (choice: Choice) => {
    if (!open) return;
    const after = text.slice(open.from + open.word.length + 1);
    const next = `${text.slice(0, open.from)}${choice.text}${after}`;
    const place = open.from + choice.text.length;
    const area = input.current;
    if (area) {
      // At once, and not with the next frame: the next letter is on its way.
      area.value = next;
      area.focus();
      area.setSelectionRange(place, place);
    }
    setCaret(place);
    props.field.set(next);
  };
  useKeys(props.field, open && choices.length > 0, (key) => {
    const choice = choices[chosen];
    if (key === "ArrowDown") setAt((chosen + 1) % choices.length);
    else if (key === "ArrowUp") setAt((chosen + choices.length - 1) % choices.length);
    else if (key === "Escape") hide(open && `${open.sign}${open.from}`);
    else if (choice) take(choice);
  });
  useDescribed(props.field, list, open !== undefined && choices.length > 0, chosen);
  if (!open || (choices.length === 0 && open.word === "")) return null;
  const title = open.sign === "/" ? words.snippets.pick : words.mentions.pick;
  if (choices.length === 0)
    return open.sign === "/" ? (
      <p class={css.none} role="status">
        {words.snippets.noMatch}
      </p>
    ) : null;
  return <Choices id={list} title={title} sign={open.sign} choices={choices} chosen={chosen} take={take} />;
}

function Choices(props: {
  id: string;
  title: string;
  sign: "/" | "@";
  choices: readonly Choice[];
  chosen: number;
  take: (choice: Choice) => void;
}) {
  const { id, chosen } = props;
  return (
    <div class={css.box}>
      <div id={id} class={css.list} role="listbox" aria-label={props.title}>
        {props.choices.map((choice, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the text field, which keeps the focus
          <div
            key={choice.key}
            id={`${id}-${index}`}
            class={css.choice}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => props.take(choice)}
          >
            {props.sign === "@" ? (
              <Avatar id={choice.key} name={choice.label} size={24} />
            ) : (
              <DeskIcon name="bolt" size={16} />
            )}
            <b>{choice.label}</b>
            {choice.mark !== undefined && <small>{choice.mark}</small>}
            <span>{choice.detail}</span>
          </div>
        ))}
      </div>
    </div>
  );
}

/** The names that are filled into a snippet. A conversation of no shop speaks for the workspace. */
function useFacts(wanted: boolean, state: ConversationState | undefined): SnippetFacts {
  const { shops } = useDesk();
  const me = useMe();
  const shop = state && shopOf(shops.value, state.meta)?.name;
  const isNamed = !wanted || !shops.value || shop !== undefined;
  const { value: workspace } = useOwn<Workspace>(isNamed ? undefined : "/v1/workspace");
  const customer = state?.members[state.meta.customer ?? ""]?.name ?? "";
  return {
    customer: isGuestName(customer) ? "" : customer,
    agent: me?.name ?? "",
    shop: shop ?? workspace?.name ?? "",
  };
}

function useChoices(
  open: ReturnType<typeof wordAt>,
  state: ConversationState | undefined,
  facts: SnippetFacts,
): Choice[] {
  const desk = useDesk();
  const me = useMe();
  const words = useWords();
  const { snippets: said } = useDeskWords();
  const own = desk.snippets.value;
  const shared = desk.shared.value;
  return useMemo(() => {
    if (!open) return [];
    const members = Object.values(state?.members ?? {});
    if (open.sign === "@")
      return rank(
        members.filter(({ account }) => account !== me?.account),
        open.word,
        ({ name }) => name,
        mostChoices,
      ).map(({ account, name, role }) => ({
        key: account,
        label: name,
        detail: words.members.roles[role],
        text: `@${name} `,
      }));
    const all = [...own.map((one) => ({ ...one, key: one.name })), ...sharedTexts(shared, words.locale, said.shared)];
    return rank(all, open.word, ({ name, text }) => `${name} ${text}`, mostChoices).map(({ name, text, ...rest }) => {
      const filled = fillSnippet(text, facts);
      return { ...rest, label: `/${name}`, detail: filled.replace(/\s+/g, " "), text: filled };
    });
  }, [open?.sign, open?.word, state, own, shared, said, me, words, ...Object.values(facts)]);
}

/** The shared ones in the reader's language first, then in the others that they are written in: the customer may speak another. */
function sharedTexts(shared: readonly SharedSnippet[], mine: Locale, mark: string) {
  return shared.flatMap(({ id, name, text, texts }) => [
    { key: id, name, text: texts[mine] ?? text, mark },
    ...locales.flatMap((one) => {
      const other = texts[one];
      const title = `${mark} · ${languageNames[one]}`;
      return one === mine || other === undefined ? [] : [{ key: `${id} ${one}`, name, text: other, mark: title }];
    }),
  ]);
}

const taken = new Set(["ArrowDown", "ArrowUp", "Enter", "Tab", "Escape"]);

/** The keys of the open list, before the text field sees them; never while an input method composes. */
function useKeys(field: ComposerField, open: boolean | undefined, act: (key: string) => void): void {
  useLayoutEffect(() => {
    const area = field.input.current;
    if (!open || !area) return;
    const onKey = (event: KeyboardEvent) => {
      if (composes(event) || !taken.has(event.key)) return;
      if (event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      act(event.key);
    };
    area.addEventListener("keydown", onKey, true);
    return () => area.removeEventListener("keydown", onKey, true);
  });
}

/** Tells screen readers of the list that belongs to the text field, and which choice it is at. */
function useDescribed(field: ComposerField, list: string, open: boolean, chosen: number): void {
  useLayoutEffect(() => {
    const area = field.input.current;
    if (!area) return;
    area.setAttribute("aria-autocomplete", "list");
    if (open) {
      area.setAttribute("aria-controls", list);
      area.setAttribute("aria-activedescendant", `${list}-${chosen}`);
    } else {
      area.removeAttribute("aria-controls");
      area.removeAttribute("aria-activedescendant");
    }
  }, [field.input, list, open, chosen]);
}
