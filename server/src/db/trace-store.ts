import type { Sql } from "postgres";
import type { TraceStore } from "../gateway/trace.ts";
import type { TraceRow } from "../gateway/trace-pack.ts";

const dayMs = 86_400_000;
/** Of marks in one answer: a busy group with many devices writes much. */
const mostChars = 8_000_000;

/** Delivery marks in PostgreSQL, kept for some days. */
export function createTraceStore(sql: Sql, days: number): TraceStore {
  return {
    keepMs: days * dayMs,
    async save(rows, epoch) {
      await sql`
        insert into trace (stream, until_at, last_seq, marks)
        select * from unnest(${rows.map((row) => row.stream)}::text[], ${rows.map((row) => row.untilAt)}::bigint[],
          ${rows.map((row) => row.lastSeq)}::bigint[], ${rows.map((row) => row.marks)}::text[])
        where ${epoch} = (select epoch from deployment)`;
    },
    async rows(stream, seq, fromAt, limit) {
      const rows = await sql<TraceRow[]>`
        select stream, "untilAt", "lastSeq", marks from (
          select stream, until_at as "untilAt", last_seq as "lastSeq", marks,
            sum(length(marks)) over (order by until_at, id) as chars
          from trace where stream = ${stream} and until_at >= ${fromAt} and last_seq >= ${seq}
          order by until_at, id limit ${limit}) as found
        where chars <= ${mostChars} order by "untilAt"`;
      return [...rows];
    },
    async forget(before, limit) {
      const { count } = await sql`
        delete from trace where id in (select id from trace where until_at < ${before} limit ${limit})`;
      return count;
    },
    async names(accounts) {
      const rows = await sql<{ id: string; name: string }[]>`
        select id, name from account where id = any(${[...accounts]}::text[])`;
      return new Map(rows.map(({ id, name }) => [id, name]));
    },
    async firstSeen(devices) {
      const rows = await sql<{ id: string; at: number }[]>`
        select id, floor(extract(epoch from created_at) * 1000)::float8 as at from device
        where id = any(${[...devices]}::text[])`;
      return new Map(rows.map(({ id, at }) => [id, at]));
    },
  };
}
