import type { AccountId, InferOutput, ownChange } from "@aftercare/protocol";
import type { TransactionSql } from "postgres";
import { appendAudit } from "../audit/append.ts";
import { writeName } from "../identity/names.ts";
import { type Outcome, refused, type WorkspaceCtx } from "./change.ts";

/** One of the staff changes their own name: told everywhere, and written down, just as when somebody else does. */
export async function changeOwnName(
  ctx: WorkspaceCtx,
  account: AccountId,
  { name }: InferOutput<typeof ownChange>,
): Promise<Outcome<{ name: string }>> {
  const done = await ctx.sql.begin((tx) => write(tx, account, name));
  if (done === "gone") return refused("forbidden");
  if (done === "changed") {
    ctx.told([account], []);
    ctx.tellName(account);
  }
  return { value: { name } };
}

async function write(tx: TransactionSql, account: AccountId, name: string): Promise<"gone" | "same" | "changed"> {
  const [before] = await tx<{ name: string }[]>`
    select name from account
    where id = ${account} and kind = 'staff' and workspace = this_workspace() and disabled_at is null for no key update`;
  if (!before) return "gone";
  if (before.name === name) return "same";
  await writeName(tx, account, name, account);
  await appendAudit(tx, { by: account, act: "staff-renamed", subject: account, detail: { to: name } });
  return "changed";
}
