import { describe, expect, test } from "bun:test";
import { customerFields, staffRoles } from "@aftercare/protocol";
import { mayEverywhere } from "./needs.ts";
import { fieldPermissions, visibleFields } from "./profile.ts";
import { mayGive, permissionsOf, rolePermissions, workspacePermissionNames } from "./rights.ts";

describe("L5 roles of the workspace", () => {
  test("an owner has every permission, an admin all but making owners, and nobody else may manage", () => {
    expect(rolePermissions.owner).toEqual(workspacePermissionNames);
    const missing = workspacePermissionNames.filter((one) => !rolePermissions.admin.includes(one));
    expect(missing).toEqual(["owners.manage"]);
    // What is said to customers is a supervisor's business; who may what is not.
    for (const role of staffRoles.filter((one) => one !== "owner" && one !== "admin"))
      expect([role, rolePermissions[role].filter((one) => /manage$|^audit/.test(one))]).toEqual([
        role,
        role === "supervisor" ? ["snippets.manage"] : [],
      ]);
  });

  test("a role may only be given by who has all of it: nobody but an owner makes an owner", () => {
    const givers = staffRoles.map((giver) => [
      giver,
      staffRoles.filter((role) => mayGive(rolePermissions[giver], rolePermissions[role])),
    ]);
    expect(Object.fromEntries(givers)).toEqual({
      owner: [...staffRoles],
      admin: ["admin", "supervisor", "agent", "expert", "trainer"],
      supervisor: ["supervisor", "agent", "expert", "trainer"],
      agent: ["agent", "expert"],
      expert: ["expert"],
      trainer: ["trainer"],
    });
  });

  test("a custom role is what it names and is known, whatever else is stored; a built-in one takes nothing from there", () => {
    expect(permissionsOf("r_x", ["audit.read", "nonsense"])).toEqual(["audit.read"]);
    expect(permissionsOf("r_gone", [])).toEqual([]);
    expect(permissionsOf("constructor", ["toString"])).toEqual([]);
    expect(permissionsOf("expert", ["audit.read"])).toEqual(rolePermissions.expert);
  });

  test("a customer has no permission, whatever is said", () => {
    expect(mayEverywhere({ kind: "customer", may: workspacePermissionNames }, "audit.read")).toBe(false);
    expect(mayEverywhere({ kind: "staff" }, "audit.read")).toBe(false);
  });

  test("each field of a customer is seen by its own permission alone", () => {
    for (const field of customerFields) expect(visibleFields([fieldPermissions[field]])).toEqual([field]);
    expect(visibleFields([])).toEqual([]);
    expect(new Set(Object.values(fieldPermissions)).size).toBe(customerFields.length);
  });
});
