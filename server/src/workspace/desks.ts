import type { NewEvent } from "@aftercare/core";
import type { AccountId, InferOutput, newDesk, ShopRow, StreamId } from "@aftercare/protocol";
import type { TransactionSql } from "postgres";
import { appendAudit } from "../audit/append.ts";
import { logTransaction } from "../db/log-store.ts";
import { WorkingSet } from "../log/working.ts";
import { change, type Logged, type Outcome, refused, type WorkspaceCtx } from "./change.ts";
import { listShops, shopOf } from "./shops.ts";

const limits = { desksPerShop: 50, staffPerDesk: 200 } as const;
const full = (name: keyof typeof limits) => ({
  refusal: { code: "full" as const, limit: { name, value: limits[name] } },
});

/** A desk that customers can ask at. Nobody serves there yet. */
export function createDesk(
  ctx: WorkspaceCtx,
  by: AccountId,
  shop: string,
  { title }: InferOutput<typeof newDesk>,
): Promise<Outcome<ShopRow>> {
  return change(ctx, by, "shops.manage", async (tx) => {
    const before = await shopOf(tx, shop);
    if (!before) return refused("not-found", "shop");
    if (before.desks.length >= limits.desksPerShop) return full("desksPerShop");
    const id = ctx.newId("d_");
    await tx`insert into stream (id, last_seq, member_count, title, shop) values (${id}, 0, 0, ${title}, ${shop})`;
    await appendAudit(tx, { by, act: "desk-created", subject: id, detail: { title, shop } });
    return { value: (await shopOf(tx, shop)) as ShopRow };
  });
}

type Place = { desk: StreamId; account: AccountId; on: boolean };

/** Puts somebody of the staff to serve at a desk, or takes them from it; all who follow the desk hear it. */
export function setDeskStaff(ctx: WorkspaceCtx, by: AccountId, place: Place): Promise<Outcome<ShopRow>> {
  const { desk, account, on } = place;
  return change(ctx, by, "shops.manage", async (tx) => {
    const shop = (await listShops(tx)).find((one) => one.desks.some(({ id }) => id === desk));
    const before = shop?.desks.find(({ id }) => id === desk);
    if (!shop || !before) return refused("not-found", "desk");
    const [who] = await tx<{ name: string }[]>`
      select name from account where id = ${account} and kind = 'staff' and workspace = this_workspace()`;
    if (!who) return refused("not-found", "account");
    if (before.staff.some((one) => one.account === account) === on) return { value: shop };
    if (on && before.staff.length >= limits.staffPerDesk) return full("staffPerDesk");
    const logged = await log(tx, ctx, by, place, who.name);
    await appendAudit(tx, { by, act: on ? "desk-joined" : "desk-left", subject: account, detail: { desk } });
    return { value: (await shopOf(tx, shop.id)) as ShopRow, logged };
  });
}

async function log(tx: TransactionSql, ctx: WorkspaceCtx, by: AccountId, place: Place, name: string): Promise<Logged> {
  const { desk: stream, account, on } = place;
  const [deployment] = await tx<{ epoch: number }[]>`select epoch from deployment`;
  const epoch = deployment?.epoch ?? 1;
  const steps = logTransaction(tx, ctx.failoverEpoch, epoch);
  const rows = await steps.lock([stream]);
  const loaded = await steps.load({ commands: [], members: [{ stream, account }], messages: [], accounts: [] });
  const set = new WorkingSet(rows, loaded, new Map());
  const event: NewEvent = on
    ? { stream, type: "desk.joined", body: { account, name } }
    : { stream, type: "desk.left", body: { account } };
  set.record([event], by, ctx.clock.now());
  const changes = set.collect();
  await steps.write(changes);
  // Of a desk, which has no meta, the log itself keeps no count.
  await tx`update stream set member_count = member_count + ${on ? 1 : -1} where id = ${stream}`;
  return { epoch, events: changes.events };
}
