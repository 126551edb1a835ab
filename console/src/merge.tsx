import { type AccountId, type CustomerMerge, mayEverywhere } from "@aftercare/sdk";
import {
  Avatar,
  Confirm,
  control,
  Dialog,
  frontWords,
  onEnter,
  toast,
  useFormat,
  useMe,
  useNow,
  useUi,
  useWords,
} from "@aftercare/ui";
import { useEffect, useState } from "preact/hooks";
import css from "./customer.module.css";
import { DeskIcon } from "./icons.tsx";
import { useAsk, useOwn, useRefusalText } from "./own.ts";
import panel from "./panel.module.css";
import { useCustomerLines } from "./use-customer-lines.ts";

type Person = { account: AccountId; name: string };

/** Records that became part of this one, the way back, and the way to merge another. */
export function Merges(props: { person: Person }) {
  const me = useMe();
  if (!me || !mayEverywhere(me, "customer.merge")) return null;
  return <MergesOf {...props} />;
}

function MergesOf(props: { person: Person }) {
  const { person } = props;
  const plain = useWords();
  const words = frontWords[plain.locale].customer;
  const found = useOwn<{ merges: CustomerMerge[] }>(`/v1/customers/${person.account}/merges`);
  const [merging, setMerging] = useState(false);
  const merges = found.value?.merges ?? [];
  return (
    <section class={panel.part}>
      <h3>{words.merges}</h3>
      {found.problem !== undefined && <p class={control.problem}>{found.problem}</p>}
      {merges.length > 0 && (
        <ul class={css.list} data-testid="merges">
          {merges.map((merge) => (
            <MergeLine key={merge.id} merge={merge} reload={found.load} />
          ))}
        </ul>
      )}
      <button type="button" class={panel.action} onClick={() => setMerging(true)}>
        <DeskIcon name="merge" /> {words.merge}
      </button>
      {merging && (
        <MergeDialog
          person={person}
          close={() => setMerging(false)}
          merged={() => {
            setMerging(false);
            void found.load();
          }}
        />
      )}
    </section>
  );
}

function MergeLine(props: { merge: CustomerMerge; reload: () => Promise<void> }) {
  const { merge } = props;
  const ui = useUi();
  const words = frontWords[useWords().locale].customer;
  const format = useFormat();
  const now = useNow();
  const ask = useAsk();
  const textOf = useRefusalText();
  const [sure, setSure] = useState(false);
  const undo = async () => {
    const said = await ask(`/v1/customers/${merge.survivor}/merges/${merge.id}/undo`, {});
    toast(ui, "refusal" in said ? textOf(said.refusal) : words.undone);
    await props.reload();
  };
  return (
    <li class={css.merge}>
      <b>{merge.kind === "claim" ? words.claim : words.byStaff}</b>
      <span>{words.mergeLine(merge.conversations, format.dateTime(merge.at, now))}</span>
      {merge.undoneAt === undefined ? (
        <button type="button" class={`${control.button} ${control.small}`} onClick={() => setSure(true)}>
          {words.undoMerge}
        </button>
      ) : (
        <span>{words.wasUndone(format.dateTime(merge.undoneAt, now))}</span>
      )}
      {sure && (
        <Confirm
          title={words.undoMerge}
          text={words.undoSure}
          yes={words.undoMerge}
          close={() => setSure(false)}
          run={() => void undo()}
        />
      )}
    </li>
  );
}

const settleMs = 250;

/** Another record is looked for by name, and before anything is done one reads what will happen. */
function MergeDialog(props: { person: Person; close: () => void; merged: () => void }) {
  const { person } = props;
  const ui = useUi();
  const words = frontWords[useWords().locale].customer;
  const ask = useAsk();
  const textOf = useRefusalText();
  const [other, setOther] = useState<Person>();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const merge = async () => {
    if (!other) return;
    setBusy(true);
    const said = await ask(`/v1/customers/${person.account}/merge`, { other: other.account });
    setBusy(false);
    if ("refusal" in said) return setProblem(textOf(said.refusal));
    toast(ui, words.merged);
    props.merged();
  };
  return (
    <Dialog
      title={words.merge}
      close={props.close}
      footer={
        other && (
          <>
            <button type="button" class={control.button} onClick={() => setOther(undefined)}>
              {words.back}
            </button>
            <button type="button" class={control.primary} disabled={busy} onClick={() => void merge()}>
              {words.mergeNow}
            </button>
          </>
        )
      }
    >
      {problem !== undefined && (
        <p role="alert" class={control.problem}>
          {problem}
        </p>
      )}
      {other ? (
        <div class={css.preview} data-testid="merge-preview">
          <p class={css.two}>
            <span>
              <Avatar id={other.account} name={other.name} size={44} /> <b>{other.name}</b>
            </span>
            <span>
              <span aria-hidden="true">→</span>
              <Avatar id={person.account} name={person.name} size={44} /> <b>{person.name}</b>
            </span>
          </p>
          <h3>{words.preview}</h3>
          <ul>
            <li>{words.stays(person.name)}</li>
            <li>{words.moves(other.name)}</li>
            <li>{words.signedOut(other.name)}</li>
            <li>{words.canUndo}</li>
          </ul>
        </div>
      ) : (
        <FindPerson not={person.account} pick={setOther} />
      )}
    </Dialog>
  );
}

function FindPerson(props: { not: AccountId; pick: (person: Person) => void }) {
  const plain = useWords();
  const words = frontWords[plain.locale].customer;
  const [text, setText] = useState("");
  const [query, setQuery] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setQuery(text.trim()), settleMs);
    return () => clearTimeout(timer);
  }, [text]);
  const { lines, loading } = useCustomerLines(query);
  const people = new Map<AccountId, Person & { count: number }>();
  for (const { customer } of lines)
    if (customer && customer.account !== props.not && customer.name.toLowerCase().includes(query.toLowerCase()))
      people.set(customer.account, {
        ...customer,
        count: (people.get(customer.account)?.count ?? 0) + 1,
      });
  const pickFirst = () => {
    const [first] = people.values();
    if (text.trim() !== query) setQuery(text.trim());
    else if (query && !loading && first) props.pick(first);
  };
  return (
    <div class={css.find}>
      <p>{words.mergeLead}</p>
      <label class={control.field}>
        {words.search}
        <input
          class={control.input}
          type="search"
          maxLength={60}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={onEnter(pickFirst)}
        />
      </label>
      <p role="status" class={css.quiet}>
        {query !== "" && (loading ? plain.common.loading : people.size === 0 ? words.noMatch : "")}
      </p>
      <ul class={css.list}>
        {[...people.values()].map((one) => (
          <li key={one.account}>
            <button
              type="button"
              class={panel.action}
              aria-label={words.choose(one.name)}
              onClick={() => props.pick(one)}
            >
              <Avatar id={one.account} name={one.name} size={36} />
              <span class={css.person}>
                <b>{one.name}</b>
                <span>{words.conversations(one.count)}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
