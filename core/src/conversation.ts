import {
  type AccountId,
  type EventOf,
  inboxOf,
  limits,
  type Member,
  type Meta,
  notesOf,
  type StreamId,
  SYSTEM,
} from "@aftercare/protocol";
import type { Actor, Decide, Facts, NewEvent } from "./decide.ts";
import { can } from "./permission.ts";
import { full, refuse } from "./refuse.ts";

type MetaEvent =
  | EventOf<"conversation.renamed">
  | EventOf<"conversation.announced">
  | EventOf<"conversation.assigned">
  | EventOf<"conversation.closed">
  | EventOf<"conversation.reopened">
  | EventOf<"member.became">
  | EventOf<"message.pinned">
  | EventOf<"message.unpinned">
  | EventOf<"message.recalled">;

/** The row of a conversation after an event. */
export function foldMeta(meta: Meta, event: MetaEvent): Meta {
  switch (event.type) {
    case "conversation.renamed":
      return { ...meta, title: event.body.title };
    case "conversation.announced": {
      const { announcement: _, ...rest } = meta;
      const { text } = event.body;
      return text === null ? rest : { ...rest, announcement: { text, by: event.by, at: event.at } };
    }
    case "conversation.assigned":
      return assign(meta, event.body.account);
    case "conversation.closed":
      return { ...meta, closed: { by: event.by, at: event.at } };
    case "conversation.reopened": {
      const { closed: _, ...open } = meta;
      return open;
    }
    case "member.became":
      return meta.customer === event.body.from ? { ...meta, customer: event.body.member.account } : meta;
    case "message.pinned":
      return { ...meta, pins: [...meta.pins, event.body.seq] };
    case "message.unpinned":
    case "message.recalled":
      return meta.pins.includes(event.body.seq)
        ? { ...meta, pins: meta.pins.filter((seq) => seq !== event.body.seq) }
        : meta;
    default:
      return event satisfies never;
  }
}

function assign(meta: Meta, account: AccountId | null): Meta {
  const { assignee: _, ...rest } = meta;
  return account === null ? rest : { ...rest, assignee: account };
}

/** The row of a conversation that somebody has left: nobody answers it who cannot read it. */
export const foldLeaving = (meta: Meta, account: AccountId): Meta =>
  meta.assignee === account ? assign(meta, null) : meta;

const member = (actor: Actor, role: Member["role"]): Member => ({
  account: actor.account,
  name: actor.name,
  role,
  fromSeq: 1,
});

/** The inbox lines of everybody in a new conversation; the first is the home of the command. */
function inboxLines(stream: StreamId, kind: Meta["kind"], members: readonly Member[]): NewEvent[] {
  return members.map(({ account, role }) => ({
    stream: inboxOf(account),
    type: "inbox.joined",
    body: { stream, kind, role },
  }));
}

export const decideAsk: Decide<"conversation.ask"> = (command, facts) => {
  const { actor, newConversation: stream } = facts;
  if (actor.kind !== "customer") return refuse("forbidden");
  const desk = facts.desk(command.body.desk ?? command.body.shop);
  if (!desk) return refuse("not-found", { path: "body.desk" });
  const shop = command.body.shop ?? desk.shop;
  const agents = desk.staff.map((one) => member(one, "agent"));
  const members = [member(actor, "customer"), ...agents];
  const meta: Meta = {
    kind: "support",
    ...(command.body.title !== undefined && { title: command.body.title }),
    history: "all",
    createdAt: facts.now,
    desk: desk.id,
    ...(shop !== undefined && { shop }),
    customer: actor.account,
    pins: [],
  };
  const { title: _, ...noteMeta } = meta;
  return {
    conversation: stream,
    events: [
      ...inboxLines(stream, "support", members),
      { stream, type: "conversation.opened", body: { meta, members } },
      { stream: notesOf(stream), type: "conversation.opened", body: { meta: noteMeta, members: agents } },
      {
        stream,
        type: "message.sent",
        by: SYSTEM,
        body: {
          parts: [{ type: "notice", code: "welcome", fallback: "Hello! We answer you right here." }],
        },
      },
      {
        stream: desk.id,
        type: "desk.asked",
        body: { conversation: stream, customer: actor.account, name: actor.name },
      },
    ],
  };
};

