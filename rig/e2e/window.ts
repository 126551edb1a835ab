import type { Page } from "playwright-core";
import { look } from "./looks.ts";
import {
  customer,
  openConversation,
  type Scenario,
  say,
  sees,
  showDetails,
  skipTour,
  staff,
  until,
  type World,
} from "./world.ts";

/** Of the demo shop. */
const owner = 1;
const wide = { width: 1440, height: 900 };

/** What has the focus in the window of this name; a listener hears the name with it. */
const focused = (page: Page, title: string) =>
  page.getByRole("dialog", { name: title, exact: true }).evaluate((dialog) => {
    const at = document.activeElement;
    if (!at || !dialog.contains(at)) return `outside: ${at?.tagName}`;
    return at.matches("input, select, textarea") ? "field" : (at.getAttribute("aria-label") ?? at.tagName);
  });

/** Its first field has the focus without a Tab or a click. */
const beginsAtField = (page: Page, title: string) =>
  until(
    `${title} begins at its field`,
    () => focused(page, title),
    (seen) => seen === "field",
  );

const isGone = (page: Page, title: string) =>
  page.getByRole("dialog", { name: title, exact: true }).waitFor({ state: "detached" });

/** Typed and Enter, without a Tab: assigned, a view kept, talks begun and renamed. */
async function byKeysAlone(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "The lamp flickers #wi1");
  await sees(guest.page, "#wi1");
  const { page } = await staff(world, owner, wide);
  await skipTour(page);
  await openConversation(page, "#wi1");
  await page.getByTestId("composer").first().press("Escape");
  await page.keyboard.press("a");
  await beginsAtField(page, "Assign");
  await page.keyboard.press("Enter");
  await page.keyboard.type("Kit");
  await page.getByRole("dialog").getByRole("button", { name: "Kit" }).waitFor();
  await page.keyboard.press("Enter");
  await isGone(page, "Assign");
  await page.getByTestId("assignee").getByText("Kit").first().waitFor();
  await page.getByTitle("Unread only").click();
  await page.getByRole("button", { name: "Save this view" }).click();
  await beginsAtField(page, "Save this view");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("Lamps of Kit");
  await page.keyboard.press("Enter");
  await isGone(page, "Save this view");
  await page.getByRole("link", { name: "Lamps of Kit" }).waitFor();
  await page.getByRole("button", { name: "Remove Lamps of Kit" }).click();
  await page.getByRole("button", { name: "New", exact: true }).click();
  await page.getByRole("menuitem", { name: "New group" }).click();
  await beginsAtField(page, "New group");
  await page.keyboard.type("Lamps #wi2");
  await page.getByRole("searchbox", { name: "Search by name" }).fill("Kit");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Kit", pressed: true }).waitFor();
  await page.getByRole("button", { name: "Create" }).click();
  await isGone(page, "New group");
  await showDetails(page);
  await page.getByTestId("panel").getByRole("button", { name: "Rename" }).click();
  await beginsAtField(page, "Rename");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("Lights #wi3");
  await page.keyboard.press("Enter");
  await isGone(page, "Rename");
  await page.getByTestId("panel").getByText("Lights #wi3").first().waitFor();
  await page.getByRole("button", { name: "New", exact: true }).click();
  await page.getByRole("menuitem", { name: "New direct talk" }).click();
  await beginsAtField(page, "New direct talk");
  await page.keyboard.type("Kit");
  await page.getByRole("dialog").getByRole("button", { name: "Kit" }).waitFor();
  await page.keyboard.press("Enter");
  await isGone(page, "New direct talk");
}

/** A choice that takes the chosen away leaves the focus in the window, and the way back to the field. */
async function afterChoice(world: World): Promise<void> {
  const one = await customer(world);
  await say(one.page, "Record one #wi4");
  await sees(one.page, "#wi4");
  const two = await customer(world);
  await say(two.page, "Record two #wi5");
  await sees(two.page, "#wi5");
  const { page } = await staff(world, owner, wide);
  await openConversation(page, "#wi5");
  await showDetails(page);
  const other = await page.getByTestId("panel").locator("b").first().innerText();
  await page.getByRole("button", { name: "Change: Phone" }).click();
  await page.getByRole("textbox", { name: "Phone" }).fill("+852 5555 0155");
  await page.keyboard.press("Enter");
  await page.getByTestId("customer-fields").getByText("+852 5555 0155").waitFor();
  await openConversation(page, "#wi4");
  await page.getByRole("button", { name: "Merge with another record" }).click();
  const title = "Merge with another record";
  await beginsAtField(page, title);
  await page.keyboard.type(other);
  const choice = page.getByRole("button", { name: `Choose ${other}` });
  await choice.filter({ hasText: "Record two #wi5" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByTestId("merge-preview").getByText("+852 5555 0155").waitFor();
  await look(page, "window-merge-1440");
  await until(
    "the preview has the focus",
    () => focused(page, title),
    (seen) => seen === "DIV",
  );
  await page.getByRole("button", { name: "Choose another" }).press("Enter");
  await beginsAtField(page, title);
}

/** The form of a new password: it begins at its field, and the way out of it leads back to its button. */
async function changePassword(world: World): Promise<void> {
  const { page } = await staff(world, owner, wide);
  await page.evaluate(() => {
    location.hash = "#/settings/security";
  });
  const change = page.getByRole("button", { name: "Change password" });
  const nameOf = () => page.evaluate(() => (document.activeElement as HTMLInputElement).name);
  const begins = (seen: string) => seen === "current";
  await change.press("Enter");
  await until("it begins at the current password", nameOf, begins);
  await page.getByTestId("security").getByRole("button", { name: "Cancel" }).press("Enter");
  await change.and(page.locator(":focus")).waitFor();
}

export const windows: Scenario[] = [
  { name: "window: it begins at its field, and Enter does the obvious", run: byKeysAlone },
  { name: "window: after a choice the focus stays in it", run: afterChoice },
  { name: "window: a new password begins at its field and can be called off", run: changePassword },
];
