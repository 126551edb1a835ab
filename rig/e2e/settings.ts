import type { Page } from "playwright-core";
import { look } from "./looks.ts";
import { assert, connection, type Scenario, staff, until, type World } from "./world.ts";

/** Opens a page of the settings by its address. */
async function open(page: Page, name: string): Promise<void> {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/settings/${name}`);
}

const told = (page: Page, text: string) => page.getByTestId("settings-note").getByText(text).first().waitFor();

/** The menu of the settings, in its order. */
const menu = (page: Page) => page.getByRole("navigation", { name: "Pages of the settings" }).getByRole("link");

/** An owner makes a role, gives it, takes it back, shuts somebody out and lets them in again. */
async function owner(world: World): Promise<void> {
  const kit = await staff(world, 0, { lang: "en" });
  const mei = await staff(world, 1, { lang: "en", width: 1440, height: 900 });
  const { page } = mei;

  await open(kit.page, "staff");
  await kit.page.getByText("Your role does not include this page.").waitFor();
  const names = (await menu(kit.page).allInnerTexts()).map((name) => name.trim());
  for (const hidden of ["Staff", "Roles", "Shops and teams", "Workspace", "Audit log"])
    assert(!names.includes(hidden), `an agent sees ${hidden}`);

  await open(page, "roles");
  await page.getByRole("button", { name: "New role" }).click();
  await page.getByLabel("Name of the role").fill("Night shift");
  await page.getByRole("checkbox", { name: "See the staff with their roles, shops and teams" }).press("Space");
  await page.getByRole("button", { name: "Save" }).click();
  await told(page, "The role Night shift is there.");
  await look(page, "settings-roles-1440");

  await open(page, "staff");
  const role = page.getByLabel("Role of Kit");
  await role.selectOption({ label: "Night shift" });
  await told(page, "Kit: role is Night shift now.");
  // At once, on the page that Kit has open.
  await kit.page.getByTestId("staff").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await told(page, "Undone.");
  assert((await role.inputValue()) === "agent", "the role is not back");
  await kit.page.getByText("Your role does not include this page.").waitFor();
  await page.getByText("This installation has no mail server").waitFor();
  await look(page, "settings-staff-1440");

  await page.getByRole("button", { name: "Disable Kit" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disable", exact: true }).click();
  await told(page, "Kit is disabled and signed out everywhere.");
  await until(
    "Kit is still connected",
    () => kit.page.getByTestId("connection").first().getAttribute("data-state"),
    (state) => state === "closed",
  );
  await page.getByRole("button", { name: "Enable Kit" }).click();
  await told(page, "Kit may sign in again.");
  await page.setViewportSize({ width: 360, height: 740 });
  await look(page, "settings-staff-360");
}

/** A shop, a desk with somebody at it, what may not be deleted, the workspace's name, and all of it in the log. */
async function places(world: World): Promise<void> {
  const { page } = await staff(world, 1, { lang: "en", width: 1440, height: 900 });
  const name = (label: string, text: string) =>
    page
      .getByLabel(label)
      .fill(text)
      .then(() => page.keyboard.press("Enter"));
  await open(page, "shops");
  await page.getByRole("button", { name: "New shop" }).click();
  await name("Name of the shop", "Harbour");
  await told(page, "The shop Harbour is there.");
  const shop = page.getByRole("region", { name: "Harbour" });
  await shop.getByRole("button", { name: "New desk" }).click();
  await name("Name of the desk", "Repairs");
  await shop.getByLabel("Add somebody to Repairs").selectOption({ label: "Kit" });
  await told(page, "Kit serves at Repairs.");
  await shop.getByRole("button", { name: "Delete: Harbour" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await told(page, "The shop still has desks, teams or staff");
  await look(page, "settings-shops-1440");

  await open(page, "workspace");
  await page.getByRole("button", { name: /^Rename / }).click();
  await page.getByLabel(/^New name of /).fill("Ming Audio");
  await page.keyboard.press("Enter");
  await told(page, "The workspace is called Ming Audio now.");
  await look(page, "settings-workspace-1440");

  await open(page, "audit");
  const lines = page.getByTestId("audit");
  await lines.getByText("Workspace settings changed").first().waitFor();
  await page.getByLabel("What").selectOption({ label: "Put to serve at a desk" });
  await lines.getByText("Mei 林 → Kit").first().click();
  await lines.getByText("Repairs").first().waitFor();
  await lines.locator("code").filter({ hasText: /^d_/ }).first().waitFor();
  await look(page, "settings-audit-1440");
  await page.setViewportSize({ width: 360, height: 740 });
  await look(page, "settings-audit-360");
  await open(page, "shops");
  await shop.waitFor();
  await look(page, "settings-shops-360");
}

/** A page whose file did not come without a network comes when it is tried again. */
async function offlinePage(world: World): Promise<void> {
  const { page, context } = await staff(world, 1, { lang: "en" });
  await open(page, "profile");
  await page.getByRole("heading", { level: 2 }).waitFor();
  await context.setOffline(true);
  await connection(page, "offline");
  await open(page, "keyboard");
  const again = page.getByRole("main").getByRole("button", { name: "Try again" });
  await again.click();
  await again.waitFor();
  await context.setOffline(false);
  await connection(page, "online");
  // The try before may end now, too: then the page loads itself anew, and the button is gone.
  await until(
    "the page comes",
    async () => {
      if (await again.isVisible()) await again.click({ timeout: 1_000 }).catch(() => undefined);
      return page.getByRole("switch").first().isVisible();
    },
    (isThere) => isThere,
  );
}

export const settings: Scenario[] = [
  { name: "settings: a page that did not come without a network is tried again", run: offlinePage },
  { name: "settings: a role is made, given, taken back; somebody is shut out; an agent sees none of it", run: owner },
  { name: "settings: shops, desks and their people, the workspace, and the audit log of it", run: places },
];
