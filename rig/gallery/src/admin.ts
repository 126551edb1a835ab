import type {
  AuditLine,
  RoleRow,
  Said,
  ShopRow,
  StaffInvitation,
  StaffMember,
  TeamRow,
  Workspace,
} from "@aftercare/sdk";
import { rolePermissions } from "@aftercare/sdk";
import { ids, now } from "./sample.ts";

/** The settings of people and rights: full, of a new installation without mail, without an answer, or refused. */
export type AdminScene = "full" | "bare" | "failing";

const hourMs = 3_600_000;
const [central, harbour] = ["s_1", "s_2"];
const person = (account: string, name: string, role: string, more: Partial<StaffMember> = {}): StaffMember => ({
  account,
  name,
  role,
  shop: central,
  teams: [],
  disabled: false,
  createdAt: now - 900 * hourMs,
  ...more,
});
const everybody: StaffMember[] = [
  person(ids.alex, "Alex Chan", "admin"),
  person(ids.mei, "Mei 林", "owner"),
  person(ids.tony, "Tony", "agent", { shop: harbour }),
  person("a_night", "Maximiliana-Alexandra Featherstonehaugh-Wong", "r_night", { shop: harbour }),
  person("a_old", "陳大文", "agent", { disabled: true, shop: undefined }),
];
const builtIn: RoleRow[] = Object.entries(rolePermissions).map(([id, permissions]) => ({
  id,
  name: id,
  permissions: [...permissions],
  builtIn: true,
  staff: everybody.filter(({ role }) => role === id).length,
}));
const own: RoleRow[] = [
  {
    id: "r_night",
    name: "夜班 Night shift",
    permissions: ["staff.read", "conversation.assign"],
    builtIn: false,
    staff: 1,
  },
  { id: "r_deputy", name: "Deputy", permissions: ["owners.manage"], builtIn: false, staff: 0 },
];
const serving = everybody.slice(0, 3).map(({ account, name }) => ({ account, name }));
const shops: ShopRow[] = [
  { id: central, name: "旺角 Central", desks: [{ id: "d_1", title: "After-sales service", staff: serving }], staff: 2 },
  { id: harbour, name: "Harbour", desks: [], staff: 2 },
];
const teams: TeamRow[] = [
  { id: "t_1", shop: central, name: "Repairs", members: [ids.mei, ids.tony] },
  { id: "t_2", shop: harbour, name: "Audio", members: [] },
];
const invitations: StaffInvitation[] = [
  { id: "1", email: "ada@shop.example", role: "agent", createdAt: now, expiresAt: now + 100 * hourMs, state: "open" },
  {
    id: "2",
    email: "a-rather-long-name-of-a-person@customer-service.shop.example",
    role: "r_night",
    createdAt: now - 300 * hourMs,
    expiresAt: now - hourMs,
    state: "expired",
  },
];
const workspace: Workspace = { id: "w_1", name: "Ming Audio 明音響", defaultLocale: "zh-Hant", widget: {} };

const hash = "3f9a".repeat(16);
const happened: [AuditLine["act"], string, string | undefined, AuditLine["detail"]][] = [
  ["role-assigned", ids.mei, ids.tony, { from: "expert", to: "agent" }],
  [
    "role-changed",
    ids.mei,
    "r_night",
    { name: "夜班", from: ["staff.read"], to: ["staff.read", "conversation.assign"] },
  ],
  ["desk-joined", ids.alex, ids.tony, { desk: "d_1" }],
  ["staff-disabled", ids.mei, "a_old", {}],
  ["invitation-sent", ids.alex, "inv_1", { role: "r_night", again: true }],
  ["customer-identified", "system", "a_x", { subject: "customer-77", visitor: true }],
  ["sign-in", ids.alex, "device", { how: "passkey" }],
];
const lines: AuditLine[] = happened.map(([act, by, subject, detail], n) => ({
  seq: 1_240 - n,
  at: now - n * n * 3 * hourMs,
  by,
  act,
  ...(subject !== undefined && { subject }),
  detail,
  hash,
}));

const called = Object.fromEntries([
  ...everybody.map(({ account, name }) => [account, name]),
  ...own.map(({ id, name }) => [id, name]),
  ["d_1", "After-sales service"],
]);

function answer(path: string, isBare: boolean): unknown {
  const some = <T>(all: T[], few = 0) => (isBare ? all.slice(0, few) : all);
  const [name, query = ""] = path.split("?");
  if (query.includes("after=")) return { staff: [] };
  switch (name) {
    case "/v1/staff":
      return { staff: some(everybody, 1), ...(!isBare && { next: "a_old" }) };
    case "/v1/roles":
      return { roles: isBare ? builtIn : [...builtIn, ...own] };
    case "/v1/shops":
      return { shops: isBare ? shops.slice(1) : shops };
    case "/v1/teams":
      return { teams: some(teams) };
    case "/v1/invitations":
      return { invitations: some(invitations) };
    case "/v1/workspace":
      return workspace;
    case "/v1/audit":
      return { lines: some(lines), names: called, ...(!isBare && { next: 1_000 }) };
    default:
      return undefined;
  }
}

/** What the server says to these pages; undefined: they do not ask this. */
export function adminAnswer(scene: AdminScene, path: string, changes: boolean): Said<unknown> | undefined {
  if (path === "/v1/sign-in/ways") return { value: { passkey: true, sso: false, mail: scene !== "bare" } };
  if (scene === "failing") return { refusal: { code: "busy" } };
  if (changes) return { refusal: { code: "owner-must-hand-over" } };
  const value = answer(path, scene === "bare");
  return value === undefined ? undefined : { value };
}
