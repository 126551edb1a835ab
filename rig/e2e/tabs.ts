import {
  allShow,
  connection,
  customer,
  openConversation,
  type Scenario,
  say,
  sees,
  staff,
  type World,
} from "./world.ts";

/** L13: one tab owns the connection; the other one follows, and takes over when the first is closed. */
async function twoTabs(world: World): Promise<void> {
  const guest = await customer(world);
  let sockets = 0;
  guest.context.on("page", (page) => page.on("websocket", () => sockets++));
  await say(guest.page, "One #i0");
  await sees(guest.page, "#i0");
  const second = await guest.tab(`${world.product.url}/chat/`);
  await sees(second, "#i0");
  await connection(second, "online");
  await say(second, "From the second tab #i1");
  await sees(guest.page, "#i1");
  if (sockets > 0) throw new Error("the second tab opened a connection of its own");
  await say(guest.page, "From the first #i2");
  await allShow([guest.page, second], ["#i0", "#i1", "#i2"]);
  await guest.page.close();
  await say(second, "The first is closed #i3");
  const mei = await staff(world, 1);
  await openConversation(mei.page, "#i3");
  await say(mei.page, "Good #i4");
  await allShow([second, mei.page], ["#i0", "#i1", "#i2", "#i3", "#i4"]);
}

async function withBlocked(world: World, block: ("websocket" | "sse")[], prefix: string): Promise<void> {
  const guest = await customer(world, { block });
  await say(guest.page, `Hello #${prefix}0`);
  await connection(guest.page, "online");
  const mei = await staff(world, 1);
  await openConversation(mei.page, `#${prefix}0`);
  await say(mei.page, `Good day #${prefix}1`);
  await sees(guest.page, `#${prefix}1`);
  await say(guest.page, `Thanks #${prefix}2`);
  await allShow([guest.page, mei.page], [`#${prefix}0`, `#${prefix}1`, `#${prefix}2`]);
}

export const tabs: Scenario[] = [
  { name: "L13 two tabs, one connection, and the other takes over", run: twoTabs },
  {
    name: "L2 WebSocket blocked: SSE and POST carry the conversation",
    run: (world) => withBlocked(world, ["websocket"], "j"),
  },
  {
    name: "L2 WebSocket and SSE blocked: long polling carries the conversation",
    run: (world) => withBlocked(world, ["websocket", "sse"], "k"),
  },
];
