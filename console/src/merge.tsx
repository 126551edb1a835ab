import { type AccountId, type CustomerMerge, type CustomerProfile, mayEverywhere } from "@aftercare/sdk";
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
import { useEffect, useId, useState } from "preact/hooks";
import css from "./customer.module.css";
import { DeskIcon } from "./icons.tsx";
import { lastText } from "./list.tsx";
import type { ListLine } from "./list-types.ts";
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

function MergeLine(props: { merge: CustomerMerge; reload: () => Promise<unknown> }) {
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
              <Reach account={other.account} />
            </span>
            <span>
              <span aria-hidden="true">→</span>
              <Avatar id={person.account} name={person.name} size={44} /> <b>{person.name}</b>
              <Reach account={person.account} />
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

/** Where one reaches them, as far as one may see it: two of one name are told apart by it. */
function Reach(props: { account: AccountId }) {
  const { value } = useOwn<CustomerProfile>(`/v1/customers/${props.account}`);
  const known = [value?.profile.phone, value?.profile.email].filter(Boolean).join(" · ");
  return known === "" ? null : <span class={css.quiet}>{known}</span>;
}

type Found = Person & { count: number; newest: ListLine };

/** Whom one may choose, with what was said last and when. */
function FoundPerson(props: { one: Found; pick: () => void }) {
  const { one } = props;
  const { last, lastAt } = one.newest;
  const plain = useWords();
  const words = frontWords[plain.locale].customer;
  const format = useFormat();
  const now = useNow();
  const detail = useId();
  return (
    <button
      type="button"
      class={panel.action}
      aria-label={words.choose(one.name)}
      aria-describedby={detail}
      onClick={props.pick}
    >
      <Avatar id={one.account} name={one.name} size={36} />
      <span class={css.person} id={detail}>
        <b>{one.name}</b>
        <span>
          {words.conversations(one.count)} · {format.brief(lastAt, now)}
        </span>
        {last && <span>{lastText(last, plain).slice(0, lastChars)}</span>}
      </span>
    </button>
  );
}

/** Of what was said last, enough to tell by. */
const lastChars = 80;

function FindPerson(props: { not: AccountId; pick: (person: Person) => void }) {
  const plain = useWords();
  const words = frontWords[plain.locale].customer;
  const [text, setText] = useState("");
  const [query, setQuery] = useState("");
  const [isWanted, setWanted] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setQuery(text.trim()), settleMs);
    return () => clearTimeout(timer);
  }, [text]);
  const { lines, loading } = useCustomerLines(query);
  const people = new Map<AccountId, Found>();
  for (const line of lines) {
    const { customer } = line;
    if (!customer || customer.account === props.not || !customer.name.toLowerCase().includes(query.toLowerCase()))
      continue;
    const { count = 0, newest = line } = people.get(customer.account) ?? {};
    people.set(customer.account, { ...customer, count: count + 1, newest });
  }
  const [first] = people.values();
  const isFound = text.trim() === query && !loading;
  // Enter holds until what was typed is looked up: it never takes somebody whom other words found.
  useEffect(() => {
    if (!isWanted || !isFound) return;
    setWanted(false);
    if (first) props.pick(first);
  }, [isWanted, isFound, first, props.pick]);
  const pickFirst = () => {
    setQuery(text.trim());
    setWanted(true);
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
          onInput={(event) => {
            setText(event.currentTarget.value);
            setWanted(false);
          }}
          onKeyDown={onEnter(pickFirst)}
        />
      </label>
      <p role="status" class={css.quiet}>
        {query !== "" && (loading ? plain.common.loading : people.size === 0 ? words.noMatch : "")}
      </p>
      <ul class={css.list}>
        {[...people.values()].map((one) => (
          <li key={one.account}>
            <FoundPerson one={one} pick={() => props.pick(one)} />
          </li>
        ))}
      </ul>
    </div>
  );
}
