import { isTimeline } from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import { type Changes, changedStreams, type MessageAppend } from "../log/store.ts";
import { seal } from "../seal.ts";
import { writeLists } from "./list-write.ts";
import { noteRights } from "./rights.ts";

type Tx = TransactionSql | Sql;
type Rows = Changes["members"];

/** Column arrays for `unnest`: one statement whatever the number of rows. */
const column = <T, V>(rows: readonly T[], value: (row: T) => V): V[] => rows.map(value);
// The driver takes an array of booleans for one boolean, so they go as text.
const sealed = (value: unknown): string | null => (value === undefined || value === null ? null : seal(value));

/** Writes a transaction's rows. The statements are sent together: the driver pipelines them. */
export async function writeChanges(tx: Tx, changes: Changes): Promise<void> {
  const work: PromiseLike<unknown>[] = [...lockMembers(tx, changes), insertEvents(tx, changes.events)];
  if (changes.newStreams.length > 0) work.push(insertStreams(tx, changes.newStreams));
  if (changes.heads.length > 0) work.push(moveHeads(tx, changes.heads));
  for (const { id, meta, memberCount } of changes.metas)
    work.push(tx`update stream set meta = ${seal(meta)}, member_count = ${memberCount} where id = ${id}`);
  if (changes.members.length > 0) work.push(noteRights(tx, changes));
  const changed = changedStreams(changes);
  if (changed.size > 0) work.push(tx`update stream set version = version + 1 where id = any(${[...changed]}::text[])`);
  for (const round of rounds(changes.members)) work.push(putMembers(tx, round));
  if (changes.messages.length > 0) work.push(refold(tx, changes.messages));
  for (const { stream, seq, body } of changes.blanked)
    work.push(tx`update event set body = ${seal(body)} where stream = ${stream} and seq = ${seq}`);
  for (const { stream, account, draft } of changes.drafts)
    work.push(tx`update member set draft = ${sealed(draft)} where stream = ${stream} and account = ${account}`);
  for (const { stream, account, settings } of changes.settings)
    work.push(
      tx`update member set settings = settings || ${JSON.stringify(settings)}::text::jsonb
        where stream = ${stream} and account = ${account}`,
    );
  work.push(...writeLists(tx, changes));
  await Promise.all(work);
}

/** See server/migrations/0004_append.sql. */
export async function appendMessages(
  sql: Sql,
  { epoch, versions, messages, at }: MessageAppend,
): Promise<Map<string, number> | undefined> {
  const streams = [...versions.keys()].sort();
  const places = new Map(streams.map((stream, index) => [stream, index + 1]));
  const counts = new Array<number>(streams.length).fill(0);
  const offsets = messages.map(({ stream }) => {
    const index = (places.get(stream) ?? 0) - 1;
    counts[index] = (counts[index] ?? 0) + 1;
    return counts[index] as number;
  });
  const [row] = await sql<{ heads: number[] | null }[]>`
    select append_messages(
      ${epoch}::bigint, ${streams}::text[], ${column(streams, (id) => versions.get(id) ?? 0)}::bigint[], ${counts}::integer[],
      ${column(messages, (m) => places.get(m.stream) ?? 0)}::integer[], ${offsets}::integer[],
      ${column(messages, (m) => m.by)}::text[], ${column(messages, (m) => m.commandId)}::uuid[],
      ${column(messages, (m) => m.fingerprint)}::bigint[], ${column(messages, (m) => seal(m.body))}::text[],
      ${at}::bigint) as heads`;
  const heads = row?.heads;
  return heads ? new Map(streams.map((stream, index) => [stream, Number(heads[index])])) : undefined;
}

/** In the order in which receipts lock them, so that the two never wait for each other in a ring. */
function lockMembers(tx: Tx, { members, drafts, settings }: Changes): PromiseLike<unknown>[] {
  const rows = [...members.map(({ stream, member }) => ({ stream, account: member.account })), ...drafts, ...settings];
  if (rows.length < 2) return [];
  const locked = tx`
    select 1 from member join unnest(${column(rows, (r) => r.stream)}::text[], ${column(rows, (r) => r.account)}::text[])
      as given(stream, account) using (stream, account)
    order by member.stream, member.account for update of member`;
  return [locked];
}

