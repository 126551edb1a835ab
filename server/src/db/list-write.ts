import type { Sql, TransactionSql } from "postgres";
import type { Changes, LineChange, MentionChange } from "../log/store.ts";

type Tx = TransactionSql | Sql;

/** Writes what a transaction changed of the lists. The rows of conversations are written under the locks of their streams. */
export function writeLists(tx: Tx, { lines, mentions }: Pick<Changes, "lines" | "mentions">): PromiseLike<unknown>[] {
  const work: PromiseLike<unknown>[] = [];
  const made = lines.filter(({ isNew }) => isNew);
  const moved = lines.filter(({ isNew }) => !isNew);
  if (made.length > 0) work.push(insertLines(tx, made));
  if (moved.length > 0) work.push(moveLines(tx, moved));
  const again = mentions.filter((one) => one.again);
  if (again.length > 0) work.push(dropMentions(tx, again));
  const rows = mentions.flatMap(({ accounts, ...one }) => accounts.map((account) => ({ ...one, account })));
  if (rows.length > 0) work.push(insertMentions(tx, rows));
  return work;
}

const sinceOf = ({ waiting, waitingSince, at, said }: LineChange): number | null =>
  waiting === "asks" || waiting === "anew" ? (said?.at ?? at) : (waitingSince ?? null);

export function insertLines(tx: Tx, lines: readonly LineChange[]): PromiseLike<unknown> {
  return tx`
    insert into conversation
      (stream, kind, desk, customer, assignee, closed_at, last_seq, last_at, last_by, waiting_since)
    select * from unnest(
      ${lines.map((l) => l.stream)}::text[], ${lines.map((l) => l.meta.kind)}::text[],
      ${lines.map((l) => l.meta.desk ?? null)}::text[], ${lines.map((l) => l.meta.customer ?? null)}::text[],
      ${lines.map((l) => l.meta.assignee ?? null)}::text[], ${lines.map((l) => l.meta.closed?.at ?? null)}::bigint[],
      ${lines.map((l) => l.said?.seq ?? 0)}::bigint[], ${lines.map((l) => l.said?.at ?? l.at)}::bigint[],
      ${lines.map((l) => l.said?.by ?? null)}::text[], ${lines.map(sinceOf)}::bigint[])
    on conflict (stream) do nothing`;
}

function moveLines(tx: Tx, lines: readonly LineChange[]): PromiseLike<unknown> {
  return tx`
    update conversation set customer = moved.customer, assignee = moved.assignee, closed_at = moved.closed_at,
      last_seq = coalesce(moved.last_seq, conversation.last_seq), last_at = coalesce(moved.last_at, conversation.last_at),
      last_by = coalesce(moved.last_by, conversation.last_by),
      waiting_since = case moved.waiting when 'no' then null when 'anew' then moved.since
        when 'asks' then coalesce(conversation.waiting_since, moved.since) else conversation.waiting_since end
    from unnest(
      ${lines.map((l) => l.stream)}::text[], ${lines.map((l) => l.meta.customer ?? null)}::text[],
      ${lines.map((l) => l.meta.assignee ?? null)}::text[], ${lines.map((l) => l.meta.closed?.at ?? null)}::bigint[],
      ${lines.map((l) => l.said?.seq ?? null)}::bigint[], ${lines.map((l) => l.said?.at ?? null)}::bigint[],
      ${lines.map((l) => l.said?.by ?? null)}::text[], ${lines.map((l) => l.waiting ?? null)}::text[],
      ${lines.map(sinceOf)}::bigint[]
    ) as moved(stream, customer, assignee, closed_at, last_seq, last_at, last_by, waiting, since)
    where conversation.stream = moved.stream`;
}

function dropMentions(tx: Tx, mentions: readonly MentionChange[]): PromiseLike<unknown> {
  return tx`
    delete from mention using unnest(${mentions.map((m) => m.stream)}::text[], ${mentions.map((m) => m.seq)}::bigint[])
      as dropped(stream, seq)
    where mention.stream = dropped.stream and mention.seq = dropped.seq`;
}

type MentionRow = { stream: string; seq: number; account: string; at: number };

function insertMentions(tx: Tx, rows: readonly MentionRow[]): PromiseLike<unknown> {
  return tx`
    insert into mention (stream, seq, account, at)
    select stream, seq, account, at from unnest(
      ${rows.map((r) => r.stream)}::text[], ${rows.map((r) => r.seq)}::bigint[],
      ${rows.map((r) => r.account)}::text[], ${rows.map((r) => r.at)}::bigint[]) as given(stream, seq, account, at)
    where exists (
      select from member where member.stream = given.stream and member.account = given.account and status = 'joined')
    on conflict do nothing`;
}
