import type { Page } from "playwright-core";
import { Device } from "./harness.ts";
import { act } from "./talk.ts";
import {
  assert,
  customer,
  message,
  openConversation,
  type Scenario,
  say,
  sees,
  showDetails,
  skipTour,
  staff,
  turnTo,
  until,
  type World,
} from "./world.ts";

const wide = { width: 1440, height: 900 };
const owner = 1;
const hashOf = (page: Page) => page.evaluate(() => location.hash);

/** Frames from the server wait from the first that is meant on; gives the way to let them through. */
async function holdFrames(device: Device, isMeant: (frame: string) => boolean): Promise<() => void> {
  const held: (() => void)[] = [];
  let isHolding = true;
  await device.context.routeWebSocket(/\/v1\/socket/, (socket) => {
    socket.connectToServer().onMessage((frame) => {
      if (isHolding && (held.length > 0 || isMeant(String(frame)))) held.push(() => socket.send(frame));
      else socket.send(frame);
    });
  });
  return () => {
    isHolding = false;
    for (const send of held) send();
  };
}

/** A page at the notes takes a note, also before anything of the conversation has come. */
async function noteFromTheFirstKey(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "The hinge squeaks #ty1");
  await sees(guest.page, "#ty1");
  const mei = await staff(world, owner, wide);
  await openConversation(mei.page, "#ty1");
  await turnTo(mei.page, "notes");
  const [stream = ""] = /c_[-\w]+/.exec(await hashOf(mei.page)) ?? [];
  // A device that knows nothing yet.
  const other = await Device.open(world.browser, "about:blank", wide);
  world.open.push(other);
  const letGo = await holdFrames(other, (frame) => frame.includes(stream));
  const { page } = other;
  await page.goto(`${world.product.url}/console/${await hashOf(mei.page)}`);
  const signIn = world.product.signIns[owner];
  await page.locator("input[name=login]").fill(signIn?.login ?? "");
  await page.locator("input[name=password]").fill(signIn?.password ?? "");
  await page.locator("button[type=submit]").click();
  await page.getByTestId("composer").waitFor();
  await page.keyboard.type("Bought second hand #ty2");
  assert((await page.getByTestId("notes").getByTestId("composer").count()) === 1, "a note begins as a reply");
  await page.keyboard.press("Enter");
  letGo();
  await sees(mei.page, "#ty2");
  await sees(page, "#ty2");
  await turnTo(page, "chat");
  await say(page, "Good morning #ty3");
  await sees(guest.page, "#ty3");
  assert(!(await guest.page.content()).includes("#ty2"), "the customer sees a note");
}

/** What is typed into the list's filter goes on while the address changes. */
async function filterGoesOn(world: World): Promise<void> {
  const { page } = await staff(world, owner, wide);
  const field = page.locator("[data-desk=search]");
  await field.waitFor();
  // The next letter comes when the address has been changed, and before that is drawn.
  await page.evaluate(() => {
    const replace = history.replaceState.bind(history);
    history.replaceState = (state, title, url) => {
      replace(state, title, url);
      if (String(url).endsWith("q=ab")) queueMicrotask(() => document.execCommand("insertText", false, "c"));
    };
  });
  await field.focus();
  await page.keyboard.type("ab");
  await until(
    "the list is narrowed to all that was typed",
    () => hashOf(page),
    (hash) => hash.endsWith("q=abc"),
  );
  assert((await field.inputValue()) === "abc", "a letter is gone");
}

