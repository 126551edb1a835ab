import type { Seq, StreamId } from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import type { Changes, RightsNews } from "../log/store.ts";

/** Notes, with the change itself, that rights in these streams changed. Nobody holds a stream that is new. */
export async function noteRights(tx: TransactionSql | Sql, { members, newStreams, heads }: Changes): Promise<void> {
  const fresh = new Set(newStreams.map(({ id }) => id));
  const touched = new Set(members.flatMap(({ stream }) => (fresh.has(stream) ? [] : [stream])));
  const rows = heads.filter(({ id }) => touched.has(id));
  if (rows.length === 0) return;
  await tx`
    insert into rights_change (stream, head)
    select * from unnest(${rows.map(({ id }) => id)}::text[], ${rows.map(({ lastSeq }) => lastSeq)}::bigint[])`;
}

/** Streams whose rights changed since the mark, each with the seq that says so; without a mark, only a mark. */
export async function readRights(sql: Sql, mark: string | undefined): Promise<RightsNews> {
  // One statement, one snapshot: what it does not see yet is not below its mark.
  const rows = await sql<{ mark: string; stream: StreamId | null; head: Seq | null }[]>`
    select now.mark::text as mark, found.stream, found.head
    from (select pg_snapshot_xmin(pg_current_snapshot()) as mark) as now
    left join lateral (
      select stream, max(head)::bigint as head from rights_change
      where xid >= ${mark ?? "9223372036854775807"}::text::xid8 group by stream) as found on true`;
  const heads = new Map<StreamId, Seq>();
  for (const { stream, head } of rows) if (stream !== null && head !== null) heads.set(stream, head);
  const next = rows[0]?.mark ?? "0";
  // A database that was put together anew counts from the beginning.
  const wentBack = mark !== undefined && BigInt(next) < BigInt(mark);
  return { mark: next, heads, wentBack };
}
