import type {
  AccountId,
  InferOutput,
  Locale,
  PublicWidgetSettings,
  WidgetSettings,
  Workspace,
  workspaceChange,
} from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import { appendAudit } from "../audit/append.ts";
import { change, type Outcome, type WorkspaceCtx } from "./change.ts";

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
    return { value: await readWorkspace(tx) };
  });
}

/** For the chat page, before anybody has signed in; undefined when there is no such shop here. */
export async function readWidgetSettings(
  sql: Sql,
  shop: string | undefined,
): Promise<PublicWidgetSettings | undefined> {
  const { id: _, ...rest } = await readWorkspace(sql);
  if (shop === undefined) return rest;
  const [row] = await sql<{ id: string; name: string; desk: string | null }[]>`
    select id, name, (select min(stream.id) from stream where stream.id between 'd_' and 'd_~' and stream.shop = shop.id) as desk
    from shop where id = ${shop} and workspace = this_workspace()`;
  if (!row) return undefined;
  return { ...rest, shop: { id: row.id, name: row.name, ...(row.desk !== null && { desk: row.desk }) } };
}
