import { noticeCode, plainText, previewText } from "@aftercare/core";
import {
  type Bounded,
  type By,
  type Event,
  type InboxSettings,
  type ListCounts,
  type ListLine,
  type ListPage,
  limits,
  listViews,
  type MentionPage,
  type Meta,
  type StreamId,
} from "@aftercare/protocol";
import type { Sql } from "postgres";
import type { ListRead, ListReader, ListStore, MentionsRead } from "../log/lists.ts";
import { unseal } from "../seal.ts";
import { rebuildLines } from "./list-rebuild.ts";
import { cursorOf, type Found, type Key, parseCursor, walk } from "./list-walk.ts";
import { type DbEvent, event } from "./log-rows.ts";

type Told = <T>(work: () => Promise<T>) => Promise<T>;

const defaultLines = 50;

/** Lists in PostgreSQL; see docs/decisions/0022-conversation-lists.md. */
export function createListStore(sql: Sql, told: Told = (work) => work()): ListStore {
  return {
    page: (who, read) => told(() => readPage(sql, who, read)),
    counts: (who) => told(() => readCounts(sql, who)),
    mentions: (who, read) => told(() => readMentions(sql, who, read)),
    rebuild: (limit) => rebuildLines(sql, limit),
  };
}

async function readPage(sql: Sql, who: ListReader, read: ListRead): Promise<ListPage> {
  const { type: _, query, after: cursor, limit = defaultLines, ...filter } = read;
  const after = parseCursor(cursor);
  // Titles are sealed, so words are looked for here: in as many conversations as one look has.
  const wanted = query === undefined ? limit + 1 : limits.listScan;
  const { rows, cut } = await walk(sql, who, filter, after, wanted);
  const all: Found[] = query === undefined ? rows : await matching(sql, rows, query);
  const shown = all.slice(0, limit);
  const isFull = query !== undefined && rows.length >= wanted;
  const next: Key | undefined = all.length > limit ? shown.at(-1) : (cut ?? (isFull ? rows.at(-1) : undefined));
  const lines = await readLines(sql, who, shown);
  return { lines, ...(next && { next: cursorOf(next) }) };
}

const fold = (text: string): string => text.normalize("NFKC").toLowerCase();
const wordsOf = (text: string): string[] => fold(text).split(/[\s\p{P}]+/u);

/** Whether every word of the query begins a word of the text, or the text begins with the whole of it. */
export function matches(query: string, texts: readonly string[]): boolean {
  const wanted = wordsOf(query).filter((word) => word !== "");
  if (texts.some((text) => fold(text).startsWith(fold(query)))) return true;
  const found = texts.flatMap(wordsOf);
  return wanted.length > 0 && wanted.every((word) => found.some((one) => one.startsWith(word)));
}

async function matching(sql: Sql, rows: readonly Found[], query: string): Promise<Found[]> {
  const named = await sql<{ stream: StreamId; meta: string; name: string | null }[]>`
    select given.stream, s.meta, customer.name
    from unnest(${rows.map(({ stream }) => stream)}::text[]) as given(stream)
    cross join lateral (select meta from stream where id = given.stream offset 0) as s
    cross join lateral (select customer from conversation where conversation.stream = given.stream offset 0) as c
    left join lateral (
      select name from member where member.stream = given.stream and account = c.customer offset 0) as customer on true`;
  const right = new Set<StreamId>();
  for (const { stream, meta, name } of named)
    if (matches(query, [unseal<Meta>(meta).title ?? "", name ?? ""])) right.add(stream);
  return rows.filter(({ stream }) => right.has(stream));
}

type LineRow = {
  stream: StreamId;
  kind: ListLine["kind"];
  desk: string | null;
  last_at: number;
  waiting_since: number | null;
  meta: string;
  settings: InboxSettings | null;
  customer: ListLine["customer"] | null;
  assignee: ListLine["assignee"] | null;
  other: ListLine["other"] | null;
  seq: number | null;
  by: By;
  by_name: string | null;
  at: number;
  body: string;
  recalled: string | null;
  unread: number;
};

