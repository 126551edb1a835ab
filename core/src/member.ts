import {
  type AccountId,
  type By,
  type EventOf,
  inboxOf,
  type Member,
  type Meta,
  notesOf,
  type Seq,
  type StreamId,
} from "@aftercare/protocol";
import { hasRoom, membersFull } from "./conversation.ts";
import type { Actor, Decide, Facts, NewEvent } from "./decide.ts";
import { mayEverywhere } from "./needs.ts";
import { can, outranks, type Permission } from "./permission.ts";
import { refuse } from "./refuse.ts";

/** The events that change one member's row, or make or end it. */
export type MemberEvent =
  | EventOf<"member.joined">
  | EventOf<"member.left">
  | EventOf<"member.removed">
  | EventOf<"member.muted">
  | EventOf<"member.role-set">
  | EventOf<"member.became">
  | EventOf<"member.handed-over">;

/** The members that an event changes: to a new row, or to null for one who is no longer there. */
export function foldMembers(
  find: (account: AccountId) => Member | undefined,
  event: MemberEvent,
): [AccountId, Member | null][] {
  switch (event.type) {
    case "member.joined":
      return [[event.body.member.account, event.body.member]];
    case "member.left":
    case "member.removed":
      return [[event.body.account, null]];
    case "member.muted":
      return changed(find, event.body.account, ({ mutedUntil: _, ...rest }) =>
        event.body.untilAt === null ? rest : { ...rest, mutedUntil: event.body.untilAt },
      );
    case "member.role-set":
      return changed(find, event.body.account, (row) => ({ ...row, role: event.body.role }));
    case "member.became": {
      const { from, member } = event.body;
      return from === member.account
        ? [[from, member]]
        : [
            [from, null],
            [member.account, member],
          ];
    }
    case "member.handed-over":
      return [
        ...changed(find, event.body.from, (row) => ({ ...row, role: "admin" })),
        ...changed(find, event.body.to, (row) => ({ ...row, role: "owner" })),
      ];
    default:
      return event satisfies never;
  }
}

function changed(
  find: (account: AccountId) => Member | undefined,
  account: AccountId,
  change: (row: Member) => Member,
): [AccountId, Member][] {
  const row = find(account);
  return row ? [[account, change(row)]] : [];
}

/** Whether somebody comes by this event: what was said before that is not unread to them. */
export const brings = (event: MemberEvent, account: AccountId): boolean =>
  (event.type === "member.joined" || (event.type === "member.became" && event.body.from !== account)) &&
  event.body.member.account === account;

/** Whether words of `by` are those of this member, under whatever account they were written. */
export const isOwn = (member: Member | undefined, by: By): boolean =>
  member !== undefined && (member.account === by || (member.formerly?.includes(by) ?? false));

/** Under which account its writer is a member now; the one it was written as when there is none. */
export function writerOf(members: Readonly<Record<AccountId, Member>>, by: By): By {
  if (members[by]) return by;
  return Object.values(members).find((member) => isOwn(member, by))?.account ?? by;
}

/** The events that put a person in: in the conversation, in their inbox, and in the notes where they are an agent. */
export function joining(stream: StreamId, person: Actor, facts: Facts): { home: NewEvent; others: NewEvent[] } {
  const row = facts.stream(stream);
  const meta = row?.meta as Meta;
  const role = meta.kind === "support" ? "agent" : "member";
  const fromSeq = (meta.history === "all" ? 1 : (row?.lastSeq ?? 0) + 1) as Seq;
  const member: Member = { account: person.account, name: person.name, role, fromSeq };
  const others: NewEvent[] = [
    { stream: inboxOf(person.account), type: "inbox.joined", body: { stream, kind: meta.kind, role } },
  ];
  if (meta.kind === "support")
    others.push({ stream: notesOf(stream), type: "member.joined", body: { member: { ...member, fromSeq: 1 } } });
  return { home: { stream, type: "member.joined", body: { member } }, others };
}

/** The events that take a person out, everywhere they were put in. */
function leaving(stream: StreamId, type: "member.left" | "member.removed", who: Member, facts: Facts): NewEvent[] {
  const body = { account: who.account, name: who.name };
  const events: NewEvent[] = [
    { stream, type, body },
    { stream: inboxOf(who.account), type: "inbox.left", body: { stream } },
  ];
  const notes = notesOf(stream);
  if (facts.stream(stream)?.meta.kind === "support" && facts.member(notes, who.account))
    events.push({ stream: notes, type, body });
  return events;
}

/** The actor's rights in a conversation, or the refusal. Members are managed in the conversation, never in its notes. */
function actorIn(stream: StreamId, facts: Facts, permission?: Permission) {
  const row = facts.stream(stream);
  const actor = facts.member(stream, facts.actor.account);
  if (!row || !actor) return refuse("not-a-member");
  if (stream.startsWith("n")) return refuse("forbidden");
  if (permission && !can(row.meta.kind, actor.role, permission)) return refuse("forbidden");
  return { row, actor };
}

/** Into a support conversation come staff only: its customer is there from the start. */
const mayEnter = (meta: Meta, person: Actor): boolean => meta.kind === "group" || person.kind === "staff";

export const decideAdd: Decide<"member.add"> = (command, facts) => {
  const { stream, body } = command;
  const found = actorIn(stream, facts, "add");
  if ("refusal" in found) return found;
  const person = facts.account(body.account);
  if (!person || !mayEnter(found.row.meta, person)) return refuse("not-found", { path: "body.account" });
  if (facts.member(stream, body.account)) return refuse("already-a-member");
  if (!hasRoom(found.row.memberCount)) return membersFull();
  const { home, others } = joining(stream, person, facts);
  return { events: [home, ...others, ...endInvitation(stream, body.account, facts)] };
};

