import {
  type InferOutput,
  limits,
  newDesk,
  newRole,
  newShop,
  newTeam,
  roleChange,
  shopChange,
  staffChange,
  teamChange,
} from "@aftercare/protocol";
import type { Outcome } from "../workspace/change.ts";
import { invalidAt, json, refuse } from "./refusal.ts";
import type { JsonSchema, Route } from "./route.ts";
import { idOf, object, ref } from "./schemas.ts";

const account = idOf("a");
const role: JsonSchema = { type: "string", pattern: "^([a-z]{1,20}|r_[-0-9A-Z_a-z]{22})$" };
const [shop, team, desk] = [idOf("s"), idOf("t"), idOf("d")];
const listOf = (name: string, schema: string) => object({ [name]: { type: "array", items: ref(schema) } });

export const answered = <T>(outcome: Outcome<T>, status = 200): Response =>
  "refusal" in outcome ? refuse(outcome.refusal) : json(outcome.value ?? {}, status);

/** A whole number of the query within its bounds; `undefined` where there is none, "wrong" for anything else. */
export function numberOf(query: URLSearchParams, name: string, most: number): number | undefined | "wrong" {
  const text = query.get(name);
  if (text === null) return undefined;
  return /^\d{1,16}$/.test(text) && Number(text) <= most ? Number(text) : "wrong";
}

const gone = { status: 200, description: "Deleted", schema: object({}) };

const staffRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/v1/staff",
    operationId: "listStaff",
    summary: "The staff with their roles, shops and teams, in the order of their coming",
    auth: "bearer",
    needs: "staff.read",
    query: {
      after: { schema: account },
      limit: { schema: { type: "integer", minimum: 1, maximum: limits.pageItems } },
    },
    answer: {
      status: 200,
      description: "A page; `next` is the `after` of the one behind it",
      schema: ref("StaffPage"),
    },
    async handle({ admin }, { query }) {
      const limit = numberOf(query, "limit", limits.pageItems) ?? limits.pageItems;
      if (limit === "wrong" || limit < 1) return invalidAt("limit");
      return json(await admin.listStaff(query.get("after") ?? undefined, limit));
    },
  },
  {
    method: "patch",
    path: "/v1/staff/{account}",
    operationId: "changeStaff",
    summary: "Rename, move, shut out or let in somebody of the staff, or give them a role; what is left out stays",
    auth: "bearer",
    needs: "staff.manage",
    params: { account },
    body: { schema: staffChange },
    answer: { status: 200, description: "As it is now", schema: ref("StaffMember") },
    handle: async ({ admin }, { principal, params, body }) =>
      answered(
        await admin.changeStaff(principal.account, params.account ?? "", body as InferOutput<typeof staffChange>),
      ),
  },
  {
    method: "get",
    path: "/v1/roles",
    operationId: "listRoles",
    summary: "Every role with its permissions: the matrix",
    auth: "bearer",
    needs: "staff",
    answer: { status: 200, description: "The roles", schema: listOf("roles", "Role") },
    handle: async ({ admin }) => json({ roles: await admin.listRoles() }),
  },
  {
    method: "post",
    path: "/v1/roles",
    operationId: "createRole",
    summary: "Make a role of permissions that one has oneself",
    auth: "bearer",
    needs: "roles.manage",
    body: { schema: newRole },
    answer: { status: 201, description: "The role", schema: ref("Role") },
    handle: async ({ admin }, { principal, body }) =>
      answered(await admin.createRole(principal.account, body as InferOutput<typeof newRole>), 201),
  },
  {
    method: "patch",
    path: "/v1/roles/{role}",
    operationId: "changeRole",
    summary: "Change a role; at once for all who have it. Those that every workspace has stay as they are",
    auth: "bearer",
    needs: "roles.manage",
    params: { role },
    body: { schema: roleChange },
    answer: { status: 200, description: "As it is now", schema: ref("Role") },
    handle: async ({ admin }, { principal, params, body }) =>
      answered(await admin.changeRole(principal.account, params.role ?? "", body as InferOutput<typeof roleChange>)),
  },
  {
    method: "delete",
    path: "/v1/roles/{role}",
    operationId: "deleteRole",
    summary: "Delete a role that nobody has",
    auth: "bearer",
    needs: "roles.manage",
    params: { role },
    answer: gone,
    handle: async ({ admin }, { principal, params }) =>
      answered(await admin.deleteRole(principal.account, params.role ?? "")),
  },
];

const shopRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/v1/shops",
    operationId: "listShops",
    summary: "The shops with their desks",
    auth: "bearer",
    needs: "staff",
    answer: { status: 200, description: "The shops", schema: listOf("shops", "Shop") },
    handle: async ({ admin }) => json({ shops: await admin.listShops() }),
  },
  {
    method: "post",
    path: "/v1/shops",
    operationId: "createShop",
    summary: "Make a shop; a name that another one has, in whatever case, is refused (`in-use`, path `name`)",
    auth: "bearer",
    needs: "shops.manage",
    body: { schema: newShop },
    answer: { status: 201, description: "The shop", schema: ref("Shop") },
    handle: async ({ admin }, { principal, body }) =>
      answered(await admin.createShop(principal.account, body as InferOutput<typeof newShop>), 201),
  },
  {
    method: "patch",
    path: "/v1/shops/{shop}",
    operationId: "changeShop",
    summary: "Rename a shop; refused as when one is made",
    auth: "bearer",
    needs: "shops.manage",
    params: { shop },
    body: { schema: shopChange },
    answer: { status: 200, description: "As it is now", schema: ref("Shop") },
    handle: async ({ admin }, { principal, params, body }) =>
      answered(await admin.changeShop(principal.account, params.shop ?? "", body as InferOutput<typeof shopChange>)),
  },
  {
    method: "delete",
    path: "/v1/shops/{shop}",
    operationId: "deleteShop",
    summary: "Delete a shop without desks, teams and staff",
    auth: "bearer",
    needs: "shops.manage",
    params: { shop },
    answer: gone,
    handle: async ({ admin }, { principal, params }) =>
      answered(await admin.deleteShop(principal.account, params.shop ?? "")),
  },
  {
    method: "put",
    path: "/v1/shops/{shop}/desks/{desk}",
    operationId: "moveDesk",
    summary: "Have a desk belong to this shop",
    auth: "bearer",
    needs: "shops.manage",
    params: { shop, desk },
    answer: { status: 200, description: "The shop", schema: ref("Shop") },
    handle: async ({ admin }, { principal, params }) =>
      answered(await admin.moveDesk(principal.account, params.shop ?? "", params.desk ?? "")),
  },
];

const deskRoutes: readonly Route[] = [
  {
    method: "post",
    path: "/v1/shops/{shop}/desks",
    operationId: "createDesk",
    summary: "Make a desk in a shop, where customers ask; nobody serves there yet",
    auth: "bearer",
    needs: "shops.manage",
    params: { shop },
    body: { schema: newDesk },
    answer: { status: 201, description: "The shop", schema: ref("Shop") },
    handle: async ({ admin }, { principal, params, body }) =>
      answered(await admin.createDesk(principal.account, params.shop ?? "", body as InferOutput<typeof newDesk>), 201),
  },
  ...([true, false] as const).map(
    (on): Route => ({
      method: on ? "put" : "delete",
      path: "/v1/desks/{desk}/staff/{account}",
      operationId: on ? "joinDesk" : "leaveDesk",
      summary: on
        ? "Have somebody of the staff serve at a desk: customers who ask there from now on reach them too"
        : "Have somebody serve at a desk no more; conversations that they are in stay theirs",
      auth: "bearer",
      needs: "shops.manage",
      params: { desk, account },
      answer: { status: 200, description: "The shop of the desk", schema: ref("Shop") },
      handle: async ({ admin }, { principal, params }) => {
        const place = { desk: params.desk ?? "", account: params.account ?? "", on };
        return answered(await admin.setDeskStaff(principal.account, place));
      },
    }),
  ),
];

const teamRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/v1/teams",
    operationId: "listTeams",
    summary: "The teams with their members",
    auth: "bearer",
    needs: "staff",
    answer: { status: 200, description: "The teams", schema: listOf("teams", "Team") },
    handle: async ({ admin }) => json({ teams: await admin.listTeams() }),
  },
  {
    method: "post",
    path: "/v1/teams",
    operationId: "createTeam",
    summary: "Make a team of a shop",
    auth: "bearer",
    needs: "shops.manage",
    body: { schema: newTeam },
    answer: { status: 201, description: "The team", schema: ref("Team") },
    handle: async ({ admin }, { principal, body }) =>
      answered(await admin.createTeam(principal.account, body as InferOutput<typeof newTeam>), 201),
  },
  {
    method: "patch",
    path: "/v1/teams/{team}",
    operationId: "changeTeam",
    summary: "Rename a team",
    auth: "bearer",
    needs: "shops.manage",
    params: { team },
    body: { schema: teamChange },
    answer: { status: 200, description: "As it is now", schema: ref("Team") },
    handle: async ({ admin }, { principal, params, body }) =>
      answered(await admin.changeTeam(principal.account, params.team ?? "", body as InferOutput<typeof teamChange>)),
  },
  {
    method: "delete",
    path: "/v1/teams/{team}",
    operationId: "deleteTeam",
    summary: "Delete a team",
    auth: "bearer",
    needs: "shops.manage",
    params: { team },
    answer: gone,
    handle: async ({ admin }, { principal, params }) =>
      answered(await admin.deleteTeam(principal.account, params.team ?? "")),
  },
  ...([true, false] as const).map(
    (on): Route => ({
      method: on ? "put" : "delete",
      path: "/v1/teams/{team}/members/{account}",
      operationId: on ? "joinTeam" : "leaveTeam",
      summary: on ? "Put somebody of the staff into a team" : "Take somebody out of a team",
      auth: "bearer",
      needs: "shops.manage",
      params: { team, account },
      answer: { status: 200, description: "The team", schema: ref("Team") },
      handle: async ({ admin }, { principal, params }) => {
        const place = { team: params.team ?? "", account: params.account ?? "", on };
        return answered(await admin.setTeamMember(principal.account, place));
      },
    }),
  ),
];

/** Who works here, in which place, and what they may do. */
export const peopleRoutes: readonly Route[] = [...staffRoutes, ...shopRoutes, ...deskRoutes, ...teamRoutes];
