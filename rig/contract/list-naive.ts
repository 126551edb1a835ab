import { noticeCode, plainText } from "@aftercare/core";
import {
  type AccountId,
  type Event,
  type ListLine,
  type ListQuery,
  limits,
  type Meta,
  notesOf,
  type Seq,
  type StreamId,
  SYSTEM,
} from "@aftercare/protocol";
import type { LogStore } from "../../server/src/log/store.ts";

/** All that a list is made from, read whole: the log and the rows that it keeps. */
export type Facts = {
  stream: StreamId;
  meta: Meta;
  events: Event[];
  notes: Event[];
  members: { account: AccountId; name: string; fromSeq: Seq; readSeq: Seq; notesReadSeq: Seq }[];
  /** Also those who have left. */
  names: Map<AccountId, string>;
};

export async function factsOf(store: LogStore, stream: StreamId): Promise<Facts> {
  const [found] = await store.streams([stream]);
  const [notes] = await store.streams([notesOf(stream)]);
  if (!found?.row.meta) throw new Error(`no ${stream}`);
  const events = await store.events(stream, 0, 1e9, 1e6);
  const names = new Map<AccountId, string>();
  for (const event of events) {
    if (event.type === "conversation.opened")
      for (const { account, name } of event.body.members) names.set(account, name);
    if (event.type === "member.joined") names.set(event.body.member.account, event.body.member.name);
  }
  return {
    stream,
    meta: found.row.meta,
    events,
    notes: await store.events(notesOf(stream), 0, 1e9, 1e6),
    members: found.members.map(({ account, name, fromSeq }) => ({
      account,
      name,
      fromSeq,
      readSeq: found.receipts[account]?.readSeq ?? 0,
      notesReadSeq: notes?.receipts[account]?.readSeq ?? Number.MAX_SAFE_INTEGER,
    })),
    names,
  };
}

const isSaid = (event: Event): event is Event & { type: "message.sent" } =>
  event.type === "message.sent" && event.by !== SYSTEM;

/** Since when the customer waits, by going through the whole log. */
function waiting({ meta, events }: Facts): number | undefined {
  let since: number | undefined;
  for (const event of events) {
    if (event.type === "conversation.closed") since = undefined;
    if (!isSaid(event)) continue;
    since = event.by === meta.customer ? (since ?? event.at) : undefined;
  }
  return since;
}

const mentions = (event: Event, account: AccountId): boolean =>
  isSaid(event) &&
  event.by !== account &&
  event.body.parts.some(
    (part) => "mentions" in part && (part.mentions as { account: string }[]).some((one) => one.account === account),
  );

export function mentionsOf(facts: Facts, account: AccountId): Event[] {
  const me = facts.members.find((one) => one.account === account);
  if (!me) return [];
  return [
    ...facts.events.filter((event) => event.seq > me.readSeq && event.seq >= me.fromSeq && mentions(event, account)),
    ...facts.notes.filter((event) => event.seq > me.notesReadSeq && mentions(event, account)),
  ];
}

/** The line of one conversation for one account, without any index; undefined when it may not be read. */
export function naiveLine(facts: Facts, account: AccountId): ListLine | undefined {
  const { stream, meta, events, members, names } = facts;
  const me = members.find((one) => one.account === account);
  if (!me) return undefined;
  const last = events.findLast(isSaid);
  const isUnread = last !== undefined && last.seq > me.readSeq && last.by !== account;
  const unread = isUnread ? events.filter((e) => isSaid(e) && e.seq > me.readSeq && e.by !== account).length : 0;
  const person = (one: AccountId | undefined) => one && { account: one, name: names.get(one) ?? "" };
  const others = members.filter((one) => one.account !== account);
  const line: ListLine = {
    stream,
    kind: meta.kind,
    lastAt: last?.at ?? (events[0]?.at as number),
    unread: { count: Math.min(unread, limits.countedUnread), more: unread > limits.countedUnread },
    settings: {},
  };
  const since = waiting(facts);
  Object.assign(line, {
    title: meta.title,
    desk: meta.desk,
    shop: meta.shop,
    customer: person(meta.customer),
    assignee: person(meta.assignee),
    other: meta.kind === "direct" ? person(others[0]?.account) : undefined,
    waitingSince: since,
    closed: meta.closed,
  });
  if (last && last.seq >= me.fromSeq)
    line.last = {
      seq: last.seq,
      by: last.by,
      name: names.get(last.by),
      at: last.at,
      text: plainText(last.body.parts).slice(0, limits.previewChars),
      ...(noticeCode(last.body.parts) && { notice: noticeCode(last.body.parts) }),
      ...(last.fold?.recalled && { recalled: true as const }),
    };
  return line;
}

/** Whether a line is in a list, by the words of SPEC.md. `desks`: where the account serves. */
export function isIn(
  line: ListLine,
  query: ListQuery,
  account: AccountId,
  desks: readonly StreamId[],
  mentioned: boolean,
): boolean {
  const open = line.kind === "support" && !line.closed;
  const views: Record<ListQuery["view"], boolean> = {
    mine: open && line.assignee?.account === account,
    unassigned: open && !line.assignee,
    team: open && line.desk !== undefined && desks.includes(line.desk),
    all: open,
    closed: line.kind === "support" && line.closed !== undefined,
    groups: line.kind === "group",
    direct: line.kind === "direct",
    mentions: mentioned,
  };
  const words = [line.title ?? "", line.customer?.name ?? ""].map((text) => text.toLowerCase());
  const wanted = query.query?.toLowerCase();
  return (
    views[query.view] &&
    (!query.desks || (line.desk !== undefined && query.desks.includes(line.desk))) &&
    (query.assignee === undefined || line.assignee?.account === query.assignee) &&
    (!query.unread || line.unread.count > 0) &&
    (query.sort !== "waiting-longest" || line.waitingSince !== undefined) &&
    (wanted === undefined || words.some((text) => text.split(" ").some((word) => word.startsWith(wanted))))
  );
}

export function inOrder(lines: ListLine[], sort: ListQuery["sort"]): ListLine[] {
  const key = (line: ListLine) => (sort === "waiting-longest" ? (line.waitingSince ?? 0) : line.lastAt);
  const sorted = lines.sort((a, b) => key(a) - key(b) || (a.stream < b.stream ? -1 : 1));
  return sort === undefined || sort === "newest" ? sorted.reverse() : sorted;
}
