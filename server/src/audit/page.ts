import type { AuditAct, AuditPage } from "@aftercare/protocol";
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
  return { lines, ...(rows.length > limit && last && { next: last.seq }) };
}
