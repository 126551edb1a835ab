import type { Page } from "playwright-core";
import { ask, staff as signIn } from "../api/server.ts";
import { look } from "./looks.ts";
import {
  assert,
  customer,
  openConversation,
  type Scenario,
  say,
  sees,
  showDetails,
  staff,
  until,
  type World,
} from "./world.ts";

const wide = { lang: "en", width: 1440, height: 900 } as const;
/** Of the demo shop. */
const kit = 0;
const mei = 1;

const value = (page: Page, field: string) => page.getByTestId(`customer-${field}`);
const pen = (page: Page, name: string) => page.getByRole("button", { name: `Change: ${name}` });
const box = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });
const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
const comesBack = (page: Page) => page.evaluate(() => window.dispatchEvent(new Event("focus")));

const shows = (page: Page, field: string, text: string) =>
  until(
    `${field} is not ${text}`,
    () => value(page, field).innerText(),
    (seen) => seen === text,
  );

async function save(page: Page, name: string, text: string): Promise<void> {
  await pen(page, name).click();
  await box(page, name).fill(text);
  await page.keyboard.press("Enter");
}

/** A customer who has written, and somebody of the staff with that conversation and its details open. */
async function opened(world: World, mark: string, index: number): Promise<Page> {
  const { page } = await staff(world, index, wide);
  await openConversation(page, mark);
  await showDetails(page);
  return page;
}

async function writes(world: World, mark: string): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, `A question ${mark}`);
  await sees(guest.page, mark);
}

/** Two have the same details open: the second to save is shown what the first saved, and loses nothing. */
async function two(world: World): Promise<void> {
  await writes(world, "#dt1");
  const first = await opened(world, "#dt1", mei);
  const second = await opened(world, "#dt1", kit);
  await shows(second, "phone", "Not known");
  await save(first, "Phone", "+852 5555 0001");
  await first.getByText("Saved: Phone").waitFor();

  await save(second, "Phone", "+852 5555 0002");
  const newer = second.getByTestId("customer-newer");
  await newer.getByText("+852 5555 0001").waitFor();
  assert((await box(second, "Phone").inputValue()) === "+852 5555 0002", "what was typed is gone");
  assert((await focused(second)) === "Phone", "the focus has left the field");
  await look(second, "customer-newer-1440");
  await comesBack(first);
  await shows(first, "phone", "+852 5555 0001");

  await second.keyboard.press("Enter");
  await second.getByText("Saved: Phone").waitFor();
  await comesBack(first);
  await shows(first, "phone", "+852 5555 0002");
  assert((await newer.count()) === 0, "what was replaced still stands there");

  // One who is typing is shown it before, and may leave it.
  await pen(first, "Phone").click();
  await box(first, "Phone").fill("+852 5555 0003");
  await save(second, "Phone", "+852 5555 0004");
  await second.getByText("Saved: Phone").waitFor();
  await comesBack(first);
  await first.getByTestId("customer-newer").getByText("+852 5555 0004").waitFor();
  await first.getByRole("button", { name: "Cancel" }).click();
  await shows(first, "phone", "+852 5555 0004");

  // So it is with the way back.
  await save(first, "Phone", "+852 5555 0005");
  await first.getByText("Saved: Phone").waitFor();
  await comesBack(second);
  await shows(second, "phone", "+852 5555 0005");
  await save(second, "Phone", "+852 5555 0006");
  await second.getByText("Saved: Phone").waitFor();
  await first.getByRole("button", { name: "Undo" }).click();
  await first.getByTestId("customer-newer").getByText("+852 5555 0006").waitFor();
  assert((await box(first, "Phone").inputValue()) === "+852 5555 0004", "what was to come back is gone");

  await save(second, "Email", "not an address");
  await second.getByText("This is not an e-mail address.").waitFor();
}

const pressEscape = (page: Page, init: object) =>
  page.evaluate((more) => {
    const press = new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true, ...more });
    document.activeElement?.dispatchEvent(press);
  }, init);

/** Half-typed notes outlive an Escape, the end of a composition and a look at another conversation. */
async function halfTyped(world: World): Promise<void> {
  await writes(world, "#dt2");
  await writes(world, "#dt3");
  const page = await opened(world, "#dt2", mei);
  await pen(page, "Notes").click();
  await box(page, "Notes").fill("左耳有雜音");
  for (const init of [{ isComposing: true }, { keyCode: 229 }]) await pressEscape(page, init);
  assert((await box(page, "Notes").inputValue()) === "左耳有雜音", "the end of a composition closed the field");
  await page.keyboard.press("Escape");
  await page.getByText("Not saved yet").waitFor();
  await until(
    "the focus is on the pen",
    () => focused(page),
    (label) => label === "Change: Notes",
  );
  await pen(page, "Notes").click();
  assert((await box(page, "Notes").inputValue()) === "左耳有雜音", "what was typed is gone");

  await openConversation(page, "#dt3");
  await shows(page, "notes", "Not known");
  await openConversation(page, "#dt2");
  await box(page, "Notes").waitFor();
  assert((await box(page, "Notes").inputValue()) === "左耳有雜音", "what was typed went with another conversation");
  assert((await focused(page)) !== "Notes", "the field took the focus from the composer");
  await box(page, "Notes").focus();
  await page.getByRole("button", { name: "Save" }).click();
  await shows(page, "notes", "左耳有雜音");
}

