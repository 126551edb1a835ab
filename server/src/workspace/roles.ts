import { isStaffRole, mayGive, permissionsOf, rolePermissions, workspacePermissionNames } from "@aftercare/core";
import {
  type AccountId,
  type InferOutput,
  limits,
  type newRole,
  type RoleId,
  type RoleRow,
  type roleChange,
  staffRoles,
} from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import { appendAudit } from "../audit/append.ts";
import { change, type Outcome, readRole, refused, type WorkspaceCtx } from "./change.ts";

export async function listRoles(sql: Sql | TransactionSql): Promise<RoleRow[]> {
  const counts = await sql<{ role: RoleId; staff: number }[]>`
    select role, count(*)::int as staff from account where kind = 'staff' and workspace = this_workspace() group by role`;
  const staffOf = new Map(counts.map(({ role, staff }) => [role, staff]));
  const custom = await sql<{ id: RoleId; name: string; permissions: string[] }[]>`
    select id, name, permissions from role where workspace = this_workspace() order by lower(name)`;
  const builtIn = staffRoles.map((id) => ({ id, name: id, permissions: rolePermissions[id], builtIn: true }));
  const made = custom.map(({ id, name, permissions }) => ({
    id,
    name,
    permissions: permissionsOf(id, permissions),
    builtIn: false,
  }));
  return [...builtIn, ...made].map((role) => ({
    ...role,
    permissions: [...role.permissions],
    staff: staffOf.get(role.id) ?? 0,
  }));
}

const unknownIn = (permissions: readonly string[]): boolean =>
  permissions.some((one) => !(workspacePermissionNames as string[]).includes(one));

async function nameTaken(tx: TransactionSql, name: string, id: RoleId): Promise<boolean> {
  if (isStaffRole(name.toLowerCase())) return true;
  const found = await tx`
    select 1 from role where workspace = this_workspace() and lower(name) = lower(${name}) and id <> ${id}`;
  return found.length > 0;
}

export function createRole(
  ctx: WorkspaceCtx,
  by: AccountId,
  { name, permissions }: InferOutput<typeof newRole>,
): Promise<Outcome<RoleRow>> {
  return change(ctx, by, "roles.manage", async (tx, acting) => {
    if (unknownIn(permissions)) return refused("invalid", "permissions");
    if (!mayGive(acting.may, permissions)) return refused("forbidden", "permissions");
    if (await nameTaken(tx, name, "")) return refused("in-use", "name");
    const [counted] = await tx<{ roles: number }[]>`
      select count(*)::int as roles from role where workspace = this_workspace()`;
    if ((counted?.roles ?? 0) >= limits.rolesPerWorkspace)
      return { refusal: { code: "full", limit: { name: "rolesPerWorkspace", value: limits.rolesPerWorkspace } } };
    const id = ctx.newId("r_");
    const given = permissionsOf(id, permissions);
    await tx`insert into role (id, name, permissions) values (${id}, ${name}, ${[...given]})`;
    await appendAudit(tx, { by, act: "role-created", subject: id, detail: { name, permissions: [...given] } });
    return { value: { id, name, permissions: [...given], builtIn: false, staff: 0 } };
  });
}

export function changeRole(
  ctx: WorkspaceCtx,
  by: AccountId,
  id: RoleId,
  wanted: InferOutput<typeof roleChange>,
): Promise<Outcome<RoleRow>> {
  return change(ctx, by, "roles.manage", async (tx, acting) => {
    // The matrix of the others is the program's own: an owner's role least of all is anybody's to change.
    if (isStaffRole(id)) return refused("forbidden", "role");
    const before = await readRole(tx, id);
    if (!before) return refused("not-found", "role");
    const { name = before.name } = wanted;
    const given = wanted.permissions ?? before.permissions;
    if (unknownIn(given)) return refused("invalid", "permissions");
    if (!mayGive(acting.may, [...given, ...before.permissions])) return refused("forbidden", "permissions");
    if (await nameTaken(tx, name, id)) return refused("in-use", "name");
    const permissions = [...permissionsOf(id, given)];
    await tx`update role set name = ${name}, permissions = ${permissions} where id = ${id}`;
    const detail = { name, from: [...before.permissions], to: permissions };
    await appendAudit(tx, { by, act: "role-changed", subject: id, detail });
    const holders = await tx<{ id: AccountId }[]>`
      select id from account where kind = 'staff' and workspace = this_workspace() and role = ${id}`;
    const value = { id, name, permissions, builtIn: false, staff: holders.length };
    return { value, accounts: holders.map((one) => one.id) };
  });
}

export function deleteRole(ctx: WorkspaceCtx, by: AccountId, id: RoleId): Promise<Outcome<null>> {
  return change(ctx, by, "roles.manage", async (tx, acting) => {
    if (isStaffRole(id)) return refused("forbidden", "role");
    const before = await readRole(tx, id);
    if (!before) return refused("not-found", "role");
    if (!mayGive(acting.may, before.permissions)) return refused("forbidden", "permissions");
    const held = await tx`
      select 1 from account where kind = 'staff' and workspace = this_workspace() and role = ${id} limit 1`;
    if (held.length > 0) return refused("in-use", "role");
    await tx`delete from role where id = ${id}`;
    await appendAudit(tx, { by, act: "role-deleted", subject: id, detail: { name: before.name } });
    return { value: null };
  });
}
