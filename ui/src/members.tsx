import type { AccountId, Member, StreamId } from "@aftercare/protocol";
import { type ConversationState, can, outranks, type StreamView } from "@aftercare/sdk";
import { useState } from "preact/hooks";
import { Avatar } from "./avatar.tsx";
import { runCommand, useCommand } from "./command.ts";
import { type Ui, useFormat, useMe, useUi, useWords } from "./context.tsx";
import control from "./control.module.css";
import { Confirm, Dialog } from "./dialog.tsx";
import { type MenuItem, openMenu } from "./menu.tsx";
import { AnyIcon } from "./more-icons.tsx";
import { useNow } from "./now.ts";
import css from "./people.module.css";
import { PeoplePicker, usePeople } from "./people.tsx";

const hourMs = 3_600_000;

/** A question that stands open before something that cannot be taken back. */
type Asked = { text: string; yes: string; run: () => void };

/** Who is in the conversation, and what may be done about it. */
export function Members(props: { stream: StreamId; view: StreamView; state: ConversationState; onLeft?: () => void }) {
  const { stream, state, view } = props;
  const ui = useUi();
  const me = useMe();
  const words = useWords();
  const [adding, setAdding] = useState(false);
  const [asked, ask] = useState<Asked>();
  const own = me && state.members[me.account];
  const present = new Set(view.present);
  const sorted = Object.values(state.members).sort((a, b) => order(a, me?.account) - order(b, me?.account));
  const leave = async () => {
    if (await runCommand(ui, "member.leave", stream, {})) props.onLeft?.();
  };
  return (
    <section aria-label={words.members.title}>
      <ul class={css.people} style={{ maxHeight: "none" }}>
        {sorted.map((member) => (
          <MemberRow
            key={member.account}
            member={member}
            online={present.has(member.account) || member.account === me?.account}
            self={member.account === me?.account}
            items={own ? manageItems(ui, stream, state, own, member, ask) : []}
          />
        ))}
      </ul>
      {own && can(state.meta.kind, own.role, "add") && (
        <button type="button" class={css.person} onClick={() => setAdding(true)}>
          <AnyIcon name="plus" /> {words.members.add}
        </button>
      )}
      {own && can(state.meta.kind, own.role, "leave") && (
        <button
          type="button"
          class={css.person}
          onClick={() => ask({ text: words.members.leaveSure, yes: words.members.leave, run: () => void leave() })}
        >
          <AnyIcon name="out" /> {words.members.leave}
        </button>
      )}
      {adding && <AddMember stream={stream} state={state} close={() => setAdding(false)} />}
      {asked && (
        <Confirm title={asked.yes} text={asked.text} yes={asked.yes} run={asked.run} close={() => ask(undefined)} />
      )}
    </section>
  );
}

const order = (member: Member, me: AccountId | undefined): number =>
  member.account === me ? 0 : { owner: 1, admin: 2, customer: 2, agent: 3, member: 4 }[member.role];

function MemberRow(props: { member: Member; online: boolean; self: boolean; items: MenuItem[] }) {
  const { member } = props;
  const ui = useUi();
  const words = useWords();
  const format = useFormat();
  const now = useNow();
  const muted = member.mutedUntil !== undefined && member.mutedUntil > now;
  const label = words.members.manage(member.name);
  return (
    <li class={css.member}>
      <Avatar id={member.account} name={member.name} size={38} online={props.online} />
      <span class={css.name}>
        <span>
          {member.name}
          {props.self && ` (${words.common.you})`}
        </span>
        <span class={css.detail}>
          {words.members.roles[member.role]}
          {" · "}
          {muted
            ? words.members.mutedUntil(format.dateTime(member.mutedUntil ?? 0, now))
            : props.online
              ? words.presence.online
              : words.presence.offline}
        </span>
      </span>
      {props.items.length > 0 && (
        <button
          type="button"
          class={control.icon}
          aria-haspopup="menu"
          aria-label={label}
          onClick={(event) => openMenu(ui, { label, anchor: event.currentTarget, items: props.items })}
        >
          <AnyIcon name="more" />
        </button>
      )}
    </li>
  );
}

/** What one member may do about another: a higher rank is needed for all of it. */
function manageItems(
  ui: Ui,
  stream: StreamId,
  state: ConversationState,
  own: Member,
  member: Member,
  ask: (asked: Asked) => void,
): MenuItem[] {
  const { kind } = state.meta;
  if (own.account === member.account || !outranks(own.role, member.role)) return [];
  const words = ui.language.words.value.members;
  const now = ui.client.serverNow();
  const { account } = member;
  const items: MenuItem[] = [];
  const mute = (untilAt: number | null) => () => void runCommand(ui, "member.mute", stream, { account, untilAt });
  if (can(kind, own.role, "set-role")) {
    const role = member.role === "admin" ? "member" : "admin";
    const run = () => void runCommand(ui, "member.set-role", stream, { account, role });
    items.push({ kind: "action", icon: "people", label: role === "admin" ? words.makeAdmin : words.makeMember, run });
  }
  if (can(kind, own.role, "mute") && member.mutedUntil !== undefined && member.mutedUntil > now)
    items.push({ kind: "action", icon: "bell", label: words.unmute, run: mute(null) });
  else if (can(kind, own.role, "mute"))
    items.push(
      { kind: "action", icon: "bell", label: words.muteHour, run: mute(now + hourMs) },
      { kind: "action", icon: "bell", label: words.muteDay, run: mute(now + 24 * hourMs) },
      { kind: "action", icon: "bell", label: words.muteWeek, run: mute(now + 168 * hourMs) },
    );
  if (can(kind, own.role, "hand-over")) {
    const run = () => void runCommand(ui, "member.hand-over", stream, { account });
    const asked = { text: words.handOverSure(member.name), yes: words.handOver, run };
    items.push({ kind: "action", icon: "forward", label: words.handOver, run: () => ask(asked) });
  }
  if (can(kind, own.role, "remove")) {
    const run = () => void runCommand(ui, "member.remove", stream, { account });
    const asked = { text: words.removeSure(member.name), yes: words.remove, run };
    items.push({ kind: "action", icon: "trash", label: words.remove, danger: true, run: () => ask(asked) });
  }
  return items;
}

function AddMember(props: { stream: StreamId; state: ConversationState; close: () => void }) {
  const { stream, state, close } = props;
  const words = useWords();
  const run = useCommand();
  const { people, problem } = usePeople();
  const [invite, setInvite] = useState(false);
  const me = useMe();
  const own = me && state.members[me.account];
  const mayInvite = own !== undefined && can(state.meta.kind, own.role, "invite");
  const pick = async (account: AccountId) => {
    if (await run(invite ? "member.invite" : "member.add", stream, { account })) close();
  };
  return (
    <Dialog title={invite ? words.members.invite : words.members.add} close={close}>
      {mayInvite && (
        <button type="button" class={`${control.button} ${control.small}`} onClick={() => setInvite(!invite)}>
          {invite ? words.members.add : words.members.invite}
        </button>
      )}
      <PeoplePicker
        people={people}
        problem={problem}
        hide={(account) => state.members[account] !== undefined}
        pick={({ account }) => void pick(account)}
      />
    </Dialog>
  );
}