/** Two tabs of one person have one collection of snippets. */
async function snippetsOfTwoTabs(world: World): Promise<void> {
  const mei = await staff(world, owner, wide);
  const url = `${world.product.url}/console/#/settings/snippets`;
  const first = await mei.tab(url);
  const second = await mei.tab(url);
  const has = (page: Page, name: string) => page.getByText(`/${name}`, { exact: true }).waitFor();
  for (const [page, name] of [
    [second, "typ-b"],
    [first, "typ-a"],
  ] as const) {
    await page.getByRole("button", { name: "New snippet" }).click();
    await page.getByLabel("Short name").fill(name);
    await page.getByLabel("Text").fill("Thank you");
    await page.getByRole("button", { name: "Save" }).click();
    for (const each of [first, second]) await has(each, name);
  }
  await first.reload();
  for (const name of ["typ-a", "typ-b"]) await has(first, name);
  for (const name of ["typ-a", "typ-b"]) await first.getByRole("button", { name: `Delete snippet ${name}` }).click();
}

/** What is typed while a field is being saved is not thrown away with the answer. */
async function typesDuringSave(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "The strap tore #ty4");
  await sees(guest.page, "#ty4");
  const { page } = await staff(world, owner, wide);
  await openConversation(page, "#ty4");
  await showDetails(page);
  const gate = Promise.withResolvers<void>();
  await page.route("**/v1/customers/*", async (route) => {
    if (route.request().method() === "PATCH") await gate.promise;
    await route.continue();
  });
  await page.getByRole("button", { name: "Change: Phone" }).click();
  const field = page.getByRole("textbox", { name: "Phone" });
  await field.fill("+852 5123");
  const asked = page.waitForRequest((request) => request.method() === "PATCH");
  await page.keyboard.press("Enter");
  await asked;
  await page.keyboard.type(" 4567");
  gate.resolve();
  await page.getByText("Saved: Phone").waitFor();
  assert((await field.inputValue()) === "+852 5123 4567", "what was typed during the save is gone");
  await page.getByRole("button", { name: "Save" }).click();
  await until(
    "the whole number is there",
    () => page.getByTestId("customer-phone").allInnerTexts(),
    ([text]) => text === "+852 5123 4567",
  );
}

/** Who has left a window before its answer came is not taken elsewhere by it. */
async function lateAnswer(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "The valve drips #ty5");
  await sees(guest.page, "#ty5");
  const mei = await Device.open(world.browser, "about:blank", wide);
  world.open.push(mei);
  let isAway = false;
  const letGo = await holdFrames(mei, (frame) => isAway && frame.includes('"inbox.joined"'));
  const { page } = mei;
  await page.goto(`${world.product.url}/console/`);
  const signIn = world.product.signIns[owner];
  await page.locator("input[name=login]").fill(signIn?.login ?? "");
  await page.locator("input[name=password]").fill(signIn?.password ?? "");
  await page.locator("button[type=submit]").click();
  await page.getByTestId("conversation").first().waitFor();
  await skipTour(page);
  await openConversation(page, "#ty5");
  const before = await hashOf(page);
  await page.getByRole("button", { name: "New", exact: true }).click();
  await page.getByRole("menuitem", { name: "New direct talk" }).click();
  isAway = true;
  await page.getByRole("dialog").getByRole("button", { name: "Kit" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  await say(page, "We send you a new one #ty6");
  letGo();
  await until(
    "it is sent",
    () => message(page, "#ty6").getAttribute("data-status"),
    (status) => status !== "sending",
  );
  assert((await hashOf(page)) === before, "another conversation came under the hands");
  assert((await page.getByTestId("composer").count()) === 1, "the composer is still there");
}

/** The letter after a snippet stands behind it, however soon it is typed. */
async function letterAfterSnippet(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "The plug is hot #ty7");
  await sees(guest.page, "#ty7");
  const { page } = await staff(world, owner, wide);
  await openConversation(page, "#ty7");
  const composer = page.getByTestId("composer");
  await composer.fill(" Bye");
  await page.keyboard.press("Home");
  await page.keyboard.type("/hel");
  await page.getByRole("listbox").getByRole("option").first().waitFor();
  await composer.evaluate((area) => {
    area.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
    document.execCommand("insertText", false, "!");
  });
  await until(
    "the letter stands behind the snippet",
    () => composer.inputValue(),
    (text) => /^Hello, .*\?! Bye$/.test(text),
  );
}

