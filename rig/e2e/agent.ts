import type { Page } from "playwright-core";
import { ask, staff as signInByApi } from "../api/server.ts";
import { Device } from "./harness.ts";
import { look } from "./looks.ts";
import { assert, customer, message, type Scenario, say, sees, until, type World } from "./world.ts";

const focusedHook = (page: Page) =>
  page.evaluate(
    () => (document.activeElement as HTMLElement | null)?.dataset.testid ?? document.activeElement?.tagName,
  );

const focusOn = (page: Page, hook: string) =>
  until(
    `the focus is not on ${hook}`,
    () => focusedHook(page),
    (seen) => seen === hook,
  );

const composed = (page: Page, holds: (text: string) => boolean) =>
  until("the composer", () => page.getByTestId("composer").first().inputValue(), holds);

/** A guest's made-up name is left out, and the shop is the one of the desk, on both sides. */
const greeting = /^Hello, this is \S.* from Central\. How can I help\?$/;

/** Signs in without a mouse, past the tour. */
async function signInByKeys(world: World): Promise<Page> {
  const device = await Device.open(world.browser, `${world.product.url}/console/`, { width: 1440, height: 900 });
  world.open.push(device);
  const { page } = device;
  const [, signIn] = world.product.signIns;
  assert(signIn !== undefined, "the demo shop has a second sign-in");
  // As at an account's first visit: another scenario may have come as the same person before.
  const { token } = await signInByApi(world.product, signIn.login);
  await ask(world.product.url, "/v1/preferences/prefs", { method: "PUT", token, body: { value: {} } });
  await page.locator("input[name=login]").waitFor();
  await until(
    "Tab does not reach the login",
    async () => {
      await page.keyboard.press("Tab");
      return page.evaluate(() => (document.activeElement as HTMLInputElement | null)?.name);
    },
    (seen) => seen === "login",
  );
  await page.keyboard.type(signIn.login);
  await page.keyboard.press("Tab");
  await page.keyboard.type(signIn.password);
  await page.keyboard.press("Enter");
  await page.getByTestId("tour").waitFor();
  await look(page, "agent-tour-1440");
  await page.keyboard.press("Escape");
  await page.getByTestId("tour").waitFor({ state: "detached" });
  return page;
}

/** Opens a conversation by the palette: its words are found by what was said last. */
async function findByPalette(page: Page, words: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByTestId("palette").waitFor();
  await page.keyboard.type(words);
  await until(
    "the palette finds it",
    () => page.getByRole("listbox").getByRole("option").filter({ hasText: words }).count(),
    (count) => count > 0,
  );
  await page.keyboard.press("Enter");
  await page.getByTestId("palette").waitFor({ state: "detached" });
}

/** A whole day's work of an agent who has only a keyboard. */
async function keyboardAgent(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "The lamp is dark #ag1");
  await sees(guest.page, "#ag1");
  const second = await customer(world);
  await say(second.page, "The drawer sticks #ag2");
  await sees(second.page, "#ag2");
  const page = await signInByKeys(world);
  await page.getByTestId("conversation").filter({ hasText: "#ag2" }).waitFor();

  await findByPalette(page, "lamp is dark");
  await sees(page, "#ag1");
  await focusOn(page, "composer");
  await page.keyboard.type("Is the bulb new? #ag3");
  await page.keyboard.press("Enter");
  await sees(guest.page, "#ag3");

  // Letters are text in the composer, and commands outside of it.
  await page.keyboard.press("Escape");
  await focusOn(page, "message");
  await page.keyboard.press("n");
  await page.getByTestId("notes").waitFor();
  await focusOn(page, "composer");
  await page.keyboard.type("Second lamp this week #ag4");
  const said = () => page.getByTestId("side-said").first().innerText();
  await until("the switch to notes is said aloud", said, (text) => text.includes("note"));
  await page.keyboard.press("Enter");
  await sees(page, "#ag4");
  await page.keyboard.type("/hel");
  await page.getByRole("listbox").getByRole("option").first().waitFor();
  await page.keyboard.press("Enter");
  await composed(page, (text) => greeting.test(text));
  await page.keyboard.press("Control+a");
  await page.keyboard.type("half a note");
  await page.keyboard.press("Escape");
  await page.keyboard.press("r");
  await page.getByTestId("notes").waitFor({ state: "detached" });
  await composed(page, (text) => text === "");
  await focusOn(page, "composer");
  await page.keyboard.type("/hel");
  await page.getByRole("listbox").getByRole("option").first().waitFor();
  await look(page, "agent-snippets-1440");
  await page.keyboard.press("Enter");
  await composed(page, (text) => greeting.test(text));
  await page.keyboard.press("Escape");
  await focusOn(page, "message");
  await page.keyboard.press("n");
  await composed(page, (text) => text === "half a note");
  // The focus comes after the text: an Escape before it would leave nothing.
  await focusOn(page, "composer");
  await page.keyboard.press("Escape");

  await duty(page);
  await twoAtOnce(page);
  await windows(page);
  assert(!(await guest.page.content()).includes("#ag4"), "the customer sees a note");
  assert((await message(guest.page, "Hello").count()) === 0, "a snippet was sent by itself");
}

