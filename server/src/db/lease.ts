import type { Sql, TransactionSql } from "postgres";

/** A duty that one node has for a while. Times are the database's. */
export type Lease = { readonly name: string; readonly token: number };

/** Takes a lease that is free, or prolongs the holder's own; undefined while somebody else has it. */
export async function takeLease(sql: Sql, name: string, holder: string, ttlMs: number): Promise<Lease | undefined> {
  const [row] = await sql<{ token: number }[]>`
    insert into lease as held (name, holder, token, until)
    values (${name}, ${holder}, 1, clock_timestamp() + ${ttlMs} * interval '1 ms')
    on conflict (name) do update set holder = excluded.holder, until = excluded.until,
      token = held.token + case when held.holder = excluded.holder and held.until > clock_timestamp() then 0 else 1 end
    where held.holder = excluded.holder or held.until <= clock_timestamp()
    returning token`;
  return row && { name, token: row.token };
}

/** Lets others take it at once. */
export async function releaseLease(sql: Sql, { name, token }: Lease): Promise<void> {
  await sql`update lease set until = clock_timestamp() where name = ${name} and token = ${token}`;
}

/**
 * Writes as the holder: refused by the database when the lease was lost, and nobody takes it over before the end. A holder
 * that stops in the middle is cut off when its time is over.
 */
export function underLease<T>(
  sql: Sql,
  { name, token }: Lease,
  ttlMs: number,
  work: (tx: TransactionSql) => Promise<T>,
): Promise<T> {
  return sql.begin(async (tx) => {
    await tx`select set_config('idle_in_transaction_session_timeout', ${String(ttlMs)}, true),
      set_config('statement_timeout', ${String(ttlMs)}, true)`;
    await tx`select lease_check(${name}, ${token})`;
    return work(tx);
  }) as Promise<T>;
}
