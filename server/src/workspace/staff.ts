import { isStaffRole, mayGive, permissionsOf, type WorkspacePermission } from "@aftercare/core";
import type { AccountId, InferOutput, RoleId, StaffMember, StaffPage, staffChange } from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import { appendAudit } from "../audit/append.ts";
import { noteName } from "../identity/names.ts";
import { type Acting, change, type Outcome, readRole, refused, type WorkspaceCtx } from "./change.ts";

type StaffChange = InferOutput<typeof staffChange>;
type Row = Omit<StaffMember, "shop"> & { shop: string | null };

const memberOf = ({ shop, ...row }: Row): StaffMember => ({ ...row, ...(shop !== null && { shop }) });

/** In the order of their coming. */
export async function listStaff(sql: Sql, after: AccountId | undefined, limit: number): Promise<StaffPage> {
  const rows = await readStaff(sql, sql`and account.id > ${after ?? ""}`, limit + 1);
  const staff = rows.slice(0, limit);
  const last = staff.at(-1);
  return { staff, ...(rows.length > limit && last && { next: last.account }) };
}

async function readStaff(sql: Sql | TransactionSql, which: ReturnType<Sql>, limit: number): Promise<StaffMember[]> {
  const rows = await sql<Row[]>`
    select account.id as account, account.name, account.role, account.shop, account.disabled_at is not null as disabled,
      floor(extract(epoch from account.created_at) * 1000)::float8 as "createdAt",
      array(select team from team_member where team_member.account = account.id order by team) as teams
    from account where kind = 'staff' and workspace = this_workspace() ${which} order by account.id limit ${limit}`;
  return rows.map(memberOf);
}

/** What is left out stays as it is. All of it, or none, with a line in the audit log for each thing that changed. */
export function changeStaff(
  ctx: WorkspaceCtx,
  by: AccountId,
  account: AccountId,
  wanted: StaffChange,
): Promise<Outcome<StaffMember>> {
  return change(ctx, by, "staff.manage", async (tx, acting) => {
    const [before] = await readStaff(tx, tx`and account.id = ${account}`, 1);
    if (!before) return refused("not-found", "account");
    const refusal = await whyNot(tx, acting, before, wanted);
    if (refusal) return refusal;
    const credentials = await write(tx, acting, before, wanted);
    const [value] = await readStaff(tx, tx`and account.id = ${account}`, 1);
    if (!value) throw new Error("the staff went away under the lock");
    const renamed = value.name !== before.name && { renamed: account };
    return { value, accounts: [account], credentials, ...renamed };
  });
}

async function whyNot(tx: TransactionSql, acting: Acting, before: StaffMember, wanted: StaffChange) {
  const { role, shop, disabled } = wanted;
  if (!mayGive(acting.may, await mayOf(tx, before.role))) return refused("forbidden", "account");
  if (role !== undefined && role !== before.role) {
    if (!isStaffRole(role) && !(await readRole(tx, role))) return refused("not-found", "role");
    if (!mayGive(acting.may, await mayOf(tx, role))) return refused("forbidden", "role");
  }
  if (disabled === true && before.account === acting.account) return refused("forbidden", "disabled");
  const isOwnerNow = before.role === "owner" && !before.disabled;
  if (isOwnerNow && ((role ?? "owner") !== "owner" || disabled === true) && (await countOwners(tx)) === 1)
    return refused("owner-must-hand-over");
  if (typeof shop === "string") {
    const [found] = await tx`select 1 from shop where id = ${shop} and workspace = this_workspace()`;
    if (!found) return refused("not-found", "shop");
  }
  return undefined;
}

export async function mayOf(tx: TransactionSql, role: RoleId): Promise<readonly WorkspacePermission[]> {
  return isStaffRole(role) ? permissionsOf(role, []) : ((await readRole(tx, role))?.permissions ?? []);
}

async function countOwners(tx: TransactionSql): Promise<number> {
  const [row] = await tx<{ owners: number }[]>`
    select count(*)::int as owners from account
    where kind = 'staff' and role = 'owner' and disabled_at is null and workspace = this_workspace()`;
  return row?.owners ?? 0;
}

/** What somebody gave who may not give it any more, and nobody has taken yet, is not to be had. */
async function revokeInvitations(tx: TransactionSql, by: AccountId, inviter: AccountId): Promise<void> {
  const gone = await tx<{ id: string }[]>`
    update mail_link set revoked_at = now()
    where invited_by = ${inviter} and kind = 'invitation' and used_at is null and revoked_at is null returning id`;
  for (const { id } of gone) await appendAudit(tx, { by, act: "invitation-revoked", subject: id });
}

/** Gives the credentials that ended with it. */
async function write(tx: TransactionSql, { account: by }: Acting, before: StaffMember, wanted: StaffChange) {
  const { account: subject } = before;
  const { name = before.name, role = before.role, disabled = before.disabled } = wanted;
  const shop = wanted.shop === undefined ? (before.shop ?? null) : wanted.shop;
  await tx`
    update account set name = ${name}, role = ${role}, shop = ${shop},
      disabled_at = case when ${disabled} then coalesce(disabled_at, now()) end
    where id = ${subject}`;
  if (name !== before.name) {
    await noteName(tx, subject, by);
    await appendAudit(tx, { by, act: "staff-renamed", subject, detail: { to: name } });
  }
  if (role !== before.role)
    await appendAudit(tx, { by, act: "role-assigned", subject, detail: { from: before.role, to: role } });
  if (shop !== (before.shop ?? null))
    await appendAudit(tx, { by, act: "staff-moved", subject, detail: { from: before.shop ?? null, to: shop } });
  if ((disabled && !before.disabled) || !mayGive(await mayOf(tx, role), await mayOf(tx, before.role)))
    await revokeInvitations(tx, by, subject);
  if (disabled === before.disabled) return [];
  await appendAudit(tx, { by, act: disabled ? "staff-disabled" : "staff-enabled", subject });
  if (!disabled) return [];
  const ended = await tx<{ id: string }[]>`
    update device set revoked_at = now() where account = ${subject} and revoked_at is null returning id`;
  return ended.map(({ id }) => id);
}
