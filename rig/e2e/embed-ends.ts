import type { Frame, Page } from "playwright-core";
import { ask, command, staff as signIn } from "../api/server.ts";
import { openShop as openKey, seconds } from "../api/shop.ts";
import { frameOf, launcher, openShop, stub, visit, write } from "./embed.ts";
import { shot } from "./harness.ts";
import { look } from "./looks.ts";
import {
  assert,
  customer,
  dressed,
  openConversation,
  type Scenario,
  say,
  sees,
  staff,
  until,
  type World,
} from "./world.ts";

/** The demo shop lies beside the chat: a private window keeps nothing for frames of other sites. */
async function visitDemo(world: World) {
  const device = await visit(world, `${world.product.url}/demo/`);
  const listen = `window.heard = []; for (const e of ["ready","unread","token-needed","error"]) aftercare("on", e, d => heard.push([e, d]))`;
  await device.page.evaluate(listen);
  return device;
}

const heard = (page: Page) =>
  page.evaluate("heard") as Promise<[string, { code?: string; text?: string; count?: number }][]>;
const aftercare = (page: Page, ...words: unknown[]) =>
  page.evaluate((all) => (globalThis as unknown as { aftercare(...words: unknown[]): void }).aftercare(...all), words);

async function keyOf(world: World) {
  const { url, signIns } = world.product;
  const { token } = await signIn({ url, signIns });
  return openKey({ url }, token, "HS256");
}

const kept = (frame: Frame) =>
  frame.evaluate(() => JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + location.hash);
const accountOf = async (frame: Frame): Promise<string> =>
  /"account\\?":\\?"(\w_[-\w]+)/.exec(await kept(frame))?.[1] ?? "";

const isOpen = (page: Page, open: boolean) =>
  until(
    open ? "it is open" : "it is closed",
    () => launcher(page).getAttribute("aria-expanded"),
    (value) => value === String(open),
  );

async function lies(world: World): Promise<void> {
  for (const dark of [false, true]) {
    const { page } = await visit(world, `${world.product.url}/demo/`, { width: 740, height: 360, dark });
    await launcher(page).click();
    await until(
      "it covers the screen",
      () => page.locator("#aftercare iframe").boundingBox(),
      (box) => box?.x === 0 && box.y === 0 && box.width === 740 && box.height === 360,
    );
    const frame = await frameOf(page);
    await write(frame, "Left ear is silent #li1");
    await frame.getByTestId("timeline").waitFor();
    await look(page, `embed-phone-740-${dark ? "dark" : "light"}`);
    await shot(page, `embed-phone-740-${dark ? "dark" : "light"}`);
    assert((await page.evaluate(() => document.documentElement.style.overflow)) === "hidden", "the page is held");
    await frame.getByTestId("close-frame").click();
    await isOpen(page, false);
    assert((await page.evaluate(() => document.documentElement.style.overflow)) === "", "the page scrolls again");
  }
}

async function named(world: World): Promise<void> {
  for (const dark of [false, true]) {
    const { page } = await visit(world, `${world.product.url}/demo/`, { width: 360, height: 740, dark });
    await launcher(page).click();
    const frame = await frameOf(page);
    await write(frame, "Left ear is silent #nm1");
    await frame.getByTestId("timeline").waitFor();
    await frame.getByTestId("close-frame").waitFor();
    await look(page, `embed-named-360-${dark ? "dark" : "light"}`);
    await shot(page, `embed-named-360-${dark ? "dark" : "light"}`);
    const cutPx = await frame.locator("h1").evaluate((name) => name.scrollWidth - name.clientWidth);
    assert(cutPx <= 0, `the shop's name is cut by ${cutPx} px`);
  }
}

async function listed(world: World): Promise<void> {
  for (const dark of [false, true]) {
    const { page } = await visit(world, `${world.product.url}/demo/`, { width: 360, height: 740, dark });
    await launcher(page).click();
    const frame = await frameOf(page);
    await frame.getByTestId("close-frame").waitFor();
    for (const text of ["Left ear is silent #ln0", "Which colours are there? #ln1"]) {
      await write(frame, text);
      await frame.getByTestId("timeline").waitFor();
      await frame.getByTestId("back").click();
      await frame.getByTestId("conversations").waitFor();
      if (text.endsWith("0")) await frame.getByTestId("new-conversation").click();
    }
    const names = await until(
      "both are told apart",
      () => frame.locator("[data-testid=conversation] b").allTextContents(),
      (all) => all.length === 2 && ["colours", "Left"].every((word, place) => all[place]?.includes(word)),
    );
    assert(
      names.every((name) => name.endsWith(" · Halo 2 wireless headphones")),
      `the product is named, too: ${names}`,
    );
    await look(page, `embed-list-360-${dark ? "dark" : "light"}`);
    await shot(page, `embed-list-360-${dark ? "dark" : "light"}`);
  }
}

