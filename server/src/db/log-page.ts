import type { MessageEvent } from "@aftercare/core";
import type { Event, Seq, StreamId } from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import { boundPage, planPage, refsOf } from "../log/page.ts";
import type { Page, PageQuery, StreamSnapshot } from "../log/store.ts";
import { type DbEvent, type DbMember, type DbStream, event, member, streamRow } from "./log-rows.ts";

export type FoundPage = { page: Page; snapshot: StreamSnapshot };

/** A page with the stream's row and members, all as of one moment: one snapshot of the database. */
export function readPage(sql: Sql, query: PageQuery): Promise<FoundPage | undefined> {
  return sql.begin("isolation level repeatable read read only", (tx) => pageIn(tx, query)) as Promise<
    FoundPage | undefined
  >;
}

/** The same from a replica; undefined also when it has not reached what the query needs. */
export function readReplicaPage(sql: Sql, query: PageQuery): Promise<FoundPage | undefined> {
  const { atLeast, stream } = query;
  return sql.begin("isolation level repeatable read read only", async (tx) => {
    const [there] = await tx`
      select 1 from stream, deployment
      where id = ${stream} and last_seq >= ${atLeast?.seq ?? 0} and epoch = ${atLeast?.epoch ?? 0}`;
    return there && pageIn(tx, query);
  }) as Promise<FoundPage | undefined>;
}

async function pageIn(tx: TransactionSql, query: PageQuery): Promise<FoundPage | undefined> {
  const [rows, members] = await Promise.all([
    tx<DbStream[]>`select id, last_seq, member_count, version, meta, title from stream where id = ${query.stream}`,
    tx<DbMember[]>`
        select stream, account, status, name, role, from_seq, muted_until, formerly, delivered_seq, read_seq
        from member where stream = ${query.stream} and status = 'joined' order by account`,
  ]);
  const [row] = rows;
  if (!row) return undefined;
  const snapshot: StreamSnapshot = { row: streamRow(row), members: [], receipts: {} };
  for (const one of members) {
    snapshot.members.push(member(one));
    snapshot.receipts[one.account] = { deliveredSeq: one.delivered_seq, readSeq: one.read_seq };
  }
  return { page: await readItems(tx, query, snapshot), snapshot };
}

async function readItems(tx: TransactionSql, query: PageQuery, snapshot: StreamSnapshot): Promise<Page> {
  const head = snapshot.row.lastSeq;
  const { stream, floor } = query;
  const planned = planPage(query);
  const plan = { ...planned, start: planned.start ?? (await seqAt(tx, query)) };
  const [below, above] = await Promise.all([
    plan.downLimit > 0 ? down(tx, stream, floor, plan.start, plan.downLimit) : [],
    plan.upLimit > 0 ? up(tx, stream, plan.start, plan.upLimit) : [],
  ]);
  const page = boundPage(query, plan, head, below, above);
  const seqs = refsOf(page, snapshot.row.meta, floor);
  const refs = seqs.length === 0 ? [] : await readMessages(tx, stream, seqs);
  const older = page.from > floor && (await anyBelow(tx, stream, floor, page.from));
  return { ...page, refs, head, older };
}

/** The first timeline item from a time on, or the last one there is. */
async function seqAt(tx: TransactionSql, { stream, floor, at = 0 }: PageQuery): Promise<Seq> {
  const [first] = await tx<{ seq: number }[]>`
    select seq from event where stream = ${stream} and seq >= ${floor} and timeline and at >= ${at} order by seq limit 1`;
  if (first) return first.seq;
  const [last] = await tx<{ seq: number | null }[]>`
    select max(seq) as seq from event where stream = ${stream} and timeline`;
  return Math.max(floor, last?.seq ?? floor);
}

async function down(tx: TransactionSql, stream: StreamId, floor: Seq, start: Seq, limit: number): Promise<Event[]> {
  const rows = await tx<DbEvent[]>`
    select stream, seq, type, by, at, command_id, body, fold from event
    where stream = ${stream} and seq >= ${floor} and seq < ${start} and timeline order by seq desc limit ${limit}`;
  return rows.map(event).reverse();
}

async function up(tx: TransactionSql, stream: StreamId, start: Seq, limit: number): Promise<Event[]> {
  const rows = await tx<DbEvent[]>`
    select stream, seq, type, by, at, command_id, body, fold from event
    where stream = ${stream} and seq >= ${start} and timeline order by seq limit ${limit}`;
  return rows.map(event);
}

async function anyBelow(tx: TransactionSql, stream: StreamId, floor: Seq, from: Seq): Promise<boolean> {
  const rows = await tx`
    select 1 from event where stream = ${stream} and seq >= ${floor} and seq < ${from} and timeline limit 1`;
  return rows.length > 0;
}

export async function readMessages(
  tx: TransactionSql | Sql,
  stream: StreamId,
  seqs: readonly Seq[],
): Promise<MessageEvent[]> {
  const rows = await tx<DbEvent[]>`
    select stream, seq, type, by, at, command_id, body, fold from event
    where stream = ${stream} and seq = any(${[...seqs]}::bigint[]) and type = 'message.sent' order by seq`;
  return rows.map((row) => event(row) as MessageEvent);
}
