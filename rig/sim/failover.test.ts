import { expect, test } from "bun:test";
import { type Actor, rolePermissions } from "@aftercare/core";
import { makeCommandId, type StreamId } from "@aftercare/protocol";
import { smallShop } from "./kills.ts";
import { open } from "./run.ts";
import { inOwnTurn } from "./scheduler.ts";
import { World } from "./world.ts";

/** A replica that lags takes over while the nodes run on. */
function failOver({ database, watch }: World, to: ReturnType<World["database"]["tables"]["copy"]>): void {
  const before = database.tables;
  database.crash();
  database.restore(to);
  watch.restored(before);
  database.restart();
}

test("who was there in the log of before, and is no member in this one, is told to nobody as present or typing", async () => {
  const world = await inOwnTurn(() => {
    const shop = new World(7, smallShop, true);
    open(shop);
    shop.run(1_500);
    const [host] = shop.hosts;
    const [staff, other] = shop.actors.filter(({ kind }) => kind === "staff");
    const customer = shop.actors.find(({ kind }) => kind === "customer");
    if (!host || !staff || !other || !customer) throw new Error("the shop did not open");
    let group: StreamId | undefined;
    const order = (actor: Actor, type: string, stream: StreamId | undefined, body: object): void => {
      const id = makeCommandId(Math.floor(shop.scheduler.now), shop.random.bytes(10));
      const command = { id, type, body, ...(stream !== undefined && { stream }) };
      void shop.order(host, { ...actor, may: rolePermissions.agent, credential: "desk" }, command).then((answer) => {
        if ("ack" in answer) group ??= answer.ack.conversation;
      });
      shop.run(2_000);
    };
    order(staff, "conversation.create-group", undefined, { title: "plans", history: "all", members: [other.account] });
    const backup = shop.database.tables.copy();
    order(staff, "member.add", group, { account: customer.account });
    const of = (word: string) => shop.trace.filter((line) => line.includes(word) && line.includes(`"${group}"`));
    expect(of('"presence"').some((line) => line.includes(`"by":"${customer.account}","on":true`))).toBe(true);
    const mark = shop.trace.length;
    failOver(shop, backup);
    shop.run(9_000);
    const live = shop.trace.slice(mark).filter((line) => line.includes('"t":"live"') && line.includes(`"${group}"`));
    expect(live.length).toBeGreaterThan(0);
    for (const line of live) expect(line).not.toContain(customer.account);
    return shop;
  });
  expect(world.violation).toBeUndefined();
});
