import { mayEverywhere, visibleFields } from "@aftercare/core";
import {
  type AccountId,
  type CustomerProfile,
  customerFields,
  type InferOutput,
  type ProfileField,
  type profileChange,
} from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import { appendAudit } from "../audit/append.ts";
import type { Principal } from "../context.ts";
import { writeName } from "../identity/names.ts";
import { type Outcome, refused, type WorkspaceCtx } from "./change.ts";

type Row = Record<ProfileField, string | null> & { name: string; updatedAt: number | null };

/**
 * A customer as somebody may see them: those of one's own conversations, or all for who reads any. Others are not found, so that
 * nobody can try ids out.
 */
async function readRow(sql: Sql | TransactionSql, who: Principal, account: AccountId): Promise<Row | undefined> {
  const any = mayEverywhere(who, "conversation.read-any");
  const [row] = await sql<Row[]>`
    select account.name, phone, email, address, notes,
      floor(extract(epoch from updated_at) * 1000)::float8 as "updatedAt"
    from account left join customer_profile on customer_profile.account = account.id
    where account.id = ${account} and kind = 'customer' and account.workspace = this_workspace()
      and (${any} or exists (
        select 1 from member as theirs join member as mine on mine.stream = theirs.stream
        where theirs.account = account.id and theirs.status <> 'left' and theirs.role = 'customer'
          and mine.account = ${who.account} and mine.status = 'joined'))`;
  return row;
}

function shown(who: Principal, account: AccountId, { name, updatedAt, ...fields }: Row): CustomerProfile {
  const visible = visibleFields(who.may ?? []);
  const profile: CustomerProfile["profile"] = {};
  for (const [field, value] of Object.entries(fields) as [ProfileField, string | null][])
    if (visible.includes(field)) profile[field] = value;
  const hidden = customerFields.filter((field) => !visible.includes(field));
  return { account, name, profile, hidden, ...(updatedAt !== null && { updatedAt }) };
}

export async function readProfile(sql: Sql, who: Principal, account: AccountId): Promise<Outcome<CustomerProfile>> {
  const row = await readRow(sql, who, account);
  return row ? { value: shown(who, account, row) } : refused("not-found", "account");
}

type Wanted = InferOutput<typeof profileChange>;

/** Writes fields that the writer sees; a single one that is hidden or not as it was seen, and nothing is written. */
export async function changeProfile(
  ctx: WorkspaceCtx,
  who: Principal,
  account: AccountId,
  wanted: Wanted,
): Promise<Outcome<CustomerProfile>> {
  const { outcome, renamed } = (await ctx.sql.begin((tx) => write(tx, who, account, wanted))) as Written;
  if (renamed) {
    ctx.told([account], []);
    ctx.tellName(account);
  }
  return outcome;
}

type Written = { outcome: Outcome<CustomerProfile>; renamed?: boolean };

/** The first field that says neither what its writer saw nor what is to be written. */
function overtakenIn({ seen = {}, ...wanted }: Wanted, before: Row): string | undefined {
  const fields = Object.keys(seen) as (ProfileField | "name")[];
  const says = (field: ProfileField | "name", text: string | null | undefined) =>
    text !== undefined && (text || null) === before[field];
  return fields.find((field) => !says(field, seen[field]) && !says(field, wanted[field]));
}

async function write(tx: TransactionSql, who: Principal, account: AccountId, wanted: Wanted): Promise<Written> {
  const { name, seen = {}, ...profile } = wanted;
  // Of two who saw the same the second finds what the first wrote.
  await tx`select 1 from account where id = ${account} and workspace = this_workspace() for no key update`;
  const before = await readRow(tx, who, account);
  if (!before) return { outcome: refused("not-found", "account") };
  const fields = Object.keys(profile).sort() as ProfileField[];
  const visible = visibleFields(who.may ?? []);
  // What is hidden is not compared either: the answer would tell what it says.
  const named = [...fields, ...Object.keys(seen).filter((field) => field !== "name")] as ProfileField[];
  const hidden = named.find((field) => !visible.includes(field));
  if (hidden) return { outcome: refused("forbidden", hidden) };
  const overtaken = overtakenIn(wanted, before);
  if (overtaken) return { outcome: refused("too-late", overtaken) };
  const changed = fields.filter((field) => profile[field] !== undefined && (profile[field] || null) !== before[field]);
  const renamed = name !== undefined && name !== before.name;
  if (changed.length === 0 && !renamed) return { outcome: { value: shown(who, account, before) } };
  if (changed.length > 0)
    await tx`insert into customer_profile (account) values (${account}) on conflict (account) do nothing`;
  // Each field by itself: two people who write different ones at the same time both get theirs.
  for (const field of changed)
    await tx`update customer_profile set ${tx(field)} = ${profile[field] || null}, updated_at = now() where account = ${account}`;
  if (renamed) await writeName(tx, account, name, who.account);
  const detail = { fields: [...changed, ...(renamed ? ["name"] : [])] };
  await appendAudit(tx, { by: who.account, act: "customer-changed", subject: account, detail });
  const after = await readRow(tx, who, account);
  return { outcome: { value: shown(who, account, after ?? before) }, renamed };
}
