import { type AuditHead, type AuditVerdict, auditLine, readAudit, verifyAudit } from "../audit/verify.ts";
import { openSql } from "../db/sql.ts";

export type AuditWords = { what: "verify"; noted?: AuditHead | undefined } | { what: "export" };

/** `verify`, perhaps with a head noted earlier (SEQ:HASH), or `export`; undefined when that is not what was said. */
export function readAuditWords(words: readonly string[]): AuditWords | undefined {
  const [what, noted, ...rest] = words;
  if (rest.length > 0) return undefined;
  if (what === "export" && noted === undefined) return { what };
  if (what !== "verify") return undefined;
  if (noted === undefined) return { what };
  const [, seq, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(noted) ?? [];
  return seq === undefined || hash === undefined ? undefined : { what, noted: { seq: Number(seq), hash } };
}

export async function audit(url: string, asked: AuditWords): Promise<number> {
  const sql = openSql(url, 1);
  try {
    if (asked.what === "export") {
      for await (const row of readAudit(sql)) console.log(JSON.stringify(auditLine(row)));
      return 0;
    }
    const verdict = await verifyAudit(sql, asked.noted);
    if (verdict.whole) {
      const { seq, hash } = verdict.head;
      console.log(
        seq === 0 ? "The audit log is empty." : `The audit log is whole, ${seq} lines. Its head is ${seq}:${hash}`,
      );
      return 0;
    }
    console.error(`aftercare: the audit log is broken: ${words[verdict.why](verdict.seq)}`);
    return 1;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

const words: Record<Extract<AuditVerdict, { whole: false }>["why"], (seq: number) => string> = {
  changed: (seq) => `line ${seq} is the first that is not what was written.`,
  missing: (seq) => `line ${seq} is missing.`,
  "beyond-head": (seq) => `line ${seq} was put in behind the end.`,
  "no-place": (id) => `the row with id ${id} was put in beside the chain.`,
};
