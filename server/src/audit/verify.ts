import { createHash } from "node:crypto";
import type { AuditAct, AuditDetail, By } from "@aftercare/protocol";
import type { Sql } from "postgres";

/** A line of the log as it is stored. */
export type AuditRow = {
  workspace: string;
  seq: number;
  at: number;
  by: By;
  act: AuditAct;
  subject: string | null;
  detail: string;
  hash: Uint8Array;
};

export type AuditHead = { seq: number; hash: string };

/** Of a broken chain, the first line that is not what it was, or not there. */
export type AuditVerdict =
  | { whole: true; head: AuditHead }
  | { whole: false; seq: number; why: "changed" | "missing" | "beyond-head" | "no-place" };

const pageRows = 1_000;
const startHash = new Uint8Array();

/** The lines of this deployment's workspace, in order, a page at a time. */
export async function* readAudit(sql: Sql): AsyncGenerator<AuditRow> {
  let after = 0;
  for (;;) {
    const rows = await sql<AuditRow[]>`
      select workspace, seq, at, by, act, subject, detail, hash from audit
      where workspace = this_workspace() and seq > ${after} order by seq limit ${pageRows}`;
    for (const row of rows) yield row;
    const last = rows.at(-1);
    if (!last) return;
    after = last.seq;
  }
}

/**
 * Reads the chain from its start. `noted` is a head that was kept elsewhere: who rewrites the whole chain from some line on
 * cannot make that one come out again.
 */
export async function verifyAudit(sql: Sql, noted?: AuditHead): Promise<AuditVerdict> {
  // Read first: lines that are added meanwhile are beyond it, and rightly so.
  const [head] = await sql<{ seq: number; hash: Uint8Array }[]>`
    select seq, hash from audit_head where workspace = this_workspace()`;
  const [loose] = await sql<{ id: number }[]>`
    select id from audit where workspace = this_workspace() and seq is null limit 1`;
  if (loose) return { whole: false, seq: loose.id, why: "no-place" };
  const last = head?.seq ?? 0;
  let seq = 0;
  let hash: Uint8Array = startHash;
  for await (const row of readAudit(sql)) {
    if (seq === last) {
      if (await headMovedTo(sql, row.seq)) break;
      return { whole: false, seq: row.seq, why: "beyond-head" };
    }
    if (row.seq !== seq + 1) return { whole: false, seq: seq + 1, why: "missing" };
    hash = hashOf(hash, row);
    if (!same(hash, row.hash)) return { whole: false, seq: row.seq, why: "changed" };
    if (noted?.seq === row.seq && noted.hash !== hexOf(hash)) return { whole: false, seq: row.seq, why: "changed" };
    seq = row.seq;
    if (seq === last && head && !same(hash, head.hash)) return { whole: false, seq, why: "changed" };
  }
  if (seq < Math.max(last, noted?.seq ?? 0)) return { whole: false, seq: seq + 1, why: "missing" };
  return { whole: true, head: { seq, hash: hexOf(hash) } };
}

/** Whether the log has grown to this line since its head was read. */
async function headMovedTo(sql: Sql, seq: number): Promise<boolean> {
  const [head] = await sql<{ seq: number }[]>`select seq from audit_head where workspace = this_workspace()`;
  return (head?.seq ?? 0) >= seq;
}

/** As `audit_text` and `audit_chain` of 0008_workspace.sql. */
function hashOf(before: Uint8Array, { workspace, seq, at, by, act, subject, detail }: AuditRow): Uint8Array {
  const fields = [workspace, String(seq), String(at), by, act, subject, detail];
  const text = fields.map((field) => (field === null ? "-" : `${Buffer.byteLength(field)}:${field}`)).join(",");
  return createHash("sha256").update(before).update(text).digest();
}

const same = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;
const hexOf = (hash: Uint8Array): string => Buffer.from(hash).toString("hex");

/** A line as people and programs are given it. */
export const auditLine = ({ seq, at, by, act, subject, detail, hash }: AuditRow) => ({
  seq,
  at,
  by,
  act,
  ...(subject !== null && { subject }),
  detail: JSON.parse(detail) as AuditDetail,
  hash: hexOf(hash),
});
