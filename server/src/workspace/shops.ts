import {
  type AccountId,
  type InferOutput,
  limits,
  type newShop,
  type newTeam,
  type ShopRow,
  type shopChange,
  type TeamRow,
  type teamChange,
} from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import { appendAudit } from "../audit/append.ts";
import { change, type Outcome, refused, type WorkspaceCtx } from "./change.ts";

type Any = Sql | TransactionSql;

export async function listShops(sql: Any): Promise<ShopRow[]> {
  const rows = await sql<ShopRow[]>`
    select id, name,
      coalesce((select jsonb_agg(jsonb_build_object('id', stream.id, 'title', coalesce(stream.title, ''), 'staff', coalesce((
          select jsonb_agg(jsonb_build_object('account', member.account, 'name', account.name) order by member.account)
          from member join account on account.id = member.account
          where member.stream = stream.id and member.status = 'joined'), '[]')) order by stream.id)
        from stream where stream.id between 'd_' and 'd_~' and stream.shop = shop.id), '[]') as desks,
      (select count(*)::int from account where account.shop = shop.id and disabled_at is null) as staff
    from shop where workspace = this_workspace() order by id`;
  return [...rows];
}

export async function listTeams(sql: Any): Promise<TeamRow[]> {
  const rows = await sql<TeamRow[]>`
    select id, shop, name, array(select account from team_member where team = team.id order by account) as members
    from team where workspace = this_workspace() order by id`;
  return [...rows];
}

export const shopOf = async (tx: Any, id: string) => (await listShops(tx)).find((one) => one.id === id);
const teamOf = async (tx: Any, id: string) => (await listTeams(tx)).find((one) => one.id === id);

/** What another shop is called: two of one name could not be told apart where one chooses. */
const nameTaken = (shops: readonly ShopRow[], name: string, id?: string): boolean =>
  shops.some((one) => one.id !== id && one.name.toLowerCase() === name.toLowerCase());

type Counted = "shopsPerWorkspace" | "teamsPerWorkspace" | "membersPerTeam";
const full = (name: Counted) => ({ refusal: { code: "full" as const, limit: { name, value: limits[name] } } });

export function createShop(
  ctx: WorkspaceCtx,
  by: AccountId,
  { name }: InferOutput<typeof newShop>,
): Promise<Outcome<ShopRow>> {
  return change(ctx, by, "shops.manage", async (tx) => {
    const shops = await listShops(tx);
    if (nameTaken(shops, name)) return refused("in-use", "name");
    if (shops.length >= limits.shopsPerWorkspace) return full("shopsPerWorkspace");
    const id = ctx.newId("s_");
    await tx`insert into shop (id, name) values (${id}, ${name})`;
    await appendAudit(tx, { by, act: "shop-created", subject: id, detail: { name } });
    return { value: { id, name, desks: [], staff: 0 } };
  });
}

export function changeShop(
  ctx: WorkspaceCtx,
  by: AccountId,
  id: string,
  wanted: InferOutput<typeof shopChange>,
): Promise<Outcome<ShopRow>> {
  return change(ctx, by, "shops.manage", async (tx) => {
    const shops = await listShops(tx);
    const before = shops.find((one) => one.id === id);
    if (!before) return refused("not-found", "shop");
    const { name = before.name } = wanted;
    // Two that had one name before this was refused keep it.
    if (name !== before.name && nameTaken(shops, name, id)) return refused("in-use", "name");
    await tx`update shop set name = ${name} where id = ${id}`;
    await appendAudit(tx, { by, act: "shop-changed", subject: id, detail: { from: before.name, to: name } });
    return { value: { ...before, name }, looks: true };
  });
}

export function deleteShop(ctx: WorkspaceCtx, by: AccountId, id: string): Promise<Outcome<null>> {
  return change(ctx, by, "shops.manage", async (tx) => {
    const before = await shopOf(tx, id);
    if (!before) return refused("not-found", "shop");
    const used = await tx`
      select 1 from account where shop = ${id} union all select 1 from team where shop = ${id}
      union all select 1 from stream where id between 'd_' and 'd_~' and shop = ${id} limit 1`;
    if (used.length > 0) return refused("in-use", "shop");
    await tx`delete from shop where id = ${id}`;
    await appendAudit(tx, { by, act: "shop-deleted", subject: id, detail: { name: before.name } });
    return { value: null, looks: true };
  });
}

