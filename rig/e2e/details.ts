import type { Page } from "playwright-core";
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

export const detailed: Scenario[] = [
  { name: "details: of two who change a customer's the second sees what the first saved", run: two },
];
