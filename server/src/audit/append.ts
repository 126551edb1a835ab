import { canonical } from "@aftercare/core";
import type { AuditAct, AuditDetail, By } from "@aftercare/protocol";
import type { TransactionSql } from "postgres";

/** `subject`: the id of whom or what it was done to. */
export type AuditEntry = {
  readonly by: By;
  readonly act: AuditAct;
  readonly subject?: string | undefined;
  readonly detail?: AuditDetail | undefined;
};

const mostDetailChars = 8_000;

/**
 * Adds a line to the audit log, in the transaction of the act itself: both are there or neither is. The line takes its place
 * in the chain when the transaction commits (0008_workspace.sql), so that this may be called anywhere in it.
 */
export async function appendAudit(tx: TransactionSql, { by, act, subject, detail = {} }: AuditEntry): Promise<void> {
  const text = canonical(detail);
  if (text.length > mostDetailChars)
    throw new Error(`the detail of ${act} is longer than ${mostDetailChars} characters`);
  await tx`insert into audit (by, act, subject, detail) values (${by}, ${act}, ${subject ?? null}, ${text})`;
}
