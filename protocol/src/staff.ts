import { accountId, customRoleId, shopId, teamId } from "./id.ts";
import { limits } from "./limits.ts";
import { cleanLine } from "./text.ts";
import * as v from "./v.ts";

/** Roles of the staff that every workspace has. Others have ids, `r_…`. */
export const staffRoles = ["owner", "admin", "supervisor", "agent", "expert", "trainer"] as const;
export type StaffRole = (typeof staffRoles)[number];
export type RoleId = string;

export const roleId = v.union([v.picklist(staffRoles), customRoleId]);
const permission = v.pipe(v.string(), v.regex(/^[a-z]+\.[a-z-]+$/), v.maxLength(60));
const permissions = v.pipe(v.array(permission), v.maxLength(100));
const name = cleanLine(limits.nameChars);

/** Bodies of the calls that change staff, roles, shops and teams. What a change leaves out stays as it is. */
export const staffChange = v.strictObject({
  name: v.optional(name),
  role: v.optional(roleId),
  shop: v.optional(v.nullable(shopId)),
  disabled: v.optional(v.boolean()),
});
/** What one of the staff changes of their own. */
export const ownChange = v.strictObject({ name });
export const newRole = v.strictObject({ name, permissions });
export const roleChange = v.strictObject({ name: v.optional(name), permissions: v.optional(permissions) });
export const newShop = v.strictObject({ name });
export const shopChange = v.strictObject({ name: v.optional(name) });
export const newDesk = v.strictObject({ title: cleanLine(limits.titleChars) });
export const newTeam = v.strictObject({ shop: shopId, name });
export const teamChange = v.strictObject({ name: v.optional(name) });

export const staffIds = { account: accountId, role: roleId, shop: shopId, team: teamId } as const;

export type StaffMember = {
  account: string;
  name: string;
  role: RoleId;
  shop?: string | undefined;
  teams: string[];
  disabled: boolean;
  createdAt: number;
};
export type StaffPage = { staff: StaffMember[]; next?: string | undefined };
export type RoleRow = { id: RoleId; name: string; permissions: string[]; builtIn: boolean; staff: number };
/** `staff`: who serves there. */
export type DeskRow = { id: string; title: string; staff: { account: string; name: string }[] };
export type ShopRow = { id: string; name: string; desks: DeskRow[]; staff: number };
export type TeamRow = { id: string; shop: string; name: string; members: string[] };
