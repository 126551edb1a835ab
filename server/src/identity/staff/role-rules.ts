import { isStaffRole, mayEverywhere, mayGive, permissionsOf } from "@aftercare/core";
import type { Sql } from "postgres";
import type { Principal } from "../../context.ts";
import type { InvitationRules } from "./invitations.ts";

/** Inviting is giving a role: nobody gives one that may more than they themselves. */
export const roleRules = (sql: Sql): InvitationRules => ({
  async mayInvite(who: Principal, role) {
    if (!mayEverywhere(who, "staff.manage")) return false;
    if (role === undefined) return true;
    const [custom] = isStaffRole(role)
      ? [{ permissions: [] as string[] }]
      : await sql<{ permissions: string[] }[]>`
          select permissions from role where id = ${role} and workspace = this_workspace()`;
    return custom !== undefined && mayGive(who.may ?? [], permissionsOf(role, custom.permissions));
  },
});
