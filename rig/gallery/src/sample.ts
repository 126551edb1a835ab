import { type Actor, apply, type ConversationState, openConversation } from "@aftercare/core";
import {
  type Event,
  type EventBodies,
  type EventType,
  type Member,
  type Meta,
  notesOf,
  SYSTEM,
} from "@aftercare/protocol";
import type { Lines } from "./lines.ts";

/** The sample's clock stands still: a Wednesday afternoon. */
export const now = new Date(2026, 4, 20, 15, 30).getTime();
const minute = 60_000;
const day = 24 * 60 * minute;

const pad = (name: string) => `a_${name.padEnd(22, "0")}`;
export const ids = { customer: pad("customer"), alex: pad("alex"), mei: pad("mei"), tony: pad("tony"), yu: pad("yu") };
export const streams = {
  support: "c_support000000000000000",
  support2: "c_support200000000000000",
  support3: "c_support300000000000000",
  group: "c_group00000000000000000",
  direct: "c_direct0000000000000000",
};

export const actor = (account: string, name: string, kind: Actor["kind"]): Actor => ({ account, name, kind });

export type Script = {
  state: ConversationState;
  add<T extends EventType>(type: T, by: string, at: number, body: EventBodies[T]): number;
  say(
    by: string,
    at: number,
    text: string,
    more?: { replyTo?: number; mentions?: { account: string; name: string }[] },
  ): number;
  read(account: string, readSeq: number, deliveredSeq?: number): void;
};

/** Makes a state by events, as the server would have sent them. */
export function script(stream: string, meta: Meta, members: Member[]): Script {
  const opened = {
    stream,
    seq: 1,
    type: "conversation.opened",
    by: members[0]?.account ?? SYSTEM,
    at: meta.createdAt,
    body: { meta, members },
  } as Event & { type: "conversation.opened" };
  const made: Script = {
    state: openConversation(opened, 1),
    add(type, by, at, body) {
      const seq = made.state.seq + 1;
      made.state = apply(made.state, {
        stream,
        seq,
        type,
        by,
        at,
        body,
        commandId: `${stream}-${seq}`,
      } as unknown as Event);
      return seq;
    },
    say(by, at, text, more = {}) {
      const { mentions, ...rest } = more;
      const part = { type: "text" as const, text, ...(mentions && { mentions }) };
      return made.add("message.sent", by, at, { parts: [part], ...rest });
    },
    read(account, readSeq, deliveredSeq = readSeq) {
      made.state = { ...made.state, receipts: { ...made.state.receipts, [account]: { readSeq, deliveredSeq } } };
    },
  };
  return made;
}

const member = (account: string, name: string, role: Member["role"]): Member => ({ account, name, role, fromSeq: 1 });

export function supportTalk(lines: Lines): Script {
  const { talk, agents, customer } = lines;
  const meta: Meta = {
    kind: "support",
    history: "all",
    createdAt: now - day - 25 * minute,
    customer: ids.customer,
    pins: [],
  };
  const people = [
    member(ids.customer, customer, "customer"),
    member(ids.alex, agents[0], "agent"),
    member(ids.mei, agents[1], "agent"),
  ];
  const made = script(streams.support, meta, people);
  const at = (minutes: number) => now - minutes * minute;
  const yesterday = (minutes: number) => now - day - minutes * minute;
  made.add("message.sent", SYSTEM, yesterday(25), { parts: [{ type: "notice", code: "welcome", fallback: "Hello!" }] });
  const problem = made.say(ids.customer, yesterday(24), talk.problem);
  made.say(ids.customer, yesterday(23), talk.detail);
  made.say(ids.alex, yesterday(18), talk.ask, { replyTo: problem });
  const steps = made.say(ids.alex, yesterday(17), talk.steps);
  made.add("message.pinned", ids.alex, yesterday(17), { seq: steps });
  const link = made.say(ids.alex, yesterday(16), talk.link);
  made.add("message.reacted", ids.customer, yesterday(12), { seq: link, emoji: "👍", on: true });
  made.add("message.reacted", ids.mei, yesterday(11), { seq: link, emoji: "👍", on: true });
  made.add("member.joined", ids.alex, at(40), { member: member(ids.tony, agents[2], "agent") });
  made.add("conversation.assigned", ids.mei, at(39), { account: ids.alex, name: agents[0] });
  made.say(ids.customer, at(36), talk.tried);
  made.say(ids.customer, at(35), talk.log);
  const wrong = made.say(ids.alex, at(34), "…");
  made.add("message.recalled", ids.alex, at(33), { seq: wrong });
  const thanks = made.say(ids.alex, at(30), talk.thanks, { mentions: [{ account: ids.customer, name: customer }] });
  made.add("message.edited", ids.alex, at(29), {
    seq: thanks,
    parts: [{ type: "text", text: talk.thanks, mentions: [{ account: ids.customer, name: customer }] }],
  });
  const loose = made.say(ids.customer, at(12), talk.visit);
  made.add("message.reacted", ids.alex, at(11), { seq: loose, emoji: "🙏", on: true });
  made.add("message.reacted", ids.mei, at(11), { seq: loose, emoji: "❤️", on: true });
  made.say(ids.alex, at(10), talk.more);
  made.say(ids.customer, at(2), talk.later);
  return made;
}

