import type { StaffRole } from "@aftercare/protocol";

/** What a role of the staff may do in the whole workspace, each with what it means; the words in three languages are in `ui`. */
export const workspacePermissions = {
  "staff.read": "see the staff with their roles, shops and teams",
  "staff.manage": "invite, rename, move, shut out and let in staff, and give them roles",
  "owners.manage": "make somebody an owner, and change what an owner is",
  "roles.manage": "make, change and delete roles",
  "shops.manage": "make, change and delete shops and teams",
  "settings.manage": "change the workspace and what the widget shows",
  "snippets.manage": "make, change and delete the replies that all staff share",
  "keys.manage": "make, replace and revoke keys of the shop's site",
  "audit.read": "read the audit log",
  "conversation.read-any": "read conversations with customers that one is not a member of",
  "conversation.join-any": "join conversations with customers without an invitation",
  "conversation.assign": "give a conversation to somebody",
  "group.create": "make groups",
  "customer.edit": "change what is known of a customer",
  "customer.merge": "make one customer of two, and undo it",
  "customer.see-phone": "see customers' telephone numbers",
  "customer.see-email": "see customers' mail addresses",
  "customer.see-address": "see customers' postal addresses",
  "customer.see-price": "see what customers paid",
  "customer.see-notes": "see what staff wrote down about customers",
  "delivery.inspect": "see when a message reached which device",
} as const;

export type WorkspacePermission = keyof typeof workspacePermissions;
export const workspacePermissionNames = Object.keys(workspacePermissions) as WorkspacePermission[];

const all = workspacePermissionNames;
const customers = all.filter((one) => one.startsWith("customer."));

/** The whole matrix of the roles that every workspace has. Custom roles are made of the same permissions. */
export const rolePermissions: Record<StaffRole, readonly WorkspacePermission[]> = {
  owner: all,
  admin: all.filter((one) => one !== "owners.manage"),
  supervisor: [
    "staff.read",
    "snippets.manage",
    "conversation.read-any",
    "conversation.join-any",
    "conversation.assign",
    "group.create",
    ...customers,
    "delivery.inspect",
  ],
  agent: ["conversation.assign", "group.create", ...customers.filter((one) => one !== "customer.merge")],
  expert: ["group.create", "customer.see-price", "customer.see-notes"],
  trainer: ["staff.read", "conversation.read-any", "customer.see-notes"],
};

export const isStaffRole = (role: string): role is StaffRole => Object.hasOwn(rolePermissions, role);

/** What a role may do; `custom` are the permissions of one that is not in the matrix. A permission that is not known is none. */
export const permissionsOf = (role: string, custom: readonly string[]): readonly WorkspacePermission[] =>
  isStaffRole(role) ? rolePermissions[role] : all.filter((permission) => custom.includes(permission));

/** Nobody gives, takes or changes what is above them: of each of these permissions one must have all. */
export const mayGive = (mine: readonly string[], given: readonly string[]): boolean =>
  given.every((permission) => mine.includes(permission));
