import type { AccountId } from "@aftercare/protocol";
import { useEffect, useState } from "preact/hooks";
import { Avatar } from "./avatar.tsx";
import { refusalText, useFormat, useUi, useWords } from "./context.tsx";
import control from "./control.module.css";
import { onEnter } from "./enter.ts";
import css from "./people.module.css";

type Person = { account: AccountId; name: string };

/** Colleagues one may add, invite or write to. */
export function usePeople(): { people: readonly Person[] | undefined; problem: string | undefined } {
  const { client } = useUi();
  const words = useWords();
  const format = useFormat();
  const [people, setPeople] = useState<readonly Person[]>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    let open = true;
    void client.read({ type: "people" }).then((answer) => {
      if (!open) return;
      if ("refusal" in answer) setProblem(refusalText(answer.refusal, words, format));
      else setPeople(answer.people);
    });
    return () => {
      open = false;
    };
  }, [client, words, format]);
  return { people, problem };
}

/** A list to choose people from: one by a click, or several by checking them. */
export function PeoplePicker(props: {
  people: readonly Person[] | undefined;
  problem?: string | undefined;
  hide: (account: AccountId) => boolean;
  chosen?: ReadonlySet<AccountId>;
  pick: (person: Person) => void;
}) {
  const { people, chosen } = props;
  const words = useWords();
  const [filter, setFilter] = useState("");
  if (props.problem !== undefined) return <p class={control.problem}>{props.problem}</p>;
  const shown = (people ?? []).filter(
    ({ account, name }) => !props.hide(account) && name.toLowerCase().includes(filter.trim().toLowerCase()),
  );
  const pickFirst = () => {
    const [first] = shown;
    if (!first || !filter.trim()) return;
    props.pick(first);
    setFilter("");
  };
  // The field is there before the people: a name can be typed as soon as the window is open.
  return (
    <div class={css.picker}>
      <input
        class={control.input}
        type="search"
        value={filter}
        placeholder={words.members.search}
        aria-label={words.members.search}
        onInput={(event) => setFilter(event.currentTarget.value)}
        onKeyDown={onEnter(pickFirst)}
      />
      {!people && <span class={control.spinner} role="status" aria-label={words.common.loading} />}
      {people && shown.length === 0 && <p class={css.none}>{filter ? words.console.noPeople : words.members.nobody}</p>}
      <ul class={css.people}>
        {shown.map((person) => (
          <li key={person.account}>
            <button
              type="button"
              class={css.person}
              aria-pressed={chosen ? chosen.has(person.account) : undefined}
              onClick={() => props.pick(person)}
            >
              <Avatar id={person.account} name={person.name} size={36} />
              <span>{person.name}</span>
              {chosen && <span class={css.box} data-on={chosen.has(person.account)} />}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