async function goesBack(world: World): Promise<void> {
  const { page } = await visit(world, `${world.product.url}/demo/`, { width: 390, height: 780 });
  const back = () => page.evaluate("void setTimeout(() => history.back())");
  await launcher(page).click();
  const frame = await frameOf(page);
  // The frame shows the close button when it is joined with the page, and has what it was told before.
  await frame.getByTestId("close-frame").waitFor();
  await write(frame, "Left ear is silent #bk1");
  await back();
  await isOpen(page, false);
  await launcher(page).click();
  await isOpen(page, true);
  // From a view of the chat to the one before; then out of the chat.
  await frame.getByTestId("back").click();
  await frame.getByTestId("conversations").waitFor();
  await back();
  await frame.getByTestId("timeline").waitFor();
  await isOpen(page, true);
  await back();
  await isOpen(page, false);
  // Closed by its button it leaves nothing to go back through.
  await launcher(page).click();
  await until(
    "the way back is held",
    () => frame.evaluate(() => history.state),
    (state) => state === null,
  );
  await frame.getByTestId("close-frame").click();
  await isOpen(page, false);
  await until(
    "it is given back",
    () => frame.evaluate(() => history.state),
    (state) => state !== null,
  );
  await frame.getByTestId("message").filter({ hasText: "#bk1" }).waitFor({ state: "attached" });
  assert(page.url() === `${world.product.url}/demo/`, `still the shop: ${page.url()}`);
  await back();
  await page.waitForURL("about:blank");
}

async function names(world: World): Promise<void> {
  const key = await keyOf(world);
  const { page } = await visitDemo(world);
  const warned: string[] = [];
  page.on("console", (line) => line.type() === "warning" && warned.push(line.text()));
  await launcher(page).click();
  const frame = await frameOf(page);
  await write(frame, "Nobody yet #ie1");
  await aftercare(page, "identify", key.token({ sub: "embed-ann", name: "Ann Embed" }));
  await until(
    "the frame is Ann",
    () => kept(frame),
    (text) => text.includes("Ann Embed"),
  );
  await write(frame, "As Ann #ie2");
  await frame.getByTestId("message").filter({ hasText: "#ie1" }).waitFor();
  const mei = await staff(world, 1);
  await openConversation(mei.page, "#ie2");
  await sees(mei.page, "#ie1");
  const late = seconds() - 900;
  await aftercare(page, "identify", key.token({ sub: "embed-ann", iat: late, exp: late + 300 }));
  const told = await until(
    "the page hears that the token has expired, and that another one is needed",
    () => heard(page),
    (all) => all.some(([name]) => name === "error") && all.some(([name]) => name === "token-needed"),
  );
  const error = told.find(([name]) => name === "error")?.[1];
  assert(error?.code === "expired" && (error.text ?? "").includes("`exp` has passed"), JSON.stringify(told));
  assert(
    warned.some((line) => line.includes("token was refused: expired")),
    `warned: ${warned.join("; ")}`,
  );
  // A page that answers with the same again is not asked in a circle.
  await aftercare(page, "identify", key.token({ sub: "embed-ann", iat: late, exp: late + 300 }));
  const twice = await until(
    "the second is refused, too",
    () => heard(page),
    (all) => all.filter(([name]) => name === "error").length === 2,
  );
  assert(twice.filter(([name]) => name === "token-needed").length === 1, "asked once");
  await write(frame, "Still Ann #ie3");
}

async function forgets(world: World): Promise<void> {
  const key = await keyOf(world);
  const device = await visitDemo(world);
  const { page } = device;
  await launcher(page).click();
  const frame = await frameOf(page);
  await write(frame, "Private #ir1");
  await aftercare(page, "identify", key.token({ sub: "embed-ben", name: "Ben Embed" }));
  await until(
    "the frame is Ben",
    () => kept(frame),
    (text) => text.includes("Ben Embed"),
  );
  const other = await device.tab(`${world.product.url}/demo/`);
  await launcher(other).click();
  const second = await frameOf(other);
  await second.getByTestId("message").filter({ hasText: "#ir1" }).waitFor();
  for (const one of [frame, second])
    await one.evaluate(() => {
      for (const name of ["first", "start", "early", "push"]) localStorage.setItem(`aftercare.${name}`, "left behind");
      sessionStorage.setItem("aftercare.form", '{"name":"left behind"}');
    });
  const [before] = [await accountOf(frame)];
  await aftercare(page, "reset");
  for (const one of [frame, second]) {
    await until(
      "nothing is shown",
      () => one.getByTestId("message").count(),
      (count) => count === 0,
    );
    await until(
      "nothing is left",
      () => kept(one),
      (text) => !/Ben Embed|left behind|aftercare\.known/.test(text),
    );
  }
  await write(frame, "Somebody else #ir2");
  const after = await accountOf(frame);
  assert(before !== "" && after !== "" && before !== after, `the next visitor is new: ${before} ${after}`);
  await second.getByTestId("message").filter({ hasText: "#ir2" }).waitFor();
  assert((await frame.getByText("#ir1").count()) === 0, "the one before is not shown");
  // Unread marks are the new visitor's.
  await page.keyboard.press("Escape");
  await other.close();
  const mei = await staff(world, 1);
  await openConversation(mei.page, "#ir2");
  await say(mei.page, "Good morning #ir3");
  await until(
    "the page is told of one unread message",
    () => heard(page),
    (all) => all.some(([name, detail]) => name === "unread" && detail?.count === 1),
  );
}

