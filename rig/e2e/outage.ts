import type { WebSocketRoute } from "playwright-core";
import { ask, staff as signIn } from "../api/server.ts";
import { bare, composerHolds, readsLate, readsNow, sendEarly, slowLink, typeEarly } from "./early-page.ts";
import { Device, patienceMs } from "./harness.ts";
import {
  allShow,
  assert,
  connection,
  customer,
  marks,
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

/** L12: the network goes when the conversation is made and nothing of it has come: what is said meanwhile stays in sight. */
async function beforeItComes(world: World): Promise<void> {
  const guest = await Device.open(world.browser, "about:blank");
  world.open.push(guest);
  let dead = false;
  let healed = false;
  /** The first message is acknowledged, and its conversation has not come; the others are not even that. */
  let acknowledges = true;
  const sockets: WebSocketRoute[] = [];
  await guest.context.routeWebSocket(/\/v1\/socket/, (socket) => {
    sockets.push(socket);
    const server = socket.connectToServer();
    server.onMessage((frame) => {
      dead ||= String(frame).includes('"kind":"conversation"');
      const isAck = acknowledges && String(frame).includes('"t":"ack"');
      if (!dead || healed || isAck) socket.send(frame);
    });
  });
  await guest.page.goto(`${world.product.url}/chat/`);
  await connection(guest.page, "online");
  await say(guest.page, "Is anybody there #q0");
  const mei = await staff(world, 1);
  await openConversation(mei.page, "#q0");
  acknowledges = false;
  for (const mark of ["#q1", "#q2"]) {
    await say(guest.page, `And one more ${mark}`);
    await sees(guest.page, mark);
  }
  assert((await marks(guest.page)).join(" ") === "#q0 #q1 #q2", "all that was said, in its order");
  healed = true;
  for (const socket of sockets) await socket.close();
  await guest.page.getByTestId("timeline").waitFor();
  await allShow([guest.page, mei.page], ["#q0", "#q1", "#q2"]);
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

/** By a shop's link, the way in of a code at its counter: the list names the conversation before anything of it has come. */
async function listedBeforeItComes(world: World): Promise<void> {
  const { url, signIns } = world.product;
  const { token } = await signIn({ url, signIns });
  const { id } = (await ask(url, "/v1/shops", { token })).body.shops[0];
  const guest = await Device.open(world.browser, "about:blank");
  world.open.push(guest);
  const { page } = guest;
  let healed = false;
  const look = await slowLink(guest.context, (frame) => !healed && frame.includes('"kind":"conversation"'));
  await page.goto(`${url}/chat/?shop=${id}`);
  await connection(page, "online");
  await page.locator("#early").waitFor({ state: "detached" });
  await say(page, "At the counter #lc0");
  await until(
    "the list names it",
    () => page.evaluate(() => localStorage.getItem("aftercare.known")),
    (known) => known !== null,
  );
  await sees(page, "#lc0");
  await page.getByTestId("composer").pressSequentially("Half a word");
  healed = true;
  look();
  await page.getByTestId("timeline").waitFor();
  await allShow([page], ["#lc0"]);
  await composerHolds(page, "Half a word");
}

/** L12: a customer who is known types on a device that does not know it yet, and goes on while the conversation comes. */
async function typesWhileItComes(world: World): Promise<void> {
  const { page: before, context: home } = await customer(world);
  await say(before, "Begun at home #tw0");
  await sees(before, "#tw0");
  await before.getByTestId("timeline").waitFor();
  // Who it is, and nothing else.
  const { cookies, origins } = await home.storageState();
  const bare = origins.map(({ origin, localStorage }) => ({
    origin,
    localStorage: localStorage.filter(({ name }) => name !== "aftercare.known"),
  }));
  const context = await world.browser.newContext({ storageState: { cookies, origins: bare }, locale: "en-GB" });
  context.setDefaultTimeout(patienceMs);
  let holds = (_: string): boolean => true;
  const look = await slowLink(context, (frame) => holds(frame));
  const page = await context.newPage();
  await page.goto(`${world.product.url}/chat/`);
  await page.locator("#early").waitFor({ state: "detached" });
  await page.locator("#app [data-testid=composer]").pressSequentially("My lamp");
  holds = (frame) => frame.includes('"kind":"conversation"');
  look();
  await page.getByText("👋").waitFor({ state: "detached" });
  await page.keyboard.type(" is broken");
  await composerHolds(page, "My lamp is broken");
  holds = () => false;
  look();
  await page.getByTestId("timeline").waitFor();
  await sees(page, "#tw0");
  await composerHolds(page, "My lamp is broken");
  await context.close();
}

/** L12: written without a network by somebody new, and reloaded without one: it stays in sight, and more may follow. */
async function newAndAway(world: World): Promise<void> {
  const guest = await Device.open(world.browser, "about:blank");
  world.open.push(guest);
  const { context, page } = guest;
  let away = true;
  await context.route("**/v1/**", (route) => (away ? route.abort() : route.continue()));
  await context.routeWebSocket(/.*/, (socket) => void (away ? socket.close() : socket.connectToServer()));
  await page.goto(`${world.product.url}/chat/`);
  await page.locator("#early").waitFor({ state: "detached" });
  await say(page, "Nobody hears #na0");
  await sees(page, "#na0");
  await page.reload();
  await sees(page, "#na0");
  await page.locator("#early").waitFor({ state: "detached" });
  await say(page, "Nor this #na1");
  await sees(page, "#na1");
  assert((await marks(page)).join(" ") === "#na0 #na1", "all that was said, in its order");
  away = false;
  await page.getByTestId("timeline").waitFor();
  await allShow([page], ["#na0", "#na1"]);
}

/** L2 L12: the page dies before the device's store has the first message, or before what it kept itself is forgotten. */
async function firstOfDyingPage(world: World): Promise<void> {
  const guest = await customer(world);
  const { context } = guest;
  const dying = await context.newPage();
  await guest.page.close();
  // The store never comes to the end of the transaction with the message.
  await dying.addInitScript(() => {
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (this: IDBObjectStore, value: { type?: string }, key?: IDBValidKey) {
      const request = put.call(this, value, key);
      const hold = () => this.get("nothing").addEventListener("success", hold);
      if (value?.type === "message.send") {
        document.documentElement.dataset.held = "yes";
        hold();
      }
      return request;
    };
  });
  await dying.goto(`${world.product.url}/chat/`);
  await dying.locator("#app [data-testid=composer]").waitFor();
  await say(dying, "Only here #k0");
  // The conversation is there, and its first message on the way into the store.
  await dying.waitForFunction(() => document.documentElement.dataset.held);
  assert((await marks(dying)).join(" ") === "#k0", "what is on its way into the store stays in sight");
  await dying.close();

  const next = await context.newPage();
  await next.addInitScript(() => {
    const removeItem = Storage.prototype.removeItem;
    Storage.prototype.removeItem = function (this: Storage, key: string) {
      if (key !== "aftercare.first") removeItem.call(this, key);
    };
  });
  await next.goto(`${world.product.url}/chat/`);
  await sees(next, "#k0");
  const mei = await staff(world, 1);
  await openConversation(mei.page, "#k0");
  await next.close();

  const last = await context.newPage();
  await last.goto(`${world.product.url}/chat/`);
  await until(
    "what was kept is forgotten",
    () => last.evaluate(() => localStorage.getItem("aftercare.first")),
    (kept) => kept === null,
  );
  await say(last, "After it #k1");
  await allShow([last, mei.page], ["#k0", "#k1"]);
}

/** L2 L13: the first message is written in a tab that follows, while the one that leads looks on. */
async function firstOfFollower(world: World): Promise<void> {
  const guest = await customer(world);
  await connection(guest.page, "online");
  const follower = await guest.tab(`${world.product.url}/chat/`);
  await connection(follower, "online");
  for (const mark of ["#o0", "#o1"]) await say(follower, `From the second tab ${mark}`);
  const mei = await staff(world, 1);
  await openConversation(mei.page, "From the second tab");
  await allShow([follower, guest.page, mei.page], ["#o0", "#o1"]);
  const asked = mei.page.getByTestId("conversation").filter({ hasText: "From the second tab" });
  if ((await asked.count()) !== 1) throw new Error("one question became several conversations");
}

/** L2 L13: the same before that tab knows the list. */
async function firstOfFollowerAtOnce(world: World): Promise<void> {
  const guest = await bare(world);
  await guest.page.goto(`${world.product.url}/chat/`);
  await connection(guest.page, "online");
  const follower = await guest.context.newPage();
  await follower.addInitScript(readsLate);
  const come = await typeEarly(follower, `${world.product.url}/chat/#/new`, (early) =>
    sendEarly(early, "From the second tab at once #oa0"),
  );
  await come();
  await sees(follower, "#oa0");
  await readsNow(follower);
  await follower.getByTestId("timeline").waitFor();
  const mei = await staff(world, 1);
  await openConversation(mei.page, "#oa0");
  await allShow([follower, mei.page], ["#oa0"]);
}

/** The server is away for the moment in which the page asks for its second part: it starts, and has the rest soon. */
async function withoutExtras(world: World): Promise<void> {
  let refused = 0;
  const other = await world.browser.newContext({ serviceWorkers: "block" });
  const late = await other.newPage();
  await late.route("**/assets/extras-*.js", (route) => (refused++ === 0 ? route.abort() : route.continue()));
  await late.goto(`${world.product.url}/chat/`);
  await connection(late, "online");
  if (refused === 0) throw new Error("the page did not ask for its second part");
  await late.locator("link[rel=manifest]").waitFor({ state: "attached" });
  await late.locator("#early").waitFor({ state: "detached" });
  await say(late, "All there #l0");
  await sees(late, "#l0");
  await other.close();
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
  { name: "L12 what is said before its conversation has come stays in sight", run: beforeItComes },
  { name: "L12 what is said by a shop's link stays in sight while the list alone names it", run: listedBeforeItComes },
  { name: "L12 what a known customer types on a new device goes on in the conversation", run: typesWhileItComes },
  { name: "L12 the first message stays in sight over a reload without a network", run: newAndAway },
  { name: "L12 the first message and more without a network, and half a word", run: firstOffline },
  { name: "L2 L12 the first message of a page that dies at once arrives, and once", run: firstOfDyingPage },
  { name: "L2 L13 the first message of a tab that follows arrives once, in one conversation", run: firstOfFollower },
  { name: "L2 L13 the first message of a tab that follows and does not know the list", run: firstOfFollowerAtOnce },
  { name: "the page starts without what it could not fetch, and fetches it soon", run: withoutExtras },
  { name: "L1 L2 the server is killed in the middle of sending", run: killed },
  { name: "L12 a reload without a server keeps the conversation and the unsent words", run: reloadedWhileAway },
];
