import type { Page } from "playwright-core";
import { look } from "./looks.ts";
import { assert, customer, openConversation, type Scenario, say, sees, staff, until, type World } from "./world.ts";

const lineOf = (page: Page, words: string) => page.getByTestId("conversation").filter({ hasText: words }).first();

/** The part of a conversation on screen, the open one or the one beside it. */
const placed = (page: Page, place: "first" | "second") => page.locator(`[data-place=${place}]`);

/** In which conversation the focus is, and on what. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const active = document.activeElement as HTMLElement | null;
    const place = active?.closest<HTMLElement>("[data-place]")?.dataset.place;
    return `${place} ${active?.dataset.testid}`;
  });

const focusIn = (page: Page, wanted: string) =>
  until(
    `the focus is not in the ${wanted}`,
    () => focused(page),
    (seen) => seen === wanted,
  );

const closingSays = (page: Page, wanted: string) =>
  until(
    `the open conversation does not say ${wanted}`,
    () => page.getByTestId("close-conversation").getAttribute("aria-label"),
    (label) => label?.startsWith(wanted) ?? false,
  );

async function twoGuests(world: World, prefix: string) {
  const first = await customer(world);
  await say(first.page, `The kettle leaks #${prefix}1`);
  await sees(first.page, `#${prefix}1`);
  const second = await customer(world);
  await say(second.page, `The toaster smokes #${prefix}2`);
  await sees(second.page, `#${prefix}2`);
  const { page } = await staff(world, 1, { width: 1440, height: 900 });
  await openConversation(page, `#${prefix}1`);
  await sees(page, `#${prefix}1`);
  return { page, second };
}

/** A key is for the conversation with the focus: a line that was gone to, the one beside, else the open one. */
async function keysFollowFocus(world: World): Promise<void> {
  const { page, second } = await twoGuests(world, "sk");
  const other = await lineOf(page, "#sk2").getAttribute("data-stream");
  await lineOf(page, "#sk2").focus();
  await page.keyboard.press("e");
  await page.getByTestId("toasts").getByText("The conversation is closed").waitFor();
  await closingSays(page, "Close");
  await page.evaluate((stream) => {
    location.hash = `#/all/${stream}`;
  }, other);
  await sees(page, "#sk2");
  await closingSays(page, "Reopen");
  await page.getByTestId("close-conversation").click();
  await openConversation(page, "#sk1");
  await sees(page, "#sk1");
  await lineOf(page, "#sk2").focus();
  await page.keyboard.press("r");
  await sees(page, "#sk2");
  await focusIn(page, "first composer");
  await openConversation(page, "#sk1");
  await page.evaluate((stream) => {
    location.hash += `?with=${stream}`;
  }, other);
  const right = placed(page, "second");
  const message = right.getByTestId("message").filter({ hasText: "#sk2" });
  await message.focus();
  await page.keyboard.press("r");
  await focusIn(page, "second composer");
  await page.keyboard.type("Is it off? #sk3");
  await page.keyboard.press("Enter");
  await sees(second.page, "#sk3");
  await message.focus();
  await page.keyboard.press("n");
  await right.getByTestId("notes").waitFor();
  await focusIn(page, "second composer");
  assert((await placed(page, "first").getByTestId("notes").count()) === 0, "the notes of the other one were opened");
}

const openStream = (page: Page, stream: string | null) =>
  until(
    `${stream} is not the open conversation`,
    () => page.evaluate(() => location.hash),
    (hash) => stream !== null && hash.includes(stream),
  );

/** After a close the next conversation is the one that took its place, also with the focus on a message; what was done can be taken back. */
async function closedAndNext(world: World): Promise<void> {
  const { page } = await twoGuests(world, "cn");
  const third = await customer(world);
  await say(third.page, "The blender smells #cn3");
  await sees(third.page, "#cn3");
  await lineOf(page, "#cn3").waitFor();
  const below = await lineOf(page, "#cn1").getAttribute("data-stream");
  await openConversation(page, "#cn2");
  const message = page.getByTestId("message").filter({ hasText: "#cn2" });
  await message.focus();
  const gone = () => lineOf(page, "#cn2").waitFor({ state: "detached" });
  const undo = page.getByTestId("toasts").getByRole("button", { name: "Undo" });
  await page.keyboard.press("y");
  await gone();
  await look(page, "desk-undo-1440");
  await undo.click();
  await lineOf(page, "#cn2").waitFor();
  await message.focus();
  await page.keyboard.press("e");
  await closingSays(page, "Reopen");
  await undo.click();
  await closingSays(page, "Close");
  await undo.waitFor({ state: "detached" });
  await message.focus();
  await page.keyboard.press("e");
  await gone();
  await page.keyboard.press("Alt+ArrowDown");
  await openStream(page, below);
  // Of a line that was gone to with the keys, too: the focus goes to the one in its place.
  const above = lineOf(page, "#cn3");
  await lineOf(page, "#cn1").focus();
  await page.keyboard.press("ArrowUp");
  await until(
    "the line above has the focus",
    () => above.evaluate((line) => line === document.activeElement),
    (there) => there,
  );
  await page.keyboard.press("e");
  await above.waitFor({ state: "detached" });
  await until(
    "the line in its place has the focus",
    () => page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset.stream),
    (stream) => stream === below,
  );
}

export const deskKeys: Scenario[] = [
  { name: "a key of the desk is for the conversation that has the focus", run: keysFollowFocus },
  {
    name: "after a close the next conversation is the next, and a close or an archiving can be undone",
    run: closedAndNext,
  },
];