/** The product behind another address, where its worker may become another version. */
function openMirror(world: World) {
  const state = { version: "" };
  const server = Bun.serve({
    port: world.product.shopPort,
    hostname: "localhost",
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const answer = await fetch(world.product.url + pathname + search);
      const headers = new Headers(answer.headers);
      headers.delete("content-encoding");
      if (pathname !== "/chat/sw.js") return new Response(answer.body, { status: answer.status, headers });
      // Another name of what it keeps, as another build has.
      const text = (await answer.text()).replace(/\b[0-9a-f]{16}\b/, (name) => state.version || name);
      return new Response(text, { status: answer.status, headers });
    },
  });
  return { state, url: `http://localhost:${world.product.shopPort}/chat/`, stop: () => void server.stop(true) };
}

async function updates(world: World): Promise<void> {
  const mirror = openMirror(world);
  try {
    const context = await world.browser.newContext({ viewport: { width: 390, height: 780 } });
    const page = await context.newPage();
    const shells = () =>
      page.evaluate(async () => {
        await (await navigator.serviceWorker.ready).update().catch(() => undefined);
        return (await caches.keys()).sort();
      });
    await page.goto(mirror.url);
    const [first = ""] = await until("the first is there", shells, (all) => all.length === 1);
    mirror.state.version = "1".repeat(16);
    const both = await until("the next one takes over, and the one before stays", shells, (all) => all.length === 2);
    assert(both.includes(first), "an open page still finds its parts");
    mirror.state.version = "2".repeat(16);
    await until(
      "of three versions the oldest goes",
      shells,
      (all) => all.length === 2 && all.some((name) => name.endsWith("2222")),
    );
    await context.setOffline(true);
    await page.reload();
    await page.locator("#app [data-testid=composer], #app [role=status]").first().waitFor();
    await context.close();
  } finally {
    mirror.stop();
  }
}

async function looksOfTheShop(world: World): Promise<void> {
  const widget = {
    greeting: { en: "Ask the people who repair.", "zh-Hant": "問修理師傅。", "zh-Hans": "问维修师傅。" },
    launcher: { position: "start", bottomPx: 60 },
    colour: "#ffd400",
  };
  const undo = await dressed(world, widget, 'Shop <b>&"x"');
  const shop = openShop(world, "", stub);
  try {
    for (const [lang, dark] of [
      ["en", false],
      ["zh-Hant", true],
    ] as const) {
      const guest = await customer(world, { lang, dark, width: 360, height: 740 });
      await guest.page.getByText(widget.greeting[lang]).waitFor();
      assert((await guest.page.locator("h1").textContent()) === 'Shop <b>&"x"', "the shop's name is text");
      const mark = `#ls${lang}`;
      await say(guest.page, `https://shop.example/repair ${mark}`);
      await sees(guest.page, mark);
      await look(guest.page, `brand-yellow-360-${lang}`);
      const mei = await staff(world, 1);
      await openConversation(mei.page, mark);
      await say(mei.page, `Done ${mark}a`);
      await sees(guest.page, `${mark}a`);
      const [stream = ""] = /c_[-\w]{22}/.exec(mei.page.url()) ?? [];
      const { token } = await signIn(world.product);
      const closed = await ask(world.product.url, "/v1/commands", {
        token,
        body: command("conversation.close", {}, stream),
      });
      assert(closed.status === 200, `not closed: ${JSON.stringify(closed.body)}`);
      await guest.page.getByTestId("closed").waitFor();
      await look(guest.page, `closed-360-${lang}`);
      await say(guest.page, `Again ${mark}b`);
      await until(
        "a word opens it again",
        () => guest.page.getByTestId("closed").count(),
        (count) => count === 0,
      );
      await sees(guest.page, `${mark}a`);
    }
    const { page } = await visit(world, shop.url);
    const box = await launcher(page).boundingBox();
    assert(
      box !== null && box.x < 100 && Math.abs(800 - 60 - box.y - box.height) < 2,
      `stands at ${JSON.stringify(box)}`,
    );
    await look(page, "launcher-yellow-1280");
    await shot(page, "launcher-yellow-1280");
  } finally {
    shop.stop();
    await undo();
  }
}

export const ends: Scenario[] = [
  { name: "ends: at 360 px the shop's name is whole between the way back and the close button", run: named },
  { name: "ends: two conversations about one product are told apart in the list", run: listed },
  { name: "ends: on a phone held sideways the chat covers the page", run: lies },
  { name: "ends: on a phone the way back closes the chat, and then leaves the shop", run: goesBack },
  { name: "ends: identify keeps the visitor's conversation; an expired token says so to the page", run: names },
  { name: "ends: reset leaves nothing in any tab, and the next visitor is new", run: forgets },
  { name: "ends: a new version of the worker takes over, and opens without a network", run: updates },
  {
    name: "ends: the workspace's name, greeting, colour and launcher; a closed conversation opens again",
    run: looksOfTheShop,
  },
];
