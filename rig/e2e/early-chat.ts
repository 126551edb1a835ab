import { bare, composerHolds, readsLate, readsNow, sendEarly, slowLink, typeEarly } from "./early-page.ts";
import { allShow, assert, customer, dressed, type Scenario, say, sees, until, type World } from "./world.ts";

/** L2 L12: the small composer of the first moments is used while the first words are under way, and the page is reloaded. */
async function earlyMeanwhile(world: World): Promise<void> {
  for (const reloads of [false, true]) {
    const guest = await bare(world);
    const { page } = guest;
    // From the first answer on nothing comes.
    let dead = false;
    let healed = false;
    const look = await slowLink(guest.context, (frame) => {
      dead ||= frame.includes('"t":"ack"');
      return dead && !healed;
    });
    const come = await typeEarly(page, `${world.product.url}/chat/`, (early) => sendEarly(early, "At first #ey0"));
    await come();
    await sees(page, "#ey0");
    await sendEarly(page, "And then #ey1");
    if (reloads) {
      await sees(page, "#ey1");
      await page.unrouteAll();
      await page.reload();
      await sees(page, "#ey0");
    } else await page.locator("#early textarea").fill("And half");
    healed = true;
    look();
    await page.getByTestId("timeline").waitFor();
    await page.locator("#early").waitFor({ state: "detached" });
    await allShow([page], ["#ey0", "#ey1"]);
    await composerHolds(page, reloads ? "" : "And half");
  }
}

/** L12: while the shop asks something before the first words go, more is sent; half a word was there from the visit before. */
async function earlyWhileAsked(world: World): Promise<void> {
  const undo = await dressed(world, { preChat: [{ field: "name", required: true }] });
  const { page } = await bare(world);
  await page.goto(`${world.product.url}/chat/`);
  await page.locator("#early").waitFor({ state: "detached" });
  await page.getByTestId("composer").fill("Half a word");
  const come = await typeEarly(page, `${world.product.url}/chat/`, (early) => sendEarly(early, "At first #ew0"));
  await come();
  const name = page.getByTestId("prechat").locator("[name=name]");
  await name.waitFor();
  const area = page.locator("#early textarea");
  assert((await area.inputValue()) === "Half a word", "what was half written waits where one can write");
  await sendEarly(page, "And then #ew1");
  await area.fill("Half a word");
  await name.fill("Kim");
  await name.press("Enter");
  await page.getByTestId("timeline").waitFor();
  await page.locator("#early").waitFor({ state: "detached" });
  await allShow([page], ["#ew0", "#ew1"]);
  await composerHolds(page, "Half a word");
  await undo();
}

/** L12: what is typed before the store is read goes behind the half word in it. */
async function earlyBehindDraft(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "Begun #ed0");
  await sees(guest.page, "#ed0");
  await guest.page.getByTestId("timeline").waitFor();
  await guest.page.getByTestId("composer").fill("Half a word");
  const phone = await bare(world, { like: guest });
  await phone.page.goto(`${world.product.url}/chat/`);
  await phone.page.getByTestId("timeline").waitFor();
  await composerHolds(phone.page, "Half a word");
  await phone.page.getByTestId("back").click();
  const stream = await phone.page.getByTestId("conversation").getAttribute("data-stream");
  await phone.page.close();
  const page = await phone.context.newPage();
  await page.addInitScript(readsLate);
  const come = await typeEarly(page, `${world.product.url}/chat/#/${stream}`, (early) =>
    early.locator("#early textarea").fill("and more"),
  );
  await come();
  await readsNow(page);
  await composerHolds(page, "Half a word\nand more");
}

/** L12: what is too long to be sent waits in the composer, which says so, behind what was there; the rest goes. */
async function earlyTooLong(world: World): Promise<void> {
  const { page } = await bare(world);
  await page.goto(`${world.product.url}/chat/`);
  await page.locator("#early").waitFor({ state: "detached" });
  await page.getByTestId("composer").fill("Half a word");
  const long = "long ".repeat(2_000);
  const come = await typeEarly(page, `${world.product.url}/chat/`, async (early) => {
    await sendEarly(early, "At first #el0");
    await sendEarly(early, long);
    await sendEarly(early, "At last #el1");
    await early.locator("#early textarea").fill("and more");
  });
  await come();
  await page.getByTestId("timeline").waitFor();
  await page.locator("#early").waitFor({ state: "detached" });
  await allShow([page], ["#el0", "#el1"]);
  await composerHolds(page, `Half a word\n${long}\nand more`);
  await page.locator("#app [data-over=true]").waitFor();
}

/** L12: on the list the small composer goes; what was sent in it begins a conversation, and what is half written goes on there. */
async function earlyOnList(world: World): Promise<void> {
  const url = `${world.product.url}/chat/`;
  const guest = await bare(world);
  let page = guest.page;
  for (const mark of ["#en0", "#en1"]) {
    await page.goto(`${url}#/new`);
    await say(page, `Begun ${mark}`);
    await sees(page, mark);
    await page.getByTestId("timeline").waitFor();
  }
  for (const [place, sent] of [
    ["", undefined],
    ["#/list", undefined],
    ["", "Ready yet? #en2"],
    ["#/list", "When? #en3"],
  ] as const) {
    await page.close();
    page = await guest.context.newPage();
    const come = await typeEarly(page, url + place, async (early) => {
      if (sent) await sendEarly(early, sent);
      if (sent) await early.locator("#early textarea").fill("And half");
    });
    await come();
    await page.locator("#early").waitFor({ state: "detached" });
    if (!sent) {
      await page.getByTestId("conversations").waitFor();
      assert((await page.getByTestId("back").count()) === 0, "no way from the list to the list");
      assert((await page.getByTestId("presence").count()) === 0, "nothing is said of who is there");
      continue;
    }
    await page.getByTestId("timeline").waitFor();
    await allShow([page], [sent.slice(-4)]);
    await composerHolds(page, "And half");
  }
  await page.getByTestId("back").click();
  await until(
    "two more conversations than before",
    () => page.getByTestId("conversation").count(),
    (count) => count === 4,
  );
}

export const earlyChats: Scenario[] = [
  { name: "L2 L12 early: what is sent before the first words are answered arrives, and once", run: earlyMeanwhile },
  { name: "L12 early: more is sent while the shop asks something first", run: earlyWhileAsked },
  { name: "L12 early: what is typed before the store is read goes behind the half word in it", run: earlyBehindDraft },
  { name: "L12 early: what is written before the list comes begins a conversation", run: earlyOnList },
  { name: "L12 early: what is too long waits in the composer, and the rest is sent", run: earlyTooLong },
];
