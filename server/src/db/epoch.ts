import type { Sql, TransactionSql } from "postgres";

/** What to do when another PostgreSQL has taken over; see the setting of this name. */
export type FailoverEpoch = "new" | "keep" | "off";

type Deployment = { epoch: number; server: string | null };

/**
 * Epochs count seconds from here. A counter would give the same number twice: to the history of a server that took over
 * and was lost again, and to that of the next one, which never saw it.
 */
const epochsStartAtSeconds = Date.UTC(2026, 0, 1) / 1_000;

/** The timeline of the server that answers; a promotion begins a new one. Fails on a standby. */
const timelineSql = "left(pg_walfile_name(pg_current_wal_lsn()), 8)";
const serverSql = `(select system_identifier::text from pg_control_system()) || '/' || ${timelineSql}`;

/** Whether a row of the deployment (or none) belongs to the timeline that answers, as an SQL expression. */
export const fenceSql = (policy: FailoverEpoch): string =>
  policy === "off"
    ? "(select true)"
    : `(select case when server is null then true else split_part(server, '/', 2) = ${timelineSql} end from deployment)`;

/** The deployment's epoch; a new one when another server answers than the one it belongs to. */
export async function epochOf(sql: Sql, policy: FailoverEpoch): Promise<number> {
  const [row] = await read(sql, policy);
  if (!row) return 1;
  if (row.server === row.answering) return row.epoch;
  return sql.begin(async (tx) => {
    await tx`select 1 from deployment for update`;
    // As a statement of its own after the lock: another node may have been quicker.
    const [now] = await read(tx, policy);
    if (!now || now.server === now.answering) return now?.epoch ?? 1;
    const isNew = now.server !== null && policy === "new";
    const epoch = isNew ? await raise(tx) : now.epoch;
    await tx`update deployment set server = ${now.answering}`;
    return epoch;
  }) as Promise<number>;
}

function read(
  sql: Sql | TransactionSql,
  policy: FailoverEpoch,
): PromiseLike<(Deployment & { answering: string | null })[]> {
  const answering = policy === "off" ? "null::text" : serverSql;
  return sql.unsafe(`select epoch, server, ${answering} as answering from deployment`);
}

async function raise(sql: Sql | TransactionSql): Promise<number> {
  const [row] = await sql<{ epoch: number }[]>`
    update deployment set
      epoch = greatest(epoch + 1, floor(extract(epoch from clock_timestamp()))::bigint - ${epochsStartAtSeconds}::bigint)
    returning epoch`;
  return row?.epoch ?? 1;
}

/** For an operator who brought a backup back: every client forgets what it has and reads anew. */
export async function beginEpoch(sql: Sql): Promise<{ from: number; to: number }> {
  return sql.begin(async (tx) => {
    const [row] = await tx<{ epoch: number }[]>`select epoch from deployment for update`;
    return { from: row?.epoch ?? 0, to: await raise(tx) };
  }) as Promise<{ from: number; to: number }>;
}
