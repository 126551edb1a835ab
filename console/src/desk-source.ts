import { type Client, type InboxLine, type InboxView, noticeCode, type Observable, plainText } from "@aftercare/sdk";
import {
  type Counts,
  type ListLine,
  type ListQuery,
  type ListSource,
  type ListState,
  viewNames,
} from "./list-types.ts";

/**
 * The lists of the desk. The server tells them, but for what one has archived: that is a choice of one's own, found among
 * the conversations one is a member of. What is archived stands in no other list, and what is pinned stands on top.
 */
export function deskSource(client: Pick<Client, "inbox" | "me" | "list">): ListSource {
  const made = new WeakMap<InboxLine, ListLine>();
  const toLine = (line: InboxLine): ListLine => {
    const known = made.get(line);
    if (known) return known;
    const next = lineOf(line, client.me.value?.account);
    made.set(line, next);
    return next;
  };
  // The counts are one value for all lists of a client.
  const any = client.list({ view: "mine" });
  const { counts } = any;
  any.close();
  return {
    views: viewNames,
    counts: counts as Observable<Counts | undefined>,
    open({ view, ...rest }: ListQuery) {
      if (view === "archived") return archived(client.inbox, rest, toLine);
      const handle = client.list({ view, ...rest });
      return { ...handle, view: mapped(handle.view, arranged) };
    },
  };
}

const rank = (line: ListLine) => (line.settings.pinned ? 0 : 1);

function arranged(state: ListState): ListState {
  const { lines } = state;
  if (!lines.some(({ settings }) => settings.pinned || settings.archived)) return state;
  return {
    ...state,
    lines: lines.filter(({ settings }) => !settings.archived).sort((a, b) => rank(a) - rank(b)),
  };
}

function archived(
  inbox: Observable<InboxView>,
  { unread, query = "" }: Omit<ListQuery, "view">,
  toLine: (line: InboxLine) => ListLine,
) {
  const words = query.trim().toLowerCase();
  return {
    view: mapped(inbox, ({ status, lines }): ListState => {
      const some = lines
        .filter((line) => line.entry.settings.archived && (!unread || line.unread.count > 0))
        .map(toLine)
        .filter((line) => words === "" || textOf(line).includes(words));
      return { status, lines: some, more: "none" };
    }),
    more: async () => {},
    refresh: async () => {},
    close: () => {},
  };
}

function lineOf({ entry, state, last, lastAt, unread }: InboxLine, me: string | undefined): ListLine {
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
    title: state?.meta.title,
    customer: customer === me ? undefined : member(customer),
    other,
    assignee: member(state?.meta.assignee),
    closed: state?.meta.closed,
    last: sent && {
      seq: sent.seq,
      by: sent.by,
      name: state?.members[sent.by]?.name,
      at: sent.at,
      ...saidOf(sent.body.parts),
      ...(sent.fold?.recalled && { recalled: true as const }),
    },
    lastAt,
    unread,
    settings: entry.settings,
  };
}

/** What a message says, as a line of a list has it. */
export function saidOf(parts: Parameters<typeof plainText>[0]): { text: string; notice?: string } {
  const notice = noticeCode(parts);
  return { text: plainText(parts), ...(notice !== undefined && { notice }) };
}

const textOf = ({ title, customer, other, last }: ListLine): string =>
  [title, customer?.name, other?.name, last?.text].filter(Boolean).join(" ").toLowerCase();

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
