import { type AccountId, type HistoryMode, historyModes, limits, type StreamId } from "@aftercare/sdk";
import {
  control,
  Dialog,
  PeoplePicker,
  refusalText,
  useFormat,
  useMe,
  usePeople,
  useUi,
  useWords,
} from "@aftercare/ui";
import { useEffect, useRef, useState } from "preact/hooks";
import { go } from "./route.ts";

/** Sends a command that makes a conversation, and opens it; a refusal stays on the form. */
function useMaking(close: () => void) {
  const ui = useUi();
  const words = useWords();
  const format = useFormat();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const open = useRef(true);
  useEffect(() => {
    return () => {
      open.current = false;
    };
  }, []);
  const make = async (sent: ReturnType<typeof ui.client.send>) => {
    setBusy(true);
    const answer = await sent.done;
    setBusy(false);
    if ("refusal" in answer) {
      ui.client.discard(sent.id);
      setProblem(refusalText(answer.refusal, words, format));
      return;
    }
    // Whoever has closed the window writes elsewhere by now.
    if (!open.current) return;
    const stream: StreamId = answer.ack.conversation ?? answer.ack.stream;
    close();
    go(stream);
  };
  return { make, problem, busy, client: ui.client };
}

export function NewDirect(props: { close: () => void }) {
  const me = useMe();
  const words = useWords();
  const { people, problem } = usePeople();
  const making = useMaking(props.close);
  const start = (account: AccountId) =>
    void making.make(making.client.send("conversation.start-direct", undefined, { account }));
  return (
    <Dialog title={words.console.newDirect} close={props.close}>
      {making.problem && <p class={control.problem}>{making.problem}</p>}
      <PeoplePicker
        people={people}
        problem={problem}
        hide={(account) => account === me?.account}
        pick={({ account }) => !making.busy && start(account)}
      />
    </Dialog>
  );
}

export function NewGroup(props: { close: () => void }) {
  const me = useMe();
  const words = useWords();
  const { people, problem } = usePeople();
  const making = useMaking(props.close);
  const [title, setTitle] = useState("");
  const [history, setHistory] = useState<HistoryMode>("all");
  const [chosen, setChosen] = useState<ReadonlySet<AccountId>>(new Set());
  const toggle = (account: AccountId) => {
    const next = new Set(chosen);
    if (!next.delete(account)) next.add(account);
    setChosen(next);
  };
  const create = () => {
    const body = { title: title.trim(), history, members: [...chosen] };
    void making.make(making.client.send("conversation.create-group", undefined, body));
  };
  return (
    <Dialog
      title={words.console.newGroup}
      close={props.close}
      footer={
        <button type="button" class={control.primary} disabled={title.trim() === "" || making.busy} onClick={create}>
          {words.console.create}
        </button>
      }
    >
      {making.problem && <p class={control.problem}>{making.problem}</p>}
      <label class={control.field}>
        {words.console.groupTitle}
        <input
          class={control.input}
          value={title}
          maxLength={limits.titleChars}
          onInput={(event) => setTitle(event.currentTarget.value)}
        />
      </label>
      <label class={control.field}>
        {words.console.history}
        <select
          class={control.input}
          value={history}
          onChange={(event) => setHistory(event.currentTarget.value as HistoryMode)}
        >
          {historyModes.map((mode) => (
            <option key={mode} value={mode}>
              {mode === "all" ? words.console.historyAll : words.console.historySince}
            </option>
          ))}
        </select>
      </label>
      <div class={control.field}>{words.console.groupMembers}</div>
      <PeoplePicker
        people={people}
        problem={problem}
        chosen={chosen}
        hide={(account) => account === me?.account}
        pick={({ account }) => toggle(account)}
      />
    </Dialog>
  );
}