function insertEvents(tx: Tx, events: Changes["events"]): PromiseLike<unknown> {
  return tx`
    insert into event (stream, seq, type, by, at, timeline, command_id, fingerprint, body, fold)
    select * from unnest(
      ${column(events, (e) => e.stream)}::text[], ${column(events, (e) => e.seq)}::bigint[],
      ${column(events, (e) => e.type)}::text[], ${column(events, (e) => e.by)}::text[],
      ${column(events, (e) => e.at)}::bigint[], ${column(events, (e) => (isTimeline(e.type) ? "t" : "f"))}::text[]::boolean[],
      ${column(events, (e) => e.commandId ?? null)}::uuid[], ${column(events, (e) => e.fingerprint ?? null)}::bigint[],
      ${column(events, (e) => seal(e.body))}::text[], ${column(events, (e) => sealed(e.fold))}::text[])`;
}

function insertStreams(tx: Tx, rows: Changes["newStreams"]): PromiseLike<unknown> {
  return tx`
    insert into stream (id, last_seq, member_count, meta)
    select * from unnest(
      ${column(rows, (r) => r.id)}::text[], ${column(rows, (r) => r.lastSeq)}::bigint[],
      ${column(rows, (r) => r.memberCount)}::integer[], ${column(rows, (r) => sealed(r.meta))}::text[])`;
}

function moveHeads(tx: Tx, heads: Changes["heads"]): PromiseLike<unknown> {
  return tx`
    update stream set last_seq = moved.last_seq
    from unnest(${column(heads, (h) => h.id)}::text[], ${column(heads, (h) => h.lastSeq)}::bigint[]) as moved(id, last_seq)
    where stream.id = moved.id`;
}

function refold(tx: Tx, messages: Changes["messages"]): PromiseLike<unknown> {
  return tx`
    update event set body = folded.body, fold = folded.fold
    from unnest(
      ${column(messages, (m) => m.stream)}::text[], ${column(messages, (m) => m.seq)}::bigint[],
      ${column(messages, (m) => seal(m.body))}::text[], ${column(messages, (m) => seal(m.fold))}::text[]
    ) as folded(stream, seq, body, fold)
    where event.stream = folded.stream and event.seq = folded.seq`;
}

/** Changes of one member one after another: an upsert may touch a row only once. */
function rounds(rows: Rows): Rows[] {
  const sorted: Rows[] = [];
  const seen = new Map<string, number>();
  for (const row of rows) {
    const key = `${row.stream} ${row.member.account}`;
    const round = seen.get(key) ?? 0;
    seen.set(key, round + 1);
    sorted[round] = [...(sorted[round] ?? []), row];
  }
  return sorted;
}

/** A row that carries a receipt starts anew (somebody joined); one without keeps the receipt it has. */
function putMembers(tx: Tx, rows: Rows): PromiseLike<unknown> {
  return tx`
    insert into member as was (stream, account, status, name, role, from_seq, until_seq, muted_until,
      formerly, delivered_seq, read_seq, invitation)
    select stream, account, status, name, role, from_seq, until_seq, muted_until, string_to_array(formerly, ' '),
      coalesce(delivered_seq, 0), coalesce(read_seq, 0), invitation
    from unnest(
      ${column(rows, (r) => r.stream)}::text[], ${column(rows, (r) => r.member.account)}::text[],
      ${column(rows, (r) => r.status)}::text[], ${column(rows, (r) => r.member.name)}::text[],
      ${column(rows, (r) => r.member.role)}::text[], ${column(rows, (r) => r.member.fromSeq)}::bigint[],
      ${column(rows, (r) => r.untilSeq ?? null)}::bigint[], ${column(rows, (r) => r.member.mutedUntil ?? null)}::bigint[],
      ${column(rows, (r) => r.member.formerly?.join(" ") ?? null)}::text[],
      ${column(rows, (r) => r.receipt?.deliveredSeq ?? null)}::bigint[],
      ${column(rows, (r) => r.receipt?.readSeq ?? null)}::bigint[],
      ${column(rows, (r) => sealed(r.invitation))}::text[]
    ) as put(stream, account, status, name, role, from_seq, until_seq, muted_until, formerly, delivered_seq, read_seq,
      invitation)
    on conflict (stream, account) do update set
      status = excluded.status, name = excluded.name, role = excluded.role, from_seq = excluded.from_seq,
      until_seq = excluded.until_seq, muted_until = excluded.muted_until,
      formerly = excluded.formerly, invitation = excluded.invitation,
      delivered_seq = case when excluded.delivered_seq > 0 then excluded.delivered_seq else was.delivered_seq end,
      read_seq = case when excluded.read_seq > 0 then excluded.read_seq else was.read_seq end,
      draft = case when excluded.status = 'joined' and was.status = 'joined' then was.draft end,
      settings = case when excluded.status = 'joined' and was.status = 'joined' then was.settings else '{}' end`;
}