/** The lines of these conversations, in their order; what may not be read any more is left out. */
async function readLines(sql: Sql, who: ListReader, rows: readonly Found[]): Promise<ListLine[]> {
  if (rows.length === 0) return [];
  const person = (account: string) => sql`(
    select jsonb_build_object('account', account, 'name', name) from member
    where member.stream = c.stream and account = ${sql.unsafe(account)})`;
  const found = await sql<LineRow[]>`
    select c.stream, c.kind, c.desk, c.last_at, c.waiting_since, s.meta, m.settings,
      ${person("c.customer")} as customer, ${person("c.assignee")} as assignee,
      case when c.kind = 'direct' then (
        select jsonb_build_object('account', account, 'name', name) from member
        where member.stream = c.stream and status = 'joined' and account <> ${who.account} limit 1) end as other,
      e.seq, e.by, e.at, e.body, e.fold as recalled,
      (select name from member where member.stream = c.stream and account = c.last_by) as by_name,
      case when c.last_seq > m.read_seq and c.last_by <> ${who.account} then (
        select count(*)::integer from (
          select from event where event.stream = c.stream and seq > m.read_seq and type = 'message.sent'
            and by <> ${who.account} and by <> 'system' limit ${limits.countedUnread + 1}) as one) else 0 end as unread
    from unnest(${rows.map(({ stream }) => stream)}::text[]) with ordinality as given(stream, place)
    cross join lateral (select * from conversation where conversation.stream = given.stream offset 0) as c
    cross join lateral (select meta from stream where id = c.stream offset 0) as s
    ${who.all ? sql`left join` : sql`cross join`} lateral (
      select read_seq, from_seq, settings from member
      where member.stream = c.stream and account = ${who.account} and status = 'joined' offset 0
    ) as m ${who.all ? sql`on true` : sql``}
    left join lateral (
      select seq, by, at, body, fold from event
      where event.stream = c.stream and seq = c.last_seq and seq >= coalesce(m.from_seq, 1) offset 0) as e on true
    order by given.place`;
  return found.map(lineOf);
}

const bounded = (count: number, most: number): Bounded => ({ count: Math.min(count, most), more: count > most });

function lineOf(row: LineRow): ListLine {
  const meta = unseal<Meta>(row.meta);
  const line: ListLine = {
    stream: row.stream,
    kind: row.kind,
    lastAt: row.last_at,
    unread: bounded(row.unread, limits.countedUnread),
    settings: row.settings ?? {},
  };
  if (meta.title !== undefined) line.title = meta.title;
  if (row.desk !== null) line.desk = row.desk;
  if (meta.shop !== undefined) line.shop = meta.shop;
  if (row.customer) line.customer = row.customer;
  if (row.other) line.other = row.other;
  if (row.assignee) line.assignee = row.assignee;
  if (row.waiting_since !== null) line.waitingSince = row.waiting_since;
  if (meta.closed) line.closed = meta.closed;
  if (row.seq !== null) line.last = previewOf(row, row.seq);
  return line;
}

function previewOf(row: LineRow, seq: number): NonNullable<ListLine["last"]> {
  const { by, at, body, recalled, by_name } = row;
  const { parts } = unseal<{ parts: Parameters<typeof plainText>[0] }>(body);
  const isRecalled = recalled !== null && unseal<{ recalled?: object }>(recalled).recalled !== undefined;
  const text = plainText(parts);
  const notice = noticeCode(parts);
  return {
    seq,
    by,
    ...(by_name !== null && { name: by_name }),
    at,
    text: previewText(text),
    ...(notice !== undefined && { notice }),
    ...(isRecalled && { recalled: true as const }),
  };
}

/** One view after another: a question must not take all connections. */
async function readCounts(sql: Sql, who: ListReader): Promise<ListCounts> {
  const most = limits.countedLines;
  const counts = {} as ListCounts;
  for (const view of listViews) {
    const { rows, cut: isCut } = await walk(sql, who, { view }, undefined, most + 1);
    const unread = rows.filter((row) => row.unread).length;
    const more = rows.length > most || isCut !== undefined;
    counts[view] = {
      count: Math.min(rows.length, most),
      more,
      unread: { count: Math.min(unread, most), more: more && unread > 0 },
    };
  }
  return counts;
}

type MentionRow = DbEvent & { meta: string; mentioned_at: number };

async function readMentions(sql: Sql, who: ListReader, read: MentionsRead): Promise<MentionPage> {
  const { before, limit = defaultLines } = read;
  const [at = "0", stream = "", seq = "0"] = before?.split("~") ?? [];
  const rows = await sql<MentionRow[]>`
    select event.stream, event.seq, type, by, event.at, command_id, body, fold, s.meta, mention.at as mentioned_at
    from mention
    join member on member.stream = mention.stream and member.account = mention.account and status = 'joined'
      and read_seq < mention.seq and from_seq <= mention.seq
    join event on event.stream = mention.stream and event.seq = mention.seq
    join stream as s on s.id = 'c' || substr(mention.stream, 2)
    where mention.account = ${who.account}
      ${before === undefined ? sql`` : sql`and (mention.at, mention.stream, mention.seq) < (${at}::bigint, ${stream}, ${seq}::bigint)`}
    order by mention.at desc, mention.stream desc, mention.seq desc limit ${limit + 1}`;
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    mentions: shown.map((row) => {
      const { title, kind } = unseal<Meta>(row.meta);
      return { message: event(row) as Event, kind, ...(title !== undefined && { title }) };
    }),
    ...(last && { next: `${last.mentioned_at}~${last.stream}~${last.seq}` }),
  };
}
