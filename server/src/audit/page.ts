import type { AuditAct, AuditLine, AuditPage } from "@aftercare/protocol";
import type { Sql } from "postgres";
import { type AuditRow, auditLine } from "./verify.ts";

export type AuditQuery = {
  act?: AuditAct | undefined;
  by?: string | undefined;
  since?: number | undefined;
  until?: number | undefined;
  before?: number | undefined;
  limit: number;
};

/** Lines, newest first. `since` and `until`: Unix milliseconds, both included. */
export async function pageAudit(sql: Sql, query: AuditQuery): Promise<AuditPage> {
  const { act, by, since, until, before, limit } = query;
  const rows = await sql<AuditRow[]>`
    select workspace, seq, at, by, act, subject, detail, hash from audit
    where workspace = this_workspace() and seq < ${before ?? Number.MAX_SAFE_INTEGER}
      ${act === undefined ? sql`` : sql`and act = ${act}`} ${by === undefined ? sql`` : sql`and by = ${by}`}
      ${since === undefined ? sql`` : sql`and at >= ${since}`} ${until === undefined ? sql`` : sql`and at <= ${until}`}
    order by seq desc limit ${limit + 1}`;
  const lines = rows.slice(0, limit).map(auditLine);
  const last = lines.at(-1);
  const names = await namesIn(sql, lines);
  return { lines, names, ...(rows.length > limit && last && { next: last.seq }) };
}

const maybeId = /^[-\w]{8,40}$/;

/** Looked up when the log is read: a line says ids alone, and names change. */
async function namesIn(sql: Sql, lines: readonly AuditLine[]): Promise<Record<string, string>> {
  const said = lines.flatMap(({ by, subject, detail }) => [by, subject, ...Object.values(detail).flat()]);
  const ids = [...new Set(said)].filter((one): one is string => typeof one === "string" && maybeId.test(one));
  if (ids.length === 0) return {};
  const found = await sql<{ id: string; name: string }[]>`
    select id, name from account where workspace = this_workspace() and id = any(${ids}::text[])
    union all select id, name from shop where workspace = this_workspace() and id = any(${ids}::text[])
    union all select id, name from team where workspace = this_workspace() and id = any(${ids}::text[])
    union all select id, name from role where workspace = this_workspace() and id = any(${ids}::text[])
    union all select id, name from snippet where workspace = this_workspace() and id = any(${ids}::text[])
    union all select device.id, device.agent from device join account on account.id = device.account
      where account.workspace = this_workspace() and device.id = any(${ids}::text[]) and device.agent <> ''
    union all select kid, name from identity_key where workspace = this_workspace() and kid = any(${ids}::text[])
    union all select stream.id, title from stream join shop on shop.id = stream.shop
      where shop.workspace = this_workspace() and stream.id = any(${ids}::text[]) and title is not null`;
  return Object.fromEntries(found.map(({ id, name }) => [id, name]));
}
