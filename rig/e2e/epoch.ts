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

/** L7: a backup was brought back, and an upgrade came with it: the files of an open page are not there any more. */
async function olderPage(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "Before the backup #y0");
  await sees(guest.page, "#y0");
  const mei = await staff(world, 1);
  await openConversation(mei.page, "#y0");
  await sees(mei.page, "#y0");
  await mei.page.waitForLoadState("networkidle");
  await mei.context.route("**/assets/**", (route) => route.abort());
  await world.product.newEpoch();
  await connection(mei.page, "online");
  await say(mei.page, "After it #y1");
  await sees(guest.page, "#y1");
  await say(guest.page, "I see #y2");
  await allShow([guest.page, mei.page], ["#y0", "#y1", "#y2"]);
}

export const epochs: Scenario[] = [
  { name: "L7 a new epoch is read anew by a page whose files an upgrade took away", run: olderPage },
];
