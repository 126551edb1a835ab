import { pageAudit } from "../audit/page.ts";
import type { WorkspaceCtx } from "./change.ts";
import { createDesk, setDeskStaff } from "./desks.ts";
import { resetFactor } from "./factor.ts";
import { changeOwnName } from "./own-name.ts";
import { readPreferences, setPreference } from "./preferences.ts";
import { changeProfile, readProfile } from "./profile.ts";
import { changeRole, createRole, deleteRole, listRoles } from "./roles.ts";
import {
  changeShop,
  changeTeam,
  createShop,
  createTeam,
  deleteShop,
  deleteTeam,
  listShops,
  listTeams,
  moveDesk,
  setTeamMember,
} from "./shops.ts";
import { changeSnippet, createSnippet, deleteSnippet, listSnippets } from "./snippets.ts";
import { changeStaff, listStaff } from "./staff.ts";
import { changeWorkspace, readShopWidget, readWidgetSettings, readWorkspace, setShopWidget } from "./workspace.ts";

type Tail<F> = F extends (first: never, ...rest: infer R) => infer T ? (...rest: R) => T : never;
type Bound<M extends Record<string, (first: never, ...rest: never[]) => unknown>> = { [K in keyof M]: Tail<M[K]> };

const changes = {
  changeStaff,
  changeOwnName,
  resetFactor,
  createRole,
  changeRole,
  deleteRole,
  createShop,
  changeShop,
  deleteShop,
  moveDesk,
  createDesk,
  setDeskStaff,
  createTeam,
  changeTeam,
  deleteTeam,
  setTeamMember,
  changeWorkspace,
  setShopWidget,
  changeProfile,
  setPreference,
  createSnippet,
  changeSnippet,
  deleteSnippet,
};
const reads = {
  listStaff,
  listRoles,
  listShops,
  listTeams,
  readWorkspace,
  readWidgetSettings,
  readShopWidget,
  readProfile,
  readPreferences,
  listSnippets,
  pageAudit,
};

/** What the API may do to the workspace, its people and its records. */
export type Admin = Bound<typeof changes> & Bound<typeof reads>;

export function createAdmin(ctx: WorkspaceCtx): Admin {
  const bind = (functions: object, first: unknown) =>
    Object.entries(functions).map(([name, work]) => [name, (...rest: unknown[]) => work(first, ...rest)]);
  return Object.fromEntries([...bind(changes, ctx), ...bind(reads, ctx.sql)]) as Admin;
}