const settings = (page: Page, name: string) =>
  page.evaluate((hash) => {
    location.hash = hash;
  }, `#/settings/${name}`);

/** What is designed and not saved is there when one comes back, and no more of it than was changed. */
async function designed(world: World): Promise<void> {
  const { page } = await staff(world, mei, wide);
  const { url, signIns } = world.product;
  const { token } = await signIn({ url, signIns });
  const { body: shop } = await ask(url, "/v1/shops", { token, body: { name: "Details pier" } });
  const greeting = page.getByRole("textbox", { name: /^Greeting/ });
  const lookAway = async () => {
    await settings(page, "looks");
    await greeting.waitFor({ state: "detached" });
    await settings(page, "designer");
    await greeting.waitFor();
  };
  await settings(page, "designer");
  await page.getByTestId("designer-shop").selectOption({ label: "Details pier" });
  await page.getByTestId("inherited-greeting").getByText("as for the whole workspace").waitFor();
  await greeting.fill("Good evening from the pier");
  await lookAway();
  await page.getByText("Not saved yet").waitFor();
  assert((await greeting.inputValue()) === "Good evening from the pier", "the greeting is gone");
  await page.getByTestId("inherited-title").getByText("as for the whole workspace").waitFor();
  await page.locator("input[name=colour]").fill("#7a1fa2");
  await lookAway();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByTestId("toasts").getByText("Saved").waitFor();
  const { body } = await ask(url, `/v1/shops/${shop.id}/widget`, { token });
  const own = Object.keys(body.widget).sort().join(" ");
  assert(own === "colour greeting", `the shop has of its own: ${own}`);
  await ask(url, `/v1/shops/${shop.id}`, { token, method: "DELETE" });
}

/** Where the details lie over the conversation, Tab does not reach what they hide, and the focus comes back. */
async function covers(world: World): Promise<void> {
  await writes(world, "#dt4");
  await writes(world, "#dt5");
  const { page } = await staff(world, mei, { ...wide, width: 768 });
  await openConversation(page, "#dt5");
  await openConversation(page, "#dt4");
  await page.getByTestId("tabs").waitFor();
  const isIn = (selector: string) =>
    page.evaluate((within) => document.activeElement?.closest(within) !== null, selector);
  const becomes = (selector: string) => until(`the focus is not in ${selector}`, () => isIn(selector), Boolean);
  const opener = page.getByRole("button", { name: "About this conversation" });
  await opener.focus();
  for (const away of ["Enter", "Escape"]) {
    await page.keyboard.press("Enter");
    await page.getByTestId("panel").waitFor();
    await becomes("[data-testid=panel]");
    for (let press = 0; press < 40; press++) {
      await page.keyboard.press(press < 20 ? "Tab" : "Shift+Tab");
      assert(!(await isIn("[data-place], [data-testid=tabs]")), `the focus is hidden after ${press + 1} keys`);
    }
    await page.getByTestId("panel").getByRole("button", { name: "Close" }).focus();
    await page.keyboard.press(away);
    await page.getByTestId("panel").waitFor({ state: "detached" });
    await until(
      "the focus is back",
      () => focused(page),
      (label) => label === "About this conversation",
    );
  }
  await opener.click();
  await page.getByTestId("panel").waitFor();
  // Beside the conversation they cover nothing.
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.locator("[data-place]:not([inert])").waitFor();
  await page.getByTestId("composer").focus();
  await becomes("[data-place]");
}

/** What cannot be says so where it is typed: a shop's name that is taken, a snippet's that no slash could find. */
async function refusals(world: World): Promise<void> {
  const { page } = await staff(world, mei, wide);
  await settings(page, "shops");
  await page.getByRole("button", { name: "New shop" }).click();
  await page.getByLabel("Name of the shop").fill("CENTRAL");
  await page.keyboard.press("Enter");
  await page.getByTestId("settings-note").getByText("There is a shop of this name already.").first().waitFor();

  await settings(page, "snippets");
  await page.getByRole("button", { name: "New snippet" }).click();
  const name = page.getByRole("textbox", { name: /^Short name/ });
  const wrong = page.getByRole("alert").getByText("Letters of any script");
  await name.fill("two words");
  await wrong.waitFor();
  await name.fill("兩個_字-2");
  await wrong.waitFor({ state: "detached" });
  await page.getByText("Letters of any script").waitFor();
}

export const detailed: Scenario[] = [
  { name: "details: a name that cannot be is refused in words", run: refusals },
  { name: "details: over the conversation they hide nothing that has the focus", run: covers },
  { name: "details: what is half typed outlives Escape and other conversations", run: halfTyped },
  { name: "details: what is designed outlives a look at another page, and only that is saved", run: designed },
  { name: "details: of two who change a customer's the second sees what the first saved", run: two },
];
