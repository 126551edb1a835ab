import { type By, type Meta, type Seq, type StreamId, SYSTEM } from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import type { LineChange } from "../log/store.ts";
import { unseal } from "../seal.ts";
import { insertLines } from "./list-write.ts";

/** Makes the rows that are missing, from the log: of conversations from before there were lists. */
export async function rebuildLines(sql: Sql, limit: number): Promise<boolean> {
  return sql.begin(async (tx) => {
    const rows = await tx<{ id: StreamId; meta: string }[]>`
      select id, meta from stream
      where id between 'c_' and 'c_~' and meta is not null
        and not exists (select from conversation where conversation.stream = stream.id)
      order by id limit ${limit} for update`;
    const lines: LineChange[] = [];
    for (const { id, meta } of rows) lines.push(await lineFromLog(tx, id, unseal<Meta>(meta)));
    if (lines.length > 0) await insertLines(tx, lines);
    return rows.length === limit;
  }) as Promise<boolean>;
}

type Said = { seq: Seq; by: By; at: number };

async function lineFromLog(tx: TransactionSql, stream: StreamId, meta: Meta): Promise<LineChange> {
  const [said] = await tx<Said[]>`
    select seq, by, at from event
    where stream = ${stream} and timeline and type = 'message.sent' and by <> ${SYSTEM} order by seq desc limit 1`;
  const [opened] = await tx<{ at: number }[]>`select at from event where stream = ${stream} order by seq limit 1`;
  const line: LineChange = { stream, isNew: true, meta, at: opened?.at ?? meta.createdAt, said };
  if (meta.kind !== "support" || meta.customer === undefined || meta.closed) return line;
  const [first] = await tx<{ at: number }[]>`
    select at from event
    where stream = ${stream} and timeline and type = 'message.sent' and by = ${meta.customer} and seq > coalesce((
      select max(seq) from event
      where stream = ${stream} and (type = 'conversation.closed'
        or type = 'message.sent' and by <> ${meta.customer} and by <> ${SYSTEM})), 0)
    order by seq limit 1`;
  return { ...line, waitingSince: first?.at };
}

/** Forgets mentions that were read, and those of people who have left. */
export async function forgetReadMentions(sql: Sql | TransactionSql, limit: number): Promise<boolean> {
  const { count } = await sql`
    delete from mention using (
      select mention.stream, mention.seq, mention.account from mention
      left join member on member.stream = mention.stream and member.account = mention.account
      where member.account is null or member.status = 'left' or member.read_seq >= mention.seq
      limit ${limit}) as read
    where mention.stream = read.stream and mention.seq = read.seq and mention.account = read.account`;
  return count === limit;
}
