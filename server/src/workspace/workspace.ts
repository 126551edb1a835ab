import { isDeepStrictEqual } from "node:util";
import { mergeWidget } from "@aftercare/core";
import type {
  AccountId,
  InferOutput,
  Locale,
  PublicWidgetSettings,
  ShopWidget,
  WidgetSettings,
  Workspace,
  workspaceChange,
} from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import { appendAudit } from "../audit/append.ts";
import { change, type Outcome, refused, type WorkspaceCtx } from "./change.ts";

type Row = {
  id: string;
  name: string;
  brandColour: string | null;
  defaultLocale: Locale;
  widget: WidgetSettings | null;
};

export async function readWorkspace(sql: Sql | TransactionSql): Promise<Workspace> {
  const [row] = await sql<Row[]>`
    select id, name, brand_colour as "brandColour", default_locale as "defaultLocale", settings -> 'widget' as widget
    from workspace where id = this_workspace()`;
  if (!row) throw new Error("the deployment has no workspace");
  const { id, name, brandColour, defaultLocale, widget } = row;
  return { id, name, ...(brandColour !== null && { brandColour }), defaultLocale, widget: widget ?? {} };
}

export function changeWorkspace(
  ctx: WorkspaceCtx,
  by: AccountId,
  wanted: InferOutput<typeof workspaceChange>,
): Promise<Outcome<Workspace>> {
  return change(ctx, by, "settings.manage", async (tx) => {
    const before = await readWorkspace(tx);
    const { name = before.name, defaultLocale = before.defaultLocale, widget = before.widget } = wanted;
    const colour = wanted.brandColour === undefined ? (before.brandColour ?? null) : wanted.brandColour;
    await tx`
      update workspace set name = ${name}, brand_colour = ${colour}, default_locale = ${defaultLocale},
        settings = settings || ${JSON.stringify({ widget })}::text::jsonb
      where id = ${before.id}`;
    const detail = { changed: Object.keys(wanted).sort() };
    await appendAudit(tx, { by, act: "settings-changed", subject: before.id, detail });
    return { value: await readWorkspace(tx), looks: true };
  });
}

/** Undefined when there is no such shop here. */
export async function readShopWidget(sql: Sql | TransactionSql, shop: string): Promise<ShopWidget | undefined> {
  const [row] = await sql<ShopWidget[]>`
    select id as shop, widget from shop where id = ${shop} and workspace = this_workspace()`;
  return row && { shop: row.shop, widget: row.widget };
}

/** Replaces what a shop shows in its own way as a whole: what is left out is the workspace's again. */
export function setShopWidget(
  ctx: WorkspaceCtx,
  by: AccountId,
  shop: string,
  widget: WidgetSettings,
): Promise<Outcome<ShopWidget>> {
  return change(ctx, by, "settings.manage", async (tx) => {
    const before = await readShopWidget(tx, shop);
    if (!before) return refused("not-found", "shop");
    await tx`update shop set widget = ${JSON.stringify(widget)}::text::jsonb where id = ${shop}`;
    const names = new Set([...Object.keys(before.widget), ...Object.keys(widget)]) as Set<keyof WidgetSettings>;
    const changed = [...names].filter((name) => !isDeepStrictEqual(before.widget[name], widget[name])).sort();
    await appendAudit(tx, { by, act: "shop-looks-changed", subject: shop, detail: { changed } });
    return { value: { shop, widget }, looks: true };
  });
}

/** For the chat page, before anybody has signed in; undefined when there is no such shop here. */
export async function readWidgetSettings(
  sql: Sql,
  shop: string | undefined,
): Promise<PublicWidgetSettings | undefined> {
  const { id: _, ...rest } = await readWorkspace(sql);
  if (shop === undefined) return rest;
  const [row] = await sql<{ id: string; name: string; widget: WidgetSettings; desk: string | null }[]>`
    select id, name, widget, (select min(stream.id) from stream where stream.id between 'd_' and 'd_~' and stream.shop = shop.id) as desk
    from shop where id = ${shop} and workspace = this_workspace()`;
  if (!row) return undefined;
  const widget = mergeWidget(rest.widget, row.widget);
  return { ...rest, widget, shop: { id: row.id, name: row.name, ...(row.desk !== null && { desk: row.desk }) } };
}
