import { type Client, type InboxLine, type InboxView, type Observable, plainText } from "@aftercare/sdk";
import type { Count, Counts, ListLine, ListQuery, ListSource, ListState, ViewName } from "./list-types.ts";

/** The views that can be told from one's own conversations alone. */
const views: readonly ViewName[] = ["all", "mentions", "groups", "direct", "archived"];

/** Lists of what this device knows: the conversations one is a member of, without those of others. */
export function inboxSource(client: Pick<Client, "inbox" | "me">): ListSource {
  const made = new WeakMap<InboxLine, ListLine>();
  const me = () => client.me.value?.account;
  const toLine = (line: InboxLine): ListLine => {
    const known = made.get(line);
    if (known) return known;
    const next = lineOf(line, me());
    made.set(line, next);
    return next;
  };
  return {
    views,
    counts: mapped(client.inbox, ({ lines }) => countsOf(lines, me())),
    open: (query) => ({
      view: mapped(client.inbox, (inbox) => stateOf(inbox, query, me(), toLine)),
      more: async () => {},
      refresh: async () => {},
      close: () => {},
    }),
  };
}

function stateOf(
  inbox: InboxView,
  query: ListQuery,
  me: string | undefined,
  toLine: (line: InboxLine) => ListLine,
): ListState {
  const words = query.query?.trim().toLowerCase() ?? "";
  const inView = (line: InboxLine) => belongs(line, query.view, me) && (!query.unread || line.unread.count > 0);
  const all = inbox.lines.filter(inView).map(toLine);
  const lines = words === "" ? all : all.filter((line) => textOf(line).includes(words));
  const pinned = (line: ListLine) => (line.settings.pinned ? 1 : 0);
  if (lines.some(pinned)) lines.sort((a, b) => pinned(b) - pinned(a));
  return { status: inbox.status, lines, more: "none" };
}

function belongs(line: InboxLine, view: ViewName, me: string | undefined): boolean {
  const { kind, settings } = line.entry;
  if (view === "archived" || settings.archived) return view === "archived" && settings.archived === true;
  switch (view) {
    case "all":
      return kind === "support";
    case "groups":
      return kind === "group";
    case "direct":
      return kind === "direct";
    case "mentions":
      return mentioned(line, me);
    default:
      return false;
  }
}

/** Whether an unread message names the reader. */
export function mentioned(line: InboxLine, me: string | undefined): boolean {
  if (line.unread.count === 0 || me === undefined) return false;
  const read = line.state?.receipts[me]?.readSeq ?? 0;
  return (line.state?.items ?? []).some(
    (item) =>
      item.type === "message.sent" &&
      item.seq > read &&
      item.body.parts.some((part) => part.type === "text" && namesOf(part).includes(me)),
  );
}

const namesOf = (part: object): string[] =>
  "mentions" in part && Array.isArray(part.mentions) ? part.mentions.map(({ account }) => String(account)) : [];

function lineOf({ entry, state, last, lastAt, unread, title }: InboxLine, me: string | undefined): ListLine {
  const customer = state?.meta.customer;
  const member = (account: string | undefined) => {
    const found = account === undefined ? undefined : state?.members[account];
    return found && { account: found.account, name: found.name };
  };
  const other =
    entry.kind === "direct" ? member(Object.keys(state?.members ?? {}).find((one) => one !== me)) : undefined;
  const sent = last?.type === "message.sent" ? last : undefined;
  return {
    stream: entry.stream,
    kind: entry.kind,
    title: state?.meta.title ?? (entry.kind === "group" ? title : undefined),
    customer: customer === me ? undefined : member(customer),
    other,
    last: sent && {
      seq: sent.seq,
      by: sent.by,
      name: state?.members[sent.by]?.name,
      at: sent.at,
      text: plainText(sent.body.parts),
      ...(sent.fold?.recalled && { recalled: true as const }),
    },
    lastAt,
    unread,
    settings: entry.settings,
  };
}

const textOf = ({ title, customer, other, last }: ListLine): string =>
  [title, customer?.name, other?.name, last?.text].filter(Boolean).join(" ").toLowerCase();

function countsOf(lines: readonly InboxLine[], me: string | undefined): Counts {
  const counts: Counts = {};
  for (const view of views) {
    const some = lines.filter((line) => belongs(line, view, me));
    const unread = some.filter((line) => line.unread.count > 0).length;
    counts[view] = { count: some.length, more: false, unread: { count: unread, more: false } } satisfies Count;
  }
  return counts;
}

/** A value that follows another one; computed once for each value of that. */
export function mapped<A, B>(from: Observable<A>, to: (value: A) => B): Observable<B> {
  let known: { from: A; to: B } | undefined;
  const of = (value: A): B => {
    if (!known || known.from !== value) known = { from: value, to: to(value) };
    return known.to;
  };
  return {
    get value() {
      return of(from.value);
    },
    subscribe: (listener) => from.subscribe((value) => listener(of(value))),
  };
}
