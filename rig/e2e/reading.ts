import type { Page } from "playwright-core";
import { act, openMenu } from "./talk.ts";
import {
  assert,
  connection,
  customer,
  message,
  openConversation,
  type Scenario,
  say,
  sees,
  staff,
  until,
  type World,
} from "./world.ts";

/** How far the end of the timeline is from the end of its window. */
const fromEnd = (page: Page) =>
  page.getByTestId("timeline").evaluate((box) => Math.round(box.scrollHeight - box.scrollTop - box.clientHeight));

const status = (page: Page, text: string) => message(page, text).getAttribute("data-status");

const sent = (page: Page, text: string) =>
  until(
    `${text} is sent`,
    () => status(page, text),
    (now) => now === "sent" || now === "delivered",
  );

/** What is unread is opened where it begins, is not read before it was seen, and one key away from its end. */
async function unreadFromItsStart(world: World): Promise<void> {
  const { url } = world.product;
  const guest = await customer(world);
  await say(guest.page, "It rattles #u0");
  const mei = await staff(world, 1);
  await openConversation(mei.page, "#u0");
  await say(mei.page, "Since when? #u1");
  await sees(guest.page, "#u1");
  await mei.page.goto(`${url}/console/#/all`);
  await mei.page.getByTestId("timeline").waitFor({ state: "detached" });
  for (let i = 2; i < 47; i++) await say(guest.page, `More of it #u${i}`);
  await sees(guest.page, "#u46");
  await openConversation(mei.page, "#u46");
  const line = mei.page.getByTestId("unread");
  await line.waitFor();
  await until(
    "the line is in sight",
    () => line.evaluate((one) => one.getBoundingClientRect().top),
    (top) => top > 0,
  );
  await mei.page.bringToFront();
  await until(
    "what is in sight is read",
    () => status(guest.page, "#u2"),
    (now) => now === "read",
  );
  assert((await status(guest.page, "#u46")) !== "read", "what nobody saw is not read");
  const jump = mei.page.getByRole("button", { name: "45 new messages" });
  await jump.click();
  await until(
    "all is read",
    () => status(guest.page, "#u46"),
    (now) => now === "read",
  );
  await until(
    "the end is in sight",
    () => fromEnd(mei.page),
    (px) => Math.abs(px) < 3,
  );
  await jump.waitFor({ state: "detached" });
}

/** A keyboard of the screen goes away when a menu takes the focus: the menu stays. */
async function menuWhileKeyboardHides(world: World): Promise<void> {
  const { page } = await customer(world, { height: 430 });
  await say(page, "The lid is stuck #v0");
  // What is still on its way can only be copied.
  await sent(page, "#v0");
  await openMenu(page, "#v0");
  const reply = page.getByRole("menuitem", { name: "Reply", exact: true });
  await reply.waitFor();
  await page.setViewportSize({ width: 390, height: 780 });
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await reply.click();
  await page.getByText("Reply to").waitFor();
  await page.keyboard.press("Escape");
}

/** L12: an edit that waits is not called read; what is left of a recalled message has the focus that its button had. */
async function editedOffline(world: World): Promise<void> {
  const { page, context } = await customer(world);
  await say(page, "Model HX-2O #w0");
  await sees(page, "#w0");
  await page.getByTestId("timeline").waitFor();
  await connection(page, "online");
  await sent(page, "#w0");
  await context.setOffline(true);
  await connection(page, "offline");
  await act(page, "#w0", "Edit");
  await page.getByTestId("composer").fill("Model HX-20 #w0");
  await page.keyboard.press("Enter");
  await until(
    "the edit waits",
    () => status(page, "HX-20"),
    (now) => now === "waiting",
  );
  await context.setOffline(false);
  await sent(page, "HX-20");
  await message(page, "HX-20").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Recall" }).waitFor();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await until(
    "what is left has the focus",
    () => page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset.recalled),
    (recalled) => recalled === "true",
  );
}

export const readings: Scenario[] = [
  { name: "reading: what is unread is opened where it begins, and is read when it was seen", run: unreadFromItsStart },
  { name: "reading: a menu stays when the keyboard of a phone hides", run: menuWhileKeyboardHides },
  { name: "reading: an edit without a network waits in sight, and a recall keeps the focus", run: editedOffline },
];