/** Takes the conversation, closes it and opens it again. */
async function duty(page: Page): Promise<void> {
  const assignee = () => page.getByTestId("assignee").innerText();
  await page.keyboard.press("a");
  const take = page.getByRole("dialog").getByRole("button", { name: "Take it" });
  await take.waitFor();
  await look(page, "agent-assign-1440");
  await until(
    "Tab reaches the button",
    async () => {
      await page.keyboard.press("Tab");
      return take.evaluate((button) => button === document.activeElement);
    },
    (reached) => reached,
  );
  await page.keyboard.press("Enter");
  await until("the conversation is taken", assignee, (name) => name.includes("Mei"));
  await take.waitFor({ state: "detached" });
  const closing = page.getByTestId("close-conversation");
  const says = () => closing.getAttribute("aria-label");
  await page.keyboard.press("e");
  await until("it is closed", says, (label) => label?.startsWith("Reopen") ?? false);
  await page.keyboard.press("e");
  await until("it is open again", says, (label) => label?.startsWith("Close") ?? false);
}

/** The next conversation from the list, and one beside the other. */
async function twoAtOnce(page: Page): Promise<void> {
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await focusOn(page, "conversation");
  await page.keyboard.press("Enter");
  await page.getByTestId("tabs").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("s");
  await page.getByTestId("beside").waitFor();
  assert((await page.getByTestId("composer").count()) === 2, "each conversation has a composer of its own");
  await look(page, "agent-split-1440");
  const address = await page.evaluate(() => location.hash);
  await page.reload();
  await page.getByTestId("beside").waitFor();
  assert((await page.evaluate(() => location.hash)) === address, "the address holds both conversations");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.getByTestId("beside").waitFor({ state: "detached" });
}

/** Filters and pages of the settings, the sheet and the palette, each without a violation. */
async function windows(page: Page): Promise<void> {
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await look(page, "agent-sheet-1440");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.getByTestId("palette").waitFor();
  await look(page, "agent-palette-1440");
  await page.keyboard.press("Escape");
  await page.keyboard.press("u");
  await until(
    "the filter is in the address",
    () => page.evaluate(() => location.hash),
    (hash) => hash.includes("unread=1"),
  );
  await page.goBack();
  await until(
    "going back takes the filter away",
    () => page.evaluate(() => location.hash),
    (hash) => !hash.includes("unread=1"),
  );
  for (const name of ["notifications", "snippets", "keyboard", "looks"]) {
    await page.evaluate((one) => {
      location.hash = `#/settings/${one}`;
    }, name);
    await page.locator(`a[href="#/settings/${name}"][aria-current=page]`).waitFor();
    await page.locator("[role=status][aria-label]").waitFor({ state: "detached" });
    await look(page, `agent-settings-${name}-1440`);
  }
  await page.setViewportSize({ width: 360, height: 740 });
  await look(page, "agent-settings-looks-360");
}

export const agents: Scenario[] = [
  { name: "agent: a day's work by keyboard alone, every new screen accessible", run: keyboardAgent },
];