/** Another conversation of the same customer, `days` ago. */
export function otherTalk(lines: Lines, stream: string, days: number): Script {
  const meta: Meta = {
    kind: "support",
    history: "all",
    createdAt: now - days * day,
    customer: ids.customer,
    pins: [],
    ...(days > 7 && { title: lines.subject }),
  };
  const made = script(stream, meta, [
    member(ids.customer, lines.customer, "customer"),
    member(ids.mei, lines.agents[1], "agent"),
  ]);
  made.say(ids.customer, now - days * day + minute, lines.talk.failed);
  made.say(ids.mei, now - days * day + 9 * minute, lines.talk.more);
  return made;
}

export function notesTalk(lines: Lines, conversation = streams.support): Script {
  const meta: Meta = { kind: "support", history: "all", createdAt: now - day, customer: ids.customer, pins: [] };
  const { agents, talk } = lines;
  const made = script(notesOf(conversation), meta, [
    member(ids.alex, agents[0], "agent"),
    member(ids.mei, agents[1], "agent"),
  ]);
  made.say(ids.alex, now - 28 * minute, talk.note);
  const second = made.say(ids.mei, now - 20 * minute, talk.note2);
  made.add("message.reacted", ids.alex, now - 19 * minute, { seq: second, emoji: "👍", on: true });
  return made;
}

export function groupTalk(lines: Lines): Script {
  const { agents, talk } = lines;
  const meta: Meta = { kind: "group", title: lines.group, history: "all", createdAt: now - 9 * day, pins: [] };
  const people = [
    member(ids.alex, agents[0], "owner"),
    member(ids.mei, agents[1], "admin"),
    member(ids.tony, agents[2], "member"),
  ];
  const made = script(streams.group, meta, people);
  made.add("conversation.announced", ids.alex, now - 3 * day, { text: talk.announcement });
  made.add("member.muted", ids.alex, now - 2 * day, { account: ids.tony, name: agents[2], untilAt: now + day });
  made.say(ids.mei, now - 90 * minute, talk.group);
  made.say(ids.tony, now - 88 * minute, talk.group2, { mentions: [{ account: ids.alex, name: agents[0] }] });
  made.add("message.sent", ids.mei, now - 60 * minute, {
    parts: [{ type: "text", text: talk.detail }],
    forwarded: { name: lines.customer, at: now - day },
  });
  return made;
}

export function directTalk(lines: Lines): Script {
  const meta: Meta = { kind: "direct", history: "all", createdAt: now - 5 * day, pins: [] };
  const people = [member(ids.alex, lines.agents[0], "member"), member(ids.mei, lines.agents[1], "member")];
  const made = script(streams.direct, meta, people);
  const seq = made.say(ids.mei, now - 3 * 60 * minute, lines.talk.direct);
  made.read(ids.alex, seq);
  return made;
}

/** A long talk, for scrolling: every message knows its number. */
export function longItems(stream: string, from: number, to: number): Event[] {
  const items: Event[] = [];
  for (let seq = from; seq <= to; seq++) {
    const by = seq % 3 === 0 ? ids.customer : ids.alex;
    const text = `${seq}. ${"…".repeat((seq * 7) % 40)}`;
    const at = now - (to - seq) * 20 * minute;
    items.push({ stream, seq, type: "message.sent", by, at, body: { parts: [{ type: "text", text }] } });
  }
  return items;
}