export const decideInvite: Decide<"member.invite"> = (command, facts) => {
  const { stream, body } = command;
  const found = actorIn(stream, facts, "invite");
  if ("refusal" in found) return found;
  const { kind, title } = found.row.meta;
  const person = facts.account(body.account);
  if (!person) return refuse("not-found", { path: "body.account" });
  if (facts.member(stream, body.account)) return refuse("already-a-member");
  if (facts.invited(stream, body.account)) return refuse("no-change");
  const invitation = {
    stream,
    kind,
    ...(title !== undefined && { title }),
    by: facts.actor.account,
    byName: facts.actor.name,
  };
  return {
    events: [
      { stream, type: "member.invited", body: { account: body.account, name: person.name } },
      { stream: inboxOf(body.account), type: "inbox.invited", body: invitation },
    ],
  };
};

/** Whether the actor may come in by itself: asked to, serving at its desk, or by right. */
export function mayJoin(stream: StreamId, facts: Facts): boolean {
  const { kind, desk } = facts.stream(stream)?.meta ?? {};
  const { account } = facts.actor;
  const serves = desk !== undefined && facts.member(desk, account) !== undefined;
  const any = kind === "support" && mayEverywhere(facts.actor, "conversation.join-any");
  return facts.invited(stream, account) || serves || any;
}

export const decideJoin: Decide<"member.join"> = (command, facts) => {
  const { stream } = command;
  const row = facts.stream(stream);
  const { account } = facts.actor;
  if (facts.member(stream, account)) return refuse("already-a-member");
  // Somebody who was neither asked nor serves here must not learn whether the conversation exists.
  if (!row || stream.startsWith("n") || !mayJoin(stream, facts)) return refuse("not-invited");
  if (!hasRoom(row.memberCount)) return membersFull();
  const { home, others } = joining(stream, facts.actor, facts);
  return { events: [home, ...others, ...endInvitation(stream, account, facts)] };
};

export function endInvitation(stream: StreamId, account: AccountId, facts: Facts): NewEvent[] {
  if (!facts.invited(stream, account)) return [];
  return [{ stream: inboxOf(account), type: "inbox.invitation-ended", body: { stream } }];
}

export const decideDecline: Decide<"member.decline"> = (command, facts) => {
  const { stream } = command;
  const { account, name } = facts.actor;
  if (!facts.stream(stream) || !facts.invited(stream, account)) return refuse("not-invited");
  return {
    events: [
      { stream, type: "member.declined", body: { account, name } },
      { stream: inboxOf(account), type: "inbox.invitation-ended", body: { stream } },
    ],
  };
};

export const decideLeave: Decide<"member.leave"> = (command, facts) => {
  const { stream } = command;
  const found = actorIn(stream, facts, "leave");
  if ("refusal" in found) return found;
  if (found.actor.role === "owner" && found.row.memberCount > 1) return refuse("owner-must-hand-over");
  return { events: leaving(stream, "member.left", found.actor, facts) };
};

/** Another member whom the actor's permission and rank reach. */
function reach(stream: StreamId, account: AccountId, facts: Facts, permission: Permission) {
  const found = actorIn(stream, facts, permission);
  if ("refusal" in found) return found;
  const other = facts.member(stream, account);
  if (!other) return refuse("not-found", { path: "body.account" });
  if (account === facts.actor.account || !outranks(found.actor.role, other.role)) return refuse("forbidden");
  return { ...found, other };
}

export const decideRemove: Decide<"member.remove"> = (command, facts) => {
  const found = reach(command.stream, command.body.account, facts, "remove");
  if ("refusal" in found) return found;
  return { events: leaving(command.stream, "member.removed", found.other, facts) };
};

export const decideMute: Decide<"member.mute"> = (command, facts) => {
  const { account, untilAt } = command.body;
  const found = reach(command.stream, account, facts, "mute");
  if ("refusal" in found) return found;
  if ((found.other.mutedUntil ?? null) === untilAt) return refuse("no-change");
  return {
    events: [{ stream: command.stream, type: "member.muted", body: { account, name: found.other.name, untilAt } }],
  };
};

export const decideSetRole: Decide<"member.set-role"> = (command, facts) => {
  const { stream, body } = command;
  const found = reach(stream, body.account, facts, "set-role");
  if ("refusal" in found) return found;
  if (found.other.role === body.role) return refuse("no-change");
  const { name } = found.other;
  return {
    events: [
      { stream, type: "member.role-set", body: { account: body.account, name, role: body.role } },
      { stream: inboxOf(body.account), type: "inbox.role-set", body: { stream, role: body.role } },
    ],
  };
};

export const decideHandOver: Decide<"member.hand-over"> = (command, facts) => {
  const { stream, body } = command;
  const found = reach(stream, body.account, facts, "hand-over");
  if ("refusal" in found) return found;
  const from = facts.actor.account;
  return {
    events: [
      { stream, type: "member.handed-over", body: { from, to: body.account, name: found.other.name } },
      { stream: inboxOf(from), type: "inbox.role-set", body: { stream, role: "admin" } },
      { stream: inboxOf(body.account), type: "inbox.role-set", body: { stream, role: "owner" } },
    ],
  };
};