/** A desk belongs to one shop. */
export function moveDesk(ctx: WorkspaceCtx, by: AccountId, shop: string, desk: string): Promise<Outcome<ShopRow>> {
  return change(ctx, by, "shops.manage", async (tx) => {
    const shops = await listShops(tx);
    if (!shops.some((one) => one.id === shop)) return refused("not-found", "shop");
    const from = shops.find((one) => one.desks.some(({ id }) => id === desk));
    if (!from) return refused("not-found", "desk");
    await tx`update stream set shop = ${shop} where id = ${desk}`;
    await appendAudit(tx, { by, act: "shop-changed", subject: shop, detail: { desk, from: from.id } });
    return { value: (await shopOf(tx, shop)) as ShopRow, looks: true };
  });
}

export function createTeam(
  ctx: WorkspaceCtx,
  by: AccountId,
  { shop, name }: InferOutput<typeof newTeam>,
): Promise<Outcome<TeamRow>> {
  return change(ctx, by, "shops.manage", async (tx) => {
    if (!(await shopOf(tx, shop))) return refused("not-found", "shop");
    if ((await listTeams(tx)).length >= limits.teamsPerWorkspace) return full("teamsPerWorkspace");
    const id = ctx.newId("t_");
    await tx`insert into team (id, shop, name) values (${id}, ${shop}, ${name})`;
    await appendAudit(tx, { by, act: "team-created", subject: id, detail: { name, shop } });
    return { value: { id, shop, name, members: [] } };
  });
}

export function changeTeam(
  ctx: WorkspaceCtx,
  by: AccountId,
  id: string,
  wanted: InferOutput<typeof teamChange>,
): Promise<Outcome<TeamRow>> {
  return change(ctx, by, "shops.manage", async (tx) => {
    const before = await teamOf(tx, id);
    if (!before) return refused("not-found", "team");
    const { name = before.name } = wanted;
    await tx`update team set name = ${name} where id = ${id}`;
    await appendAudit(tx, { by, act: "team-changed", subject: id, detail: { from: before.name, to: name } });
    return { value: { ...before, name } };
  });
}

export function deleteTeam(ctx: WorkspaceCtx, by: AccountId, id: string): Promise<Outcome<null>> {
  return change(ctx, by, "shops.manage", async (tx) => {
    const before = await teamOf(tx, id);
    if (!before) return refused("not-found", "team");
    await tx`delete from team where id = ${id}`;
    const detail = { name: before.name, members: before.members };
    await appendAudit(tx, { by, act: "team-deleted", subject: id, detail });
    return { value: null };
  });
}

/** Puts somebody of the staff into a team, or takes them out. */
export function setTeamMember(
  ctx: WorkspaceCtx,
  by: AccountId,
  place: { team: string; account: AccountId; on: boolean },
): Promise<Outcome<TeamRow>> {
  const { team, account, on } = place;
  return change(ctx, by, "shops.manage", async (tx) => {
    const before = await teamOf(tx, team);
    if (!before) return refused("not-found", "team");
    const [found] = await tx`
      select 1 from account where id = ${account} and kind = 'staff' and workspace = this_workspace()`;
    if (!found) return refused("not-found", "account");
    if (before.members.includes(account) === on) return { value: before };
    if (on && before.members.length >= limits.membersPerTeam) return full("membersPerTeam");
    if (on) await tx`insert into team_member (team, account) values (${team}, ${account})`;
    else await tx`delete from team_member where team = ${team} and account = ${account}`;
    await appendAudit(tx, { by, act: on ? "team-joined" : "team-left", subject: account, detail: { team } });
    return { value: (await teamOf(tx, team)) as TeamRow };
  });
}
