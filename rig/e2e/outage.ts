import {
  allShow,
  connection,
  customer,
  openConversation,
  type Scenario,
  say,
  sees,
  staff,
  until,
  type World,
} from "./world.ts";

const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `#${prefix}${i}`);

/** L12: what is written without a network waits, also over a reload, and goes out in order. */
async function offline(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "Start #f0");
  const mei = await staff(world, 1);
  await openConversation(mei.page, "#f0");
  await guest.context.setOffline(true);
  await connection(guest.page, "offline");
  for (const mark of ["#f1", "#f2", "#f3"]) await say(guest.page, `On the train ${mark}`);
  await sees(guest.page, "#f3");
  await say(mei.page, "Are you there? #f4");
  await guest.context.setOffline(false);
  await allShow([guest.page, mei.page], numbered("f", 5));
}

/** L12: without a network even the very first message may be followed by others, and by half a word. */
async function firstOffline(world: World): Promise<void> {
  const guest = await customer(world);
  await connection(guest.page, "online");
  await guest.context.setOffline(true);
  await connection(guest.page, "offline");
  for (const mark of ["#h0", "#h1", "#h2"]) await say(guest.page, `Nobody knows yet ${mark}`);
  await sees(guest.page, "#h2");
  const field = guest.page.getByTestId("composer").first();
  await field.fill("Half a word");
  await guest.context.setOffline(false);
  await guest.page.getByTestId("timeline").waitFor();
  await until(
    "what was half written moves along",
    () => field.inputValue(),
    (text) => text === "Half a word",
  );
  const mei = await staff(world, 1);
  await openConversation(mei.page, "#h2");
  await allShow([guest.page, mei.page], ["#h0", "#h1", "#h2"]);
}

/** L1 L2: SIGKILL in the middle of sending: everything arrives once, in one order, on every device. */
async function killed(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "Before #g0");
  await sees(guest.page, "#g0");
  const mei = await staff(world, 1);
  await openConversation(mei.page, "#g0");
  const phone = await customer(world, { like: guest });
  await sees(phone.page, "#g0");
  const expected = ["#g0"];
  for (let round = 0; round < 3; round++) {
    const sending = (async () => {
      for (let i = 0; i < 6; i++) {
        const mark = `#g${round}-${i}`;
        expected.push(mark, `${mark}s`);
        await say(guest.page, `Again ${mark}`);
        await say(mei.page, `Yes ${mark}s`);
      }
    })();
    await new Promise((resolve) => setTimeout(resolve, 150 * (round + 1)));
    await world.product.kill();
    await sending;
    await world.product.start();
  }
  for (const page of [guest.page, phone.page, mei.page]) await connection(page, "online");
  await allShow([guest.page, phone.page, mei.page], expected);
}

/** L12: a page that is reloaded while the server is away still has what was written. */
async function reloadedWhileAway(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "Before #h0");
  await sees(guest.page, "#h0");
  const mei = await staff(world, 1);
  await openConversation(mei.page, "#h0");
  // The page comes from the server too: it is the connection that is away, not the files.
  await mei.context.route("**/v1/**", (route) => route.abort());
  await mei.context.routeWebSocket(/.*/, (socket) => socket.close());
  await mei.page.reload();
  await sees(mei.page, "#h0");
  await say(mei.page, "Kept #h1");
  await sees(mei.page, "#h1");
  await mei.page.reload();
  await sees(mei.page, "#h1");
  await mei.context.unrouteAll();
  const again = await staff(world, 1, { like: mei });
  await openConversation(again.page, "#h");
  await allShow([again.page, guest.page], ["#h0", "#h1"]);
}

export const outage: Scenario[] = [
  { name: "L12 offline and back: written words wait and go out in order", run: offline },
  { name: "L12 the first message and more without a network, and half a word", run: firstOffline },
  { name: "L1 L2 the server is killed in the middle of sending", run: killed },
  { name: "L12 a reload without a server keeps the conversation and the unsent words", run: reloadedWhileAway },
];
