import type { StreamId } from "@aftercare/sdk";
import {
  Avatar,
  control,
  Dialog,
  PeoplePicker,
  runCommand,
  toast,
  useMe,
  useObservable,
  usePeople,
  useTalk,
  useUi,
} from "@aftercare/ui";
import { useState } from "preact/hooks";
import { isIn, mayJoin } from "./acts.ts";
import css from "./assign.module.css";
import { useDesk, useDeskWords } from "./desk.ts";
import { deskRoute } from "./route.ts";

/** Who answers a conversation: the one that was asked about, else the open one. */
export function Assign(props: { close: () => void }) {
  const desk = useDesk();
  const stream = desk.subject.value ?? deskRoute().stream;
  return stream === undefined ? null : <Choice stream={stream} close={props.close} />;
}

/** Oneself first, then a colleague, or nobody. Who is not in it yet comes in by this. */
function Choice(props: { stream: StreamId; close: () => void }) {
  const { stream, close } = props;
  const desk = useDesk();
  const ui = useUi();
  const me = useMe();
  const words = useDeskWords().act;
  const { people, problem } = usePeople();
  const { state } = useObservable(useTalk(stream).handle.view);
  // As it was when the window opened: what was chosen is shown before the window closes.
  const [assignee] = useState(() =>
    state ? state.meta.assignee : desk.lines.value.find((one) => one.stream === stream)?.assignee?.account,
  );
  if (!me) return null;
  const inside = (account: string) => Number(state?.members[account] !== undefined);
  const sorted = people && [...people].sort((a, b) => inside(b.account) - inside(a.account));
  const assign = async (account: string | null, name?: string) => {
    if (!(await runCommand(ui, "conversation.assign", stream, { account }))) return;
    close();
    // Where the conversation is not on screen, nothing else says that it was done.
    if (deskRoute().stream !== stream) toast(ui, name === undefined ? words.nobody : words.assigned(name));
  };
  return (
    <Dialog title={words.assign} close={close}>
      <div class={css.first}>
        {assignee !== me.account && (isIn(ui, stream) || mayJoin(ui)) && (
          <button type="button" class={control.primary} onClick={() => void assign(me.account, me.name)}>
            <Avatar id={me.account} name={me.name} size={22} /> {words.assignMe}
          </button>
        )}
        {assignee !== undefined && (
          <button type="button" class={control.button} onClick={() => void assign(null)}>
            {words.unassign}
          </button>
        )}
      </div>
      <div class={control.field}>{words.assignTo}</div>
      <PeoplePicker
        people={sorted}
        problem={problem}
        hide={(account) => account === assignee || account === me.account}
        pick={({ account, name }) => void assign(account, name)}
      />
    </Dialog>
  );
}
