import {
  type AuditAct,
  auditActs,
  type InferOutput,
  limits,
  profileChange,
  type WidgetSettings,
  widgetSettings,
  workspaceChange,
} from "@aftercare/protocol";
import { invalidAt, json, refuse } from "./refusal.ts";
import type { JsonSchema, Route } from "./route.ts";
import { answered, numberOf } from "./routes-staff.ts";
import { idOf, ref } from "./schemas.ts";

const latestMs = 8_640_000_000_000_000;
const account = idOf("a");
const shop = idOf("s");
const instant: JsonSchema = {
  type: "integer",
  minimum: 0,
  maximum: latestMs,
  description: "Unix time in milliseconds",
};
/** The chat page asks at each visit; a change in the designer is seen this soon. */
const widgetCacheSeconds = 60;

export const workspaceRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/v1/workspace",
    operationId: "getWorkspace",
    summary: "The workspace and what the widget shows",
    auth: "bearer",
    needs: "staff",
    answer: { status: 200, description: "The workspace", schema: ref("Workspace") },
    handle: async ({ admin }) => json(await admin.readWorkspace()),
  },
  {
    method: "patch",
    path: "/v1/workspace",
    operationId: "changeWorkspace",
    summary: "Change the workspace; what is left out stays, `widget` is replaced as a whole",
    auth: "bearer",
    needs: "settings.manage",
    body: { schema: workspaceChange },
    answer: { status: 200, description: "As it is now", schema: ref("Workspace") },
    handle: async ({ admin }, { principal, body }) =>
      answered(await admin.changeWorkspace(principal.account, body as InferOutput<typeof workspaceChange>)),
  },
  {
    method: "get",
    path: "/v1/shops/{shop}/widget",
    operationId: "getShopWidget",
    summary: "What the widget shows for one shop, as far as it differs from the workspace",
    auth: "bearer",
    needs: "staff",
    params: { shop },
    answer: { status: 200, description: "The shop's own settings", schema: ref("ShopWidget") },
    async handle({ admin }, { params }) {
      const found = await admin.readShopWidget(params.shop ?? "");
      return found ? json(found) : refuse({ code: "not-found", path: "shop" });
    },
  },
  {
    method: "put",
    path: "/v1/shops/{shop}/widget",
    operationId: "setShopWidget",
    summary: "Replace a shop's own settings of the widget as a whole; what is left out is the workspace's",
    auth: "bearer",
    needs: "settings.manage",
    params: { shop },
    body: { schema: widgetSettings },
    answer: { status: 200, description: "As they are now", schema: ref("ShopWidget") },
    handle: async ({ admin }, { principal, params, body }) =>
      answered(await admin.setShopWidget(principal.account, params.shop ?? "", body as WidgetSettings)),
  },
  {
    method: "get",
    path: "/v1/widget-settings",
    operationId: "getWidgetSettings",
    summary: "What the chat shows before anybody is known; for everybody, and kept for a minute",
    auth: "open",
    query: { shop: { schema: shop } },
    answer: { status: 200, description: "The settings", schema: ref("PublicWidgetSettings") },
    async handle({ admin }, { query }) {
      const found = await admin.readWidgetSettings(query.get("shop") ?? undefined);
      if (!found) return refuse({ code: "not-found", path: "shop" });
      return json(found, 200, { "cache-control": `public, max-age=${widgetCacheSeconds}` });
    },
  },
  {
    method: "get",
    path: "/v1/audit",
    operationId: "getAudit",
    summary: "Lines of the audit log, newest first",
    auth: "bearer",
    needs: "audit.read",
    query: {
      act: { schema: { enum: Object.keys(auditActs) } },
      by: { schema: { type: "string", pattern: "^(a_[-0-9A-Z_a-z]{22}|system)$" } },
      since: { schema: instant },
      until: { schema: instant },
      before: { schema: { type: "integer", minimum: 1 } },
      limit: { schema: { type: "integer", minimum: 1, maximum: limits.pageItems } },
    },
    answer: {
      status: 200,
      description: "A page; `next` is the `before` of the one behind it",
      schema: ref("AuditPage"),
    },
    async handle({ admin }, { query }) {
      const act = query.get("act") ?? undefined;
      if (act !== undefined && !Object.hasOwn(auditActs, act)) return invalidAt("act");
      const since = numberOf(query, "since", latestMs);
      const until = numberOf(query, "until", latestMs);
      const before = numberOf(query, "before", Number.MAX_SAFE_INTEGER);
      const limit = numberOf(query, "limit", limits.pageItems) ?? limits.pageItems;
      if (since === "wrong") return invalidAt("since");
      if (until === "wrong") return invalidAt("until");
      if (before === "wrong") return invalidAt("before");
      if (limit === "wrong" || limit < 1) return invalidAt("limit");
      const by = query.get("by") ?? undefined;
      return json(await admin.pageAudit({ act: act as AuditAct | undefined, by, since, until, before, limit }));
    },
  },
  {
    method: "get",
    path: "/v1/customers/{account}",
    operationId: "getCustomer",
    summary: "What is known of a customer whom one serves; `hidden` names what one may not see",
    auth: "bearer",
    needs: "staff",
    params: { account },
    answer: { status: 200, description: "The customer", schema: ref("CustomerProfile") },
    handle: async ({ admin }, { principal, params }) =>
      answered(await admin.readProfile(principal, params.account ?? "")),
  },
  {
    method: "patch",
    path: "/v1/customers/{account}",
    operationId: "changeCustomer",
    summary:
      "Change what is known of a customer; a field that one may not see is refused, and one that does not say what `seen` says (`too-late`, `path` names it)",
    auth: "bearer",
    needs: "customer.edit",
    params: { account },
    body: { schema: profileChange },
    answer: { status: 200, description: "As it is now", schema: ref("CustomerProfile") },
    handle: async ({ admin }, { principal, params, body }) =>
      answered(await admin.changeProfile(principal, params.account ?? "", body as InferOutput<typeof profileChange>)),
  },
];
