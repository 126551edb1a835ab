import type { Page } from "playwright-core";
import { look } from "./looks.ts";
import { act, isRead, openMenu } from "./talk.ts";
import {
  assert,
  customer,
  dressed,
  message,
  openConversation,
  type Scenario,
  say,
  sees,
  shown,
  staff,
  turnTo,
  until,
  type World,
} from "./world.ts";

const focusedId = (page: Page) =>
  page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset.testid ?? "");

/** Presses Tab, or Shift and Tab, until the element with this hook has the focus. */
const tabTo = (page: Page, testId: string, key = "Tab") =>
  until(
    `${testId} is not reached by ${key}`,
    async () => {
      await page.keyboard.press(key);
      return focusedId(page);
    },
    (seen) => seen === testId,
  );

/** From the composer to the newest message, and its menu's entry of this name. */
async function choose(page: Page, entry: string): Promise<void> {
  await tabTo(page, "message", "Shift+Tab");
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  const item = page.getByRole("menuitem", { name: entry, exact: true });
  await item.waitFor();
  await until(
    `${entry} is not reached by arrows`,
    async () => {
      await page.keyboard.press("ArrowDown");
      return item.evaluate((one) => one === document.activeElement);
    },
    (there) => there,
  );
  await page.keyboard.press("Enter");
}

const composerHolds = (page: Page, what: string, holds: (text: string) => boolean) =>
  until(what, () => page.getByTestId("composer").inputValue(), holds);

const composerHasFocus = (page: Page) =>
  until(
    "the composer has the focus",
    () => focusedId(page),
    (seen) => seen === "composer",
  );

