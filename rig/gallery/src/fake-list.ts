import { plainText } from "@aftercare/core";
import type { Bounded, ListCounts, ListLine, ListName, ListQuery } from "@aftercare/protocol";
import { listViews } from "@aftercare/protocol";
import type { Client, InboxLine, InboxView, ListHandle, ListState, Observable } from "@aftercare/sdk";

/** Lists as the server would tell them, made of the sample's own conversations. */
export function fakeLists(inbox: Observable<InboxView>, me: string): Client["list"] {
  const made = new WeakMap<InboxLine, ListLine>();
  const toLine = (line: InboxLine): ListLine => {
    const next = made.get(line) ?? lineOf(line, me);
    made.set(line, next);
    return next;
  };
  const linesOf = (query: ListQuery, lines: readonly InboxLine[]) => {
    const words = query.query?.toLowerCase() ?? "";
    return lines
      .filter((line) => belongs(line, query.view, me) && (!query.unread || line.unread.count > 0))
      .map(toLine)
      .filter((line) => `${line.title ?? ""} ${line.customer?.name ?? ""}`.toLowerCase().includes(words));
  };
  const counts = follow(inbox, ({ lines }): ListCounts | undefined => {
    const count = (view: ListName) => {
      const all = linesOf({ view }, lines);
      return { ...bounded(all.length), unread: bounded(all.filter((line) => line.unread.count > 0).length) };
    };
    return Object.fromEntries(listViews.map((view) => [view, count(view)])) as ListCounts;
  });
  return (query): ListHandle => ({
    query,
    view: follow(inbox, ({ status, lines }): ListState => ({ status, lines: linesOf(query, lines), more: "none" })),
    counts,
    more: async () => {},
    refresh: async () => {},
    close: () => {},
  });
}

const bounded = (count: number): Bounded => ({ count: Math.min(999, count), more: count > 999 });

function belongs({ entry, state, unread }: InboxLine, view: ListName, me: string): boolean {
  const meta = state?.meta;
  const open = entry.kind === "support" && !meta?.closed;
  switch (view) {
    case "mine":
      return open && meta?.assignee === me;
    case "unassigned":
      return open && meta?.assignee === undefined;
    case "team":
    case "all":
      return open;
    case "mentions":
      return entry.kind === "group" && unread.count > 0;
    case "groups":
      return entry.kind === "group";
    case "direct":
      return entry.kind === "direct";
    case "closed":
      return entry.kind === "support" && meta?.closed !== undefined;
    default:
      return view satisfies never;
  }
}

function lineOf({ entry, state, last, lastAt, unread }: InboxLine, me: string): ListLine {
  const meta = state?.meta;
  const person = (account: string | undefined) => {
    const found = account === undefined ? undefined : state?.members[account];
    return found && { account: found.account, name: found.name };
  };
  const other = Object.keys(state?.members ?? {}).find((one) => one !== me);
  return {
    stream: entry.stream,
    kind: entry.kind,
    title: meta?.title,
    customer: person(meta?.customer),
    other: entry.kind === "direct" ? person(other) : undefined,
    assignee: person(meta?.assignee),
    closed: meta?.closed,
    last:
      last?.type === "message.sent"
        ? {
            seq: last.seq,
            by: last.by,
            name: state?.members[last.by]?.name,
            at: last.at,
            text: plainText(last.body.parts),
          }
        : undefined,
    lastAt,
    unread,
    settings: entry.settings,
  };
}

function follow<A, B>(from: Observable<A>, to: (value: A) => B): Observable<B> {
  let known: { from: A; to: B } | undefined;
  const of = (value: A): B => {
    if (known?.from !== value) known = { from: value, to: to(value) };
    return known.to;
  };
  return {
    get value() {
      return of(from.value);
    },
    subscribe: (listener) => from.subscribe((value) => listener(of(value))),
  };
}
