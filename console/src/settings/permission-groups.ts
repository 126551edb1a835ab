import { type WorkspacePermission, workspacePermissionNames } from "@aftercare/sdk";

const customers = (one: string) => one.startsWith("customer.");
const talks = (one: string) => /^(conversation|group|delivery)\./.test(one);

/** Permissions as people look for them. */
export const permissionGroups: readonly { name: "people" | "talks" | "customers"; all: WorkspacePermission[] }[] = [
  { name: "people", all: workspacePermissionNames.filter((one) => !customers(one) && !talks(one)) },
  { name: "talks", all: workspacePermissionNames.filter(talks) },
  { name: "customers", all: workspacePermissionNames.filter(customers) },
];
