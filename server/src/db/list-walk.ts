import { type ListName, limits, type StreamId } from "@aftercare/protocol";
import type { Fragment, Sql } from "postgres";
import type { ListRead, ListReader } from "../log/lists.ts";

export type ListFilter = Omit<ListRead, "type" | "after" | "limit" | "query">;
export type Key = { at: number; stream: StreamId };
export type Found = Key & { unread: boolean };

/** The partial indexes of the migration conversation_list know these words. */
const openSupport = "kind = 'support' and closed_at is null";

export const parseCursor = (text: string | undefined): Key | undefined => {
  if (text === undefined) return undefined;
  const [at = "", stream = ""] = text.split("~");
  return { at: Number(at), stream };
};
export const cursorOf = ({ at, stream }: Key): string => `${at}~${stream}`;

/** The words that a view's rows fulfil; the reader's own rows are `m`. */
function rowsOf(sql: Sql, who: ListReader, { view, desks, assignee, sort }: ListFilter): Fragment {
  const where: Record<ListName, Fragment> = {
    mine: sql`${sql.unsafe(openSupport)} and assignee is not null and assignee = ${who.account}`,
    unassigned: sql`${sql.unsafe(openSupport)} and assignee is null`,
    team: sql`${sql.unsafe(openSupport)} and exists (
      select from member as own where own.stream = c.desk and own.account = ${who.account} and own.status = 'joined')`,
    all: sql`${sql.unsafe(openSupport)}`,
    closed: sql`kind = 'support' and closed_at is not null`,
    mentions: sql`true`,
    groups: sql`kind = 'group'`,
    direct: sql`kind = 'direct'`,
  };
  return sql`${where[view]}
    ${desks ? sql`and desk = any(${desks}::text[])` : sql``}
    ${assignee === undefined ? sql`` : sql`and assignee is not null and assignee = ${assignee}`}
    ${sort === "waiting-longest" ? sql`and waiting_since is not null` : sql``}`;
}

type Order = { column: Fragment; beyond: Fragment; by: (of: Fragment) => Fragment };

/** What a list is sorted by, and where a page of it begins. Keys are whole: two conversations never have the same. */
function orderOf(sql: Sql, sort: ListFilter["sort"], after: Key | undefined): Order {
  const column = sort === "waiting-longest" ? sql`waiting_since` : sql`last_at`;
  const isDown = sort === undefined || sort === "newest";
  const beyond = after
    ? isDown
      ? sql`and (${column}, c.stream) < (${after.at}::bigint, ${after.stream})`
      : sql`and (${column}, c.stream) > (${after.at}::bigint, ${after.stream})`
    : sql``;
  const by = (of: Fragment) => (isDown ? sql`${of} desc, c.stream desc` : sql`${of}, c.stream`);
  return { column, beyond, by };
}

/** Whether the newest message is another's, and above what the reader has read. */
const isUnread = (sql: Sql, who: ListReader): Fragment =>
  sql`coalesce(c.last_seq > m.read_seq and c.last_by <> ${who.account}, false)`;

/**
 * The next conversations of a list, in order. `cut` is where it stopped looking before it had found enough: a list that
 * is filtered by what no index knows looks at so many and no more.
 */
export async function walk(
  sql: Sql,
  who: ListReader,
  filter: ListFilter,
  after: Key | undefined,
  limit: number,
): Promise<{ rows: Found[]; cut?: Key | undefined }> {
  const driven = filter.view === "groups" || filter.view === "direct" || filter.view === "mentions";
  if (driven) return { rows: await fromOwn(sql, who, filter, after, limit) };
  const rows = await alongIndex(sql, who, filter, after, limit);
  if (rows.length >= limit) return { rows };
  const cut = await endOfScan(sql, who, filter, after);
  if (!cut) return { rows };
  // Somebody who is in few of many: those few are looked at instead.
  if (!who.all && (await isInFew(sql, who))) return { rows: await fromOwn(sql, who, filter, after, limit) };
  return { rows, cut };
}

function alongIndex(sql: Sql, who: ListReader, filter: ListFilter, after: Key | undefined, limit: number) {
  const { column, beyond, by } = orderOf(sql, filter.sort, after);
  return sql<Found[]>`
    select c.stream, c.key as at, ${isUnread(sql, who)} as unread
    from (
      select stream, last_seq, last_by, ${column} as key from conversation as c
      where ${rowsOf(sql, who, filter)} ${beyond} order by ${by(column)} limit ${limits.listScan}) as c
    ${who.all ? sql`left join` : sql`cross join`} lateral (
      select read_seq from member where member.stream = c.stream and account = ${who.account} and status = 'joined'
      offset 0) as m ${who.all ? sql`on true` : sql``}
    where ${filter.unread ? isUnread(sql, who) : sql`true`}
    order by ${by(sql`c.key`)} limit ${limit}`;
}

/** The last row that one look goes to, when there are more beyond it. */
async function endOfScan(sql: Sql, who: ListReader, filter: ListFilter, after: Key | undefined) {
  const { column, beyond, by } = orderOf(sql, filter.sort, after);
  const [end] = await sql<Key[]>`
    select stream, ${column} as at from conversation as c
    where ${rowsOf(sql, who, filter)} ${beyond} order by ${by(column)} offset ${limits.listScan - 1} limit 1`;
  return end && { at: end.at, stream: end.stream };
}

async function isInFew(sql: Sql, who: ListReader): Promise<boolean> {
  const [found] = await sql<{ count: number }[]>`
    select count(*)::integer as count from (
      select from member where account = ${who.account} and status <> 'left' and stream between 'c_' and 'c_~'
      limit ${limits.listScan + 1}) as own`;
  return (found?.count ?? 0) <= limits.listScan;
}

/** From the reader's own rows: all of them are looked at, and sorted. */
function fromOwn(sql: Sql, who: ListReader, filter: ListFilter, after: Key | undefined, limit: number) {
  const { column, beyond, by } = orderOf(sql, filter.sort, after);
  return sql<Found[]>`
    select c.stream, ${column} as at, ${isUnread(sql, who)} as unread
    from (${ownStreams(sql, who, filter.view)}) as own
    cross join lateral (
      select stream, read_seq from member
      where member.stream = own.stream and account = ${who.account} and status = 'joined' offset 0) as m
    cross join lateral (select * from conversation where conversation.stream = own.stream offset 0) as c
    where ${rowsOf(sql, who, filter)} ${beyond} ${filter.unread ? sql`and ${isUnread(sql, who)}` : sql``}
    order by ${by(column)} limit ${limit}`;
}

function ownStreams(sql: Sql, who: ListReader, view: ListName): Fragment {
  if (view === "mentions")
    return sql`
      select distinct 'c' || substr(mention.stream, 2) as stream from mention
      join member on member.stream = mention.stream and member.account = mention.account and status = 'joined'
        and read_seq < mention.seq and from_seq <= mention.seq
      where mention.account = ${who.account}`;
  if (view === "groups" || view === "direct")
    return sql`
      select stream from member where account = ${who.account} and status = 'joined'
        and role in ('owner', 'admin', 'member') and stream between 'c_' and 'c_~'`;
  return sql`
    select stream from member where account = ${who.account} and status <> 'left' and stream between 'c_' and 'c_~'`;
}
