import type { Page } from "playwright-core";
import { look } from "./looks.ts";
import {
  assert,
  customer,
  openConversation,
  type Scenario,
  say,
  sees,
  showDetails,
  showView,
  staff,
  turnTo,
  until,
  type World,
} from "./world.ts";

const wide = { width: 1440, height: 900 };
const line = (page: Page, text: string) => page.getByTestId("conversation").filter({ hasText: text }).first();
const viewers = (page: Page) => page.getByTestId("viewers").first().getAttribute("title");
const nobody = (seen: string | null) => seen === null || seen === "";
const isSeen = (page: Page, name: string) =>
  until(
    `${name} is not seen to look`,
    () => viewers(page),
    (seen) => seen?.includes(name) ?? false,
  );
const isGone = (page: Page) => until("somebody still looks", () => viewers(page), nobody);

/** The page as when its tab is behind another one; browsers without a window never hide one by themselves. */
const hide = (page: Page, hidden: boolean) =>
  page.evaluate(
    (state) => {
      Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
      document.dispatchEvent(new Event("visibilitychange"));
    },
    hidden ? "hidden" : "visible",
  );

/** Two colleagues at one conversation see each other, and the customer sees neither. */
async function looking(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "The kettle leaks #lk1");
  await sees(guest.page, "#lk1");
  const other = await customer(world);
  await say(other.page, "The toaster smells #lk2");
  await sees(other.page, "#lk2");
  const mei = await staff(world, 1, wide);
  const kit = await staff(world, 0, wide);
  await openConversation(mei.page, "#lk1");
  assert(nobody(await viewers(mei.page)), "nobody else looks yet");
  await openConversation(kit.page, "#lk1");
  await isSeen(mei.page, "Kit");
  await isSeen(kit.page, "Mei");
  await line(mei.page, "#lk1").getByTestId("eyes").waitFor();
  assert((await line(mei.page, "#lk2").getByTestId("eyes").count()) === 0, "nobody looks at the other one");
  await look(mei.page, "along-viewers-1440");

  const writes = (words: string) => mei.page.getByTestId("colleague-writes").filter({ hasText: words }).waitFor();
  await kit.page.getByTestId("composer").fill("not sent #lk3");
  await writes("Kit is typing a reply");
  await turnTo(kit.page, "notes");
  await kit.page.getByTestId("composer").fill("not said #lk4");
  await writes("Kit is writing a note");

  // What is typed and not sent stands in one's own list alone, of the notes too.
  await kit.page.getByTestId("composer").fill("");
  await line(kit.page, "#lk3").getByTestId("unsent").waitFor();
  await kit.page.getByTestId("composer").fill("not said #lk4");
  await turnTo(kit.page, "chat");
  await kit.page.getByTestId("composer").fill("");
  await line(kit.page, "#lk4").getByTestId("unsent").getByText("Unsent note").waitFor({ state: "attached" });
  assert(!(await mei.page.content()).includes("#lk3"), "a colleague sees what is typed");

  // A hidden tab does not count; neither does one that went elsewhere, or is closed.
  await hide(kit.page, true);
  await isGone(mei.page);
  await hide(kit.page, false);
  await isSeen(mei.page, "Kit");
  await openConversation(kit.page, "#lk2");
  await isGone(mei.page);
  await line(mei.page, "#lk2").getByTestId("eyes").waitFor();
  await openConversation(mei.page, "#lk2");
  await isSeen(mei.page, "Kit");
  await kit.page.close();
  await isGone(mei.page);
  const heard = await guest.page.content();
  for (const word of ["looking", "#lk3", "#lk4"]) assert(!heard.includes(word), `the customer sees ${word}`);
}

async function leave(page: Page): Promise<void> {
  await showDetails(page);
  await page.getByRole("button", { name: "Leave" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Leave" }).click();
  await page.getByTestId("timeline").waitFor({ state: "detached" });
}

/** Somebody who supervises reads a conversation that they are not in, and joins to write. */
async function along(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "The fan rattles #al1");
  await sees(guest.page, "#al1");
  const kit = await staff(world, 0, wide);
  await openConversation(kit.page, "#al1");
  await turnTo(kit.page, "notes");
  await say(kit.page, "Third one this week #al2");
  await sees(kit.page, "#al2");
  const mei = await staff(world, 1, wide);
  await openConversation(mei.page, "#al1");
  await leave(mei.page);
  const here = () => guest.page.getByTestId("presence").getAttribute("data-here");
  await until("only one is there for the customer", here, (seen) => seen === "1");

  await showView(mei.page, "all");
  await openConversation(mei.page, "#al1");
  const bar = mei.page.getByTestId("reading");
  await bar.getByText("You are reading along.").waitFor();
  assert((await mei.page.getByTestId("composer").count()) === 0, "who reads along has a composer");
  await say(guest.page, "And it smells #al3");
  await sees(mei.page, "#al3");
  await look(mei.page, "along-reading-1440");
  await isSeen(kit.page, "Mei");
  await turnTo(mei.page, "notes");
  await sees(mei.page, "#al2");
  await bar.waitFor();
  assert((await mei.page.getByTestId("composer").count()) === 0, "who reads notes along has a composer");
  assert((await here()) === "1", "the customer sees somebody who reads along");
  await mei.page.setViewportSize({ width: 360, height: 740 });
  await look(mei.page, "along-reading-360");
  await mei.page.setViewportSize(wide);

  await turnTo(mei.page, "chat");
  await mei.page.getByTestId("join").click();
  await mei.page.getByTestId("composer").waitFor();
  await until("both are there", here, (seen) => seen === "2");
  await say(mei.page, "I can help as well #al4");
  await sees(guest.page, "#al4");
}

/** From the list, a conversation one is not in is given to a colleague who is not in it either. */
async function given(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "The clock stands still #gi1");
  await sees(guest.page, "#gi1");
  const kit = await staff(world, 0, wide);
  await openConversation(kit.page, "#gi1");
  await leave(kit.page);
  const mei = await staff(world, 1, wide);
  await openConversation(mei.page, "#gi1");
  await leave(mei.page);
  await showView(mei.page, "unassigned");
  await line(mei.page, "#gi1").click({ button: "right" });
  await look(mei.page, "along-line-menu-1440");
  await mei.page.getByRole("menuitem", { name: "Assign" }).click();
  await mei.page.getByRole("dialog").getByRole("button", { name: "Kit" }).click();
  await mei.page.getByTestId("toasts").getByText("Assigned to Kit").waitFor();
  await line(mei.page, "#gi1").waitFor({ state: "detached" });
  await showView(kit.page, "mine");
  await openConversation(kit.page, "#gi1");
  await until(
    "it is not said who answers",
    () => kit.page.getByTestId("assignee").innerText(),
    (name) => name.includes("Kit"),
  );
  await say(kit.page, "I take care of it #gi2");
  await sees(guest.page, "#gi2");
  await showView(mei.page, "all");
  await openConversation(mei.page, "#gi2");
  await mei.page.getByTestId("reading").waitFor();
}

export const alongs: Scenario[] = [
  { name: "L5 who looks: colleagues see each other at one conversation, and the customer sees neither", run: looking },
  { name: "L5 reading along: a supervisor reads a conversation and its notes, unseen, and joins to write", run: along },
  { name: "L5 given from the list: a conversation one is not in goes to a colleague who is not in it", run: given },
];
