import type { AccountId, Seq, StreamId } from "@aftercare/protocol";
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

/** The same of accounts, whose permissions in the workspace changed. */
export async function noteAccounts(tx: TransactionSql, accounts: readonly AccountId[]): Promise<void> {
  if (accounts.length === 0) return;
  await tx`insert into rights_change (account) select unnest(${[...accounts]}::text[])`;
}

/** Streams and accounts whose rights changed since the mark, each with the seq that says so; without a mark, only a mark. */
export async function readRights(sql: Sql, mark: string | undefined): Promise<RightsNews> {
  // One statement, one snapshot: what it does not see yet is not below its mark.
  const rows = await sql<{ mark: string; stream: StreamId | null; head: Seq | null; account: AccountId | null }[]>`
    select now.mark::text as mark, found.stream, found.head, found.account
    from (select pg_snapshot_xmin(pg_current_snapshot()) as mark) as now
    left join lateral (
      select stream, account, max(head)::bigint as head from rights_change
      where xid >= ${mark ?? "9223372036854775807"}::text::xid8 group by stream, account) as found on true`;
  const heads = new Map<StreamId, Seq>();
  const accounts: AccountId[] = [];
  for (const { stream, head, account } of rows) {
    if (stream !== null && head !== null) heads.set(stream, head);
    if (account !== null) accounts.push(account);
  }
  const next = rows[0]?.mark ?? "0";
  // A database that was put together anew counts from the beginning.
  const wentBack = mark !== undefined && BigInt(next) < BigInt(mark);
  return { mark: next, heads, accounts, wentBack };
}