/** What is typed right after the palette was called goes into the palette, and not into the reply behind it. */
async function typesIntoPalette(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "The seal leaks #ty8");
  await sees(guest.page, "#ty8");
  const { page } = await staff(world, owner, wide);
  await openConversation(page, "#ty8");
  await page.getByTestId("composer").focus();
  // Its code is there: called once before.
  await page.keyboard.press("Control+k");
  await page.getByTestId("palette").waitFor();
  await page.keyboard.press("Escape");
  await page.getByTestId("palette").waitFor({ state: "detached" });
  await page.getByTestId("composer").focus();
  // The next key comes before the next frame.
  await page.getByTestId("composer").evaluate(async (area) => {
    area.dispatchEvent(new KeyboardEvent("keydown", { key: "k", ctrlKey: true, bubbles: true, cancelable: true }));
    for (let turns = 0; turns < 20; turns++) await undefined;
    document.execCommand("insertText", false, "x");
  });
  await page.getByTestId("palette").waitFor();
  assert(
    (await page.getByTestId("palette").getByRole("combobox").inputValue()) === "x",
    "the palette has not got the letter",
  );
  await page.keyboard.press("Escape");
  assert((await page.getByTestId("composer").inputValue()) === "", "the letter went to the customer");
}

/** While the palette's code is loading, a window is there already: no letter goes to the customer, no shortcut is taken. */
async function typesBeforePalette(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "The lid is loose #ty9");
  await sees(guest.page, "#ty9");
  const mei = await staff(world, owner, wide);
  await openConversation(mei.page, "#ty9");
  const gate = Promise.withResolvers<void>();
  await mei.context.route(/\/assets\/rest-[-\w]+\.js$/, async (route) => {
    await gate.promise;
    await route.continue();
  });
  const page = await mei.tab(mei.page.url());
  await page.getByTestId("composer").focus();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("e");
  await page.getByRole("dialog", { name: "Loading…" }).waitFor();
  gate.resolve();
  await page.getByTestId("palette").waitFor();
  await page.keyboard.press("Escape");
  await page.getByTestId("palette").waitFor({ state: "detached" });
  assert((await page.getByTestId("composer").inputValue()) === "", "the letter went to the customer");
  assert(
    await page.getByTestId("composer").evaluate((area) => area === document.activeElement),
    "the focus is back where it was",
  );
}

/** Among the customer's other conversations, one whose last words were recalled says so, and not what they were. */
async function recalledEarlier(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "My card is **4111** #tz1");
  await sees(guest.page, "#tz1");
  await act(guest.page, "#tz1", "Recall");
  await until(
    "it is recalled",
    () => guest.page.locator("[data-testid=message][data-recalled=true]").count(),
    (count) => count === 1,
  );
  await guest.page.getByTestId("back").click();
  await guest.page.getByTestId("new-conversation").click();
  await say(guest.page, "Another matter #tz2");
  await sees(guest.page, "#tz2");
  const { page } = await staff(world, owner, wide);
  await openConversation(page, "#tz2");
  await showDetails(page);
  await page.getByTestId("earlier").getByRole("link", { name: "Message recalled" }).waitFor();
}

export const typings: Scenario[] = [
  { name: "typed: a note is a note from the first key, before its conversation has come", run: noteFromTheFirstKey },
  { name: "typed: the list's filter keeps every letter", run: filterGoesOn },
  { name: "typed: a snippet made in one tab outlives the next one of another", run: snippetsOfTwoTabs },
  { name: "typed: what is typed during a save stays", run: typesDuringSave },
  { name: "typed: a late answer does not take somebody elsewhere", run: lateAnswer },
  { name: "typed: the letter after a snippet stands behind it", run: letterAfterSnippet },
  { name: "typed: the palette has the letter after its keys", run: typesIntoPalette },
  { name: "typed: no letter goes behind a window whose code is loading", run: typesBeforePalette },
  { name: "typed: a customer's earlier conversation says that its last words were recalled", run: recalledEarlier },
];