export const decideCreateGroup: Decide<"conversation.create-group"> = (command, facts) => {
  const { actor, newConversation: stream } = facts;
  if (actor.kind !== "staff") return refuse("forbidden");
  const others = people(command.body.members, facts);
  if (!others) return refuse("not-found", { path: "body.members" });
  const members = [member(actor, "owner"), ...others.map((one) => member(one, "member"))];
  const { title, history = "all" } = command.body;
  const meta: Meta = { kind: "group", title, history, createdAt: facts.now, pins: [] };
  return {
    conversation: stream,
    events: [...inboxLines(stream, "group", members), { stream, type: "conversation.opened", body: { meta, members } }],
  };
};

/** Everyone named, once, without the actor; undefined when somebody does not exist. */
function people(accounts: readonly AccountId[], facts: Facts): Actor[] | undefined {
  const found: Actor[] = [];
  for (const account of new Set(accounts)) {
    if (account === facts.actor.account) continue;
    const person = facts.account(account);
    if (!person) return undefined;
    found.push(person);
  }
  return found;
}

export const decideStartDirect: Decide<"conversation.start-direct"> = (command, facts) => {
  const { actor, newConversation: stream } = facts;
  const other = facts.account(command.body.account);
  if (actor.kind !== "staff") return refuse("forbidden");
  if (other?.kind !== "staff" || other.account === actor.account) return refuse("not-found", { path: "body.account" });
  if (facts.stream(stream)) return { events: [], conversation: stream };
  const members = [member(actor, "member"), member(other, "member")];
  const meta: Meta = { kind: "direct", history: "all", createdAt: facts.now, pins: [] };
  return {
    conversation: stream,
    events: [
      ...inboxLines(stream, "direct", members),
      { stream, type: "conversation.opened", body: { meta, members } },
    ],
  };
};

export const decideRename: Decide<"conversation.rename"> = (command, facts) => {
  const { stream, body } = command;
  const row = facts.stream(stream);
  const actor = facts.member(stream, facts.actor.account);
  if (!row || !actor) return refuse("not-a-member");
  if (stream.startsWith("n") || !can(row.meta.kind, actor.role, "rename")) return refuse("forbidden");
  if (row.meta.title === body.title) return refuse("no-change");
  return { events: [{ stream, type: "conversation.renamed", body }] };
};

export const decideAnnounce: Decide<"conversation.announce"> = (command, facts) => {
  const { stream, body } = command;
  const row = facts.stream(stream);
  const actor = facts.member(stream, facts.actor.account);
  if (!row || !actor) return refuse("not-a-member");
  if (!can(row.meta.kind, actor.role, "announce")) return refuse("forbidden");
  if ((row.meta.announcement?.text ?? null) === body.text) return refuse("no-change");
  return { events: [{ stream, type: "conversation.announced", body }] };
};

/** A support conversation that the actor may close and open again, or why not. */
function served(stream: StreamId, facts: Facts) {
  const row = facts.stream(stream);
  const actor = facts.member(stream, facts.actor.account);
  if (!row || !actor) return refuse("not-a-member");
  if (stream.startsWith("n") || !can(row.meta.kind, actor.role, "close")) return refuse("forbidden");
  return { meta: row.meta };
}

export const decideClose: Decide<"conversation.close"> = ({ stream }, facts) => {
  const found = served(stream, facts);
  if ("refusal" in found) return found;
  return found.meta.closed ? refuse("no-change") : { events: [{ stream, type: "conversation.closed", body: {} }] };
};

export const decideReopen: Decide<"conversation.reopen"> = ({ stream }, facts) => {
  const found = served(stream, facts);
  if ("refusal" in found) return found;
  return found.meta.closed ? { events: [{ stream, type: "conversation.reopened", body: {} }] } : refuse("no-change");
};

/** What a new message does besides: a customer who writes again is not done. Nothing that follows an open conversation. */
export function reopening(stream: StreamId, facts: Facts): NewEvent[] {
  const meta = facts.stream(stream)?.meta;
  if (!meta?.closed || meta.customer !== facts.actor.account) return [];
  return [{ stream, type: "conversation.reopened", body: {} }];
}

export const membersFull = () => full("membersPerConversation", limits.membersPerConversation);
export const hasRoom = (memberCount: number): boolean => memberCount < limits.membersPerConversation;