/** Opens, types, sends, answers, edits, recalls, opens the list and starts another: without a mouse, axe on each state. */
async function customerByKeys(world: World): Promise<void> {
  const { page } = await customer(world, { width: 1280, height: 800 });
  await page.getByTestId("composer").waitFor();
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await tabTo(page, "composer");
  await page.keyboard.type("By keyboard alone #m1");
  await page.keyboard.press("Enter");
  await sees(page, "#m1");
  const mei = await staff(world, 1);
  await openConversation(mei.page, "#m1");
  await say(mei.page, "Call 2345 6789 about RMA-12345, see shop.example.com #m2");
  await sees(page, "#m2");
  await page.getByTestId("composer").waitFor();
  await choose(page, "Reply");
  await composerHasFocus(page);
  await look(page, "keys-reply");
  await page.keyboard.type("An answer #m3");
  await page.keyboard.press("Enter");
  await sees(page, "#m3");
  await until(
    "it is sent",
    () => message(page, "#m3").getAttribute("data-status"),
    (seen) => seen !== "sending",
  );
  await choose(page, "Edit");
  await composerHolds(page, "the text can be edited", (text) => text.includes("#m3"));
  await composerHasFocus(page);
  await page.keyboard.press("End");
  await page.keyboard.type(" better");
  await page.keyboard.press("Enter");
  await sees(page, "#m3 better");
  await composerHolds(page, "the composer is empty again", (text) => text === "");
  await choose(page, "Recall");
  await until(
    "it is recalled",
    () => shown(page),
    (all) => all.some((one) => one.recalled),
  );
  await look(page, "keys-recalled");
  await tabTo(page, "back", "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByTestId("conversation").first().waitFor();
  await look(page, "keys-list");
  await tabTo(page, "new-conversation");
  await page.keyboard.press("Enter");
  await page.getByTestId("composer").waitFor();
  await look(page, "keys-another");
  await tabTo(page, "composer");
  await page.keyboard.type("A second matter #m4");
  await page.keyboard.press("Enter");
  await sees(page, "#m4");
  // The page changes over from the beginning to the conversation, and its header with it.
  await page.getByTestId("timeline").waitFor();
  assert((await page.getByText("#m1").count()) === 0, "the second matter is in a conversation of its own");
  await tabTo(page, "back", "Shift+Tab");
  await page.keyboard.press("Enter");
  const two = (what: string) =>
    until(
      what,
      () => page.getByTestId("conversation").count(),
      (count) => count === 2,
    );
  await two("both are in the list");
  await page.goto("about:blank");
  await page.goto(`${world.product.url}/chat/`);
  await two("who has several is shown all of them");
}

/** What was typed is there after a reload, before and after the first message; a shop's questions do not lose it. */
async function nothingTypedIsLost(world: World): Promise<void> {
  const { page } = await customer(world);
  await page.getByTestId("composer").fill("Half a sentence #n0");
  await page.reload();
  await composerHolds(page, "what was typed is back", (text) => text.includes("#n0"));
  const form = { preChat: [{ field: "name", required: true }] };
  const undo = await dressed(world, form);
  await page.reload();
  await composerHolds(page, "and again", (text) => text.includes("#n0"));
  await page.getByTestId("send").click();
  const name = page.getByTestId("prechat").locator("[name=name]");
  await name.fill("Grace **Chan**");
  await page.reload();
  await name.waitFor();
  assert((await name.inputValue()) === "Grace **Chan**", "the form keeps what was typed");
  await look(page, "prechat-390");
  await page.keyboard.press("Tab");
  await name.press("Enter");
  await sees(page, "#n0");
  await sees(page, "Grace");
  const texts = await until(
    "both are there",
    () => shown(page),
    (all) => all.length === 2,
  );
  assert(texts[0]?.text.includes("＊＊Chan＊＊") ?? false, "the answers come first, and say no form");
  await undo();
}

/** Effects that wait for a frame to be drawn have run after it. */
const drawn = (page: Page) =>
  page.evaluate(() => new Promise<void>((done) => requestAnimationFrame(() => setTimeout(done, 50))));

/** Chooses an entry of the open menu, and tells where the next key would go before anything more is drawn. */
const atOnceAfter = (page: Page, entry: string) =>
  page.getByRole("menuitem", { name: entry, exact: true }).evaluate(async (item: HTMLElement) => {
    item.click();
    for (let i = 0; i < 5; i++) await Promise.resolve();
    const focused = document.activeElement as HTMLElement | null;
    return focused?.closest("dialog[open]") ? "dialog" : focused?.dataset.testid;
  });

/** An answer begun on the phone does not take the focus on the desk; the one that is chosen here has it before the next key. */
async function focusIsAskedFor(world: World): Promise<void> {
  const guest = await customer(world, { width: 1280, height: 800 });
  const { page } = guest;
  await say(page, "Which of the two cables? #p1");
  const mei = await staff(world, 1);
  await openConversation(mei.page, "#p1");
  await isRead(page, "#p1");
  const phone = await customer(world, { like: guest });
  await sees(phone.page, "#p1");
  await tabTo(page, "message", "Shift+Tab");
  await act(phone.page, "#p1", "Reply");
  await phone.page.getByTestId("composer").fill("The black one");
  await composerHolds(page, "the draft comes", (text) => text === "The black one");
  await page.getByRole("button", { name: "Cancel reply" }).waitFor();
  await drawn(page);
  assert((await focusedId(page)) === "message", "a draft from elsewhere took the focus");
  await openMenu(page, "#p1");
  const focus = await atOnceAfter(page, "Reply");
  assert(focus === "composer", `after Reply the next key goes to ${focus}`);
  await openMenu(mei.page, "#p1");
  const next = await atOnceAfter(mei.page, "Forward");
  assert(next === "dialog", `after Forward the next key goes to ${next}`);
  await mei.page.keyboard.press("Escape");
  await until(
    "a dialog gives the focus back to where it was",
    () => mei.page.evaluate(() => document.activeElement?.getAttribute("aria-haspopup")),
    (has) => has === "menu",
  );
}

/** What was gone to by its quote is gone to once, and takes no focus from whoever has begun to write. */
async function goneToOnce(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "Which lamp do you mean? #p2");
  await sees(guest.page, "#p2");
  const { page } = await staff(world, 1);
  await openConversation(page, "#p2");
  await act(page, "#p2", "Reply");
  await say(page, "The one on the desk #p3");
  await sees(guest.page, "#p3");
  const quote = message(page, "#p3").getByRole("button").filter({ hasText: "#p2" });
  await quote.evaluate((button: HTMLElement) => {
    button.click();
    document.querySelector<HTMLElement>("[data-testid=composer]")?.focus();
  });
  await drawn(page);
  assert((await focusedId(page)) === "composer", "the focus was taken from who writes");
  await quote.click();
  await until(
    "the quoted message has the focus",
    () => focusedId(page),
    (seen) => seen === "message",
  );
  await turnTo(page, "notes");
  await turnTo(page, "chat");
  await sees(page, "#p3");
  await drawn(page);
  assert((await focusedId(page)) === "composer", "the message that was gone to before has the focus again");
}

export const keys: Scenario[] = [
  { name: "keys: a customer with a keyboard alone, from opening to a second conversation", run: customerByKeys },
  { name: "keys: the focus goes to the composer when it is asked for, and at once", run: focusIsAskedFor },
  { name: "keys: a message that was gone to is gone to once, and not from under who writes", run: goneToOnce },
  { name: "keys: what was typed outlives a reload and the shop's questions", run: nothingTypedIsLost },
];
