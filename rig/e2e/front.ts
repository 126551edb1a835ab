import type { Page } from "playwright-core";
import { ask, staff as signIn } from "../api/server.ts";
import { claimsFor, seconds, signWith } from "../api/shop.ts";
import { look } from "./looks.ts";
import {
  assert,
  customer,
  openConversation,
  type Scenario,
  say,
  sees,
  servedShop,
  showDetails,
  staff,
  until,
  type World,
} from "./world.ts";

const wide = { lang: "en", width: 1440, height: 900 } as const;
/** Of the demo shop. */
const agent = 0;
const owner = 1;

const goTo = async (page: Page, place: string) => {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/settings/${place}`);
};

/** The page has changed over when the way back to the menu is there. */
async function onPhone(page: Page): Promise<void> {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.locator('a[href="#/settings/"]').waitFor();
}

/** Two shops, two looks: one says its own hello in its own colour, the other stays the chain's; and the way back. */
async function twoShops(world: World): Promise<void> {
  const mei = await staff(world, owner, wide);
  const { page } = mei;
  const { url, signIns } = world.product;
  const { token } = await signIn({ url, signIns });
  const { body: harbour } = await ask(url, "/v1/shops", { token, body: { name: "Harbour" } });
  await goTo(page, "designer");
  await page.getByTestId("designer-shop").selectOption({ label: "Harbour" });
  await page.getByTestId("inherited-greeting").getByText("as for the whole workspace").waitFor();
  const greeting = "Good evening from the harbour";
  await page.getByLabel("Greeting").fill(greeting);
  await page.locator("input[name=colour]").fill("#7a1fa2");
  await page.frameLocator("[data-testid=preview]").getByText(greeting).waitFor();
  await page.getByTestId("inherited-colour").getByText("this shop’s own").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByTestId("toasts").getByText("Saved").waitFor();
  await page.getByText(`/loader.js?shop=${harbour.id}`).first().waitFor();
  const served = () => servedShop(`${url}/chat/?shop=${harbour.id}`);
  await until("the shop's page has its colour", served, (seen) => seen.widget.colour === "#7a1fa2");
  await look(page, "settings-designer-shop-1440");
  const guest = await customer(world);
  const brand = () => guest.page.evaluate(() => document.documentElement.style.getPropertyValue("--brand"));
  const chain = await brand();
  assert((await guest.page.getByText(greeting).count()) === 0, "the chain's page has the shop's greeting");
  await guest.page.goto(`${url}/chat/?shop=${harbour.id}`);
  await guest.page.getByText(greeting).waitFor();
  assert((await brand()) === "#7a1fa2" && chain !== "#7a1fa2", "each shop has its colour");
  await launcherOf(guest.page, url, harbour.id);
  await page.getByRole("button", { name: "Back to the workspace’s: Greeting" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByTestId("inherited-greeting").getByText("as for the whole workspace").waitFor();
  await until(
    "the greeting is the chain's again",
    async () => (await ask(url, `/v1/widget-settings?shop=${harbour.id}`)).body.widget,
    (widget) => widget.greeting === undefined && widget.colour === "#7a1fa2",
  );
  await ask(url, `/v1/shops/${harbour.id}`, { token, method: "DELETE" });
}

/** A line of before, which names the shop in an attribute, gets the button in the shop's colour. */
async function launcherOf(page: Page, url: string, shop: string): Promise<void> {
  await page.goto(`${url}/demo/`);
  await page.evaluate(
    ([base, id]) => {
      (window as unknown as { aftercare?: unknown }).aftercare = undefined;
      document.getElementById("aftercare")?.remove();
      const line = document.createElement("script");
      line.dataset.shop = id ?? "";
      line.src = `${base}/loader.js`;
      document.body.append(line);
    },
    [url, shop],
  );
  const colour = () => page.evaluate(() => document.getElementById("aftercare")?.style.getPropertyValue("--brand"));
  await until("the button has the shop's colour", colour, (seen) => seen === "#7a1fa2");
}

/** The owner changes greeting and colour: both show at once, stay after a reload, and nobody became a customer by it. */
async function designs(world: World): Promise<void> {
  const mei = await staff(world, owner, wide);
  const { page } = mei;
  const made: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && new URL(request.url()).pathname === "/v1/customers") made.push(request.url());
  });
  await goTo(page, "designer");
  const frame = page.frameLocator("[data-testid=preview]");
  const greeting = "Good evening from the harbour";
  await page.getByLabel("Greeting").fill(greeting);
  await frame.getByText(greeting).waitFor();
  await page.locator("input[name=colour]").fill("#ffe14d");
  await page.getByText("Text on the colour: black").waitFor();
  await page.getByText(/Hard to see, needs 3:1/).waitFor();
  await until(
    "the preview has the colour",
    () => frame.locator("html").evaluate((root) => (root as HTMLElement).style.getPropertyValue("--brand")),
    (colour) => colour === "#ffe14d",
  );
  await page.getByLabel("Ask for: Name").check();
  await page.locator("label").filter({ hasText: "Questions" }).click();
  await frame.getByTestId("prechat").waitFor();
  await page.getByLabel("Ask for: Name").uncheck();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByTestId("toasts").getByText("Saved").waitFor();
  await look(page, "settings-designer-1440");
  await page.reload();
  await page.locator("input[name=colour]").waitFor();
  assert((await page.getByLabel("Greeting").inputValue()) === greeting, "the greeting was kept");
  assert(made.length === 0, "the preview made a customer");
  const settings = await ask(world.product.url, "/v1/widget-settings");
  assert(settings.body.brandColour === "#ffe14d", "the colour is public");
  const served = () => servedShop(`${world.product.url}/chat/`);
  await until("the page has the colour", served, (seen) => seen.brandColour === "#ffe14d");
  const guest = await customer(world);
  await guest.page.getByText(greeting).waitFor();
  const brand = () => guest.page.evaluate(() => document.documentElement.style.getPropertyValue("--brand"));
  assert((await brand()) === "#ffe14d", "the chat has the colour");
  await onPhone(page);
  await look(page, "settings-designer-360");
  // As it was, for the scenarios that follow.
  await page.locator("input[name=colour]").fill("");
  await page.getByLabel("Greeting").fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByTestId("toasts").getByText("Saved").waitFor();
}

/** A key is made, a good token is found good, an expired one is told so, and the key is revoked. */
async function keyed(world: World): Promise<void> {
  const { page } = await staff(world, owner, wide);
  await goTo(page, "keys");
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByLabel("Name").fill("E2E shop");
  await page.getByRole("button", { name: "Create" }).click();
  const made = page.getByTestId("key-made");
  await made.waitFor();
  const [kid = "", secret = ""] = await made.locator("code").allInnerTexts();
  const workspace = await page.locator("code").first().innerText();
  const signed = (more: object) =>
    signWith(secret, { alg: "HS256", kid, typ: "JWT" }, { ...claimsFor(kid, workspace), ...more });
  await look(page, "settings-keys-1440");
  await page.getByRole("button", { name: "I have kept it" }).click();
  const told = page.getByTestId("token-test");
  await page.getByLabel("Token", { exact: true }).fill(signed({}));
  await page.getByRole("button", { name: "Test it" }).click();
  await told.getByText("This token is good").waitFor();
  const past = seconds() - 3_600;
  await page.getByLabel("Token", { exact: true }).fill(signed({ iat: past, exp: past + 300 }));
  await page.getByRole("button", { name: "Test it" }).click();
  await told.getByText("The token has expired").waitFor();
  assert((await page.getByText(secret).count()) === 0, "the secret is shown only once");
  await onPhone(page);
  await look(page, "settings-keys-360");
  await page.getByRole("button", { name: "Revoke: E2E shop" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByTestId("keys").getByText("Revoked", { exact: true }).first().waitFor();
}

/** An agent changes the telephone number and takes it back; merging is not the agent's. */
async function details(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "Call me please #f0");
  await sees(guest.page, "#f0");
  const { page } = await staff(world, agent, wide);
  await openConversation(page, "#f0");
  await showDetails(page);
  const phone = page.getByTestId("customer-phone");
  await page.getByRole("button", { name: "Change: Phone" }).click();
  await page.getByRole("textbox", { name: "Phone" }).fill("+852 5123 4567");
  await page.keyboard.press("Enter");
  await page.getByText("Saved: Phone").waitFor();
  assert((await phone.innerText()) === "+852 5123 4567", "the number is shown");
  await until(
    "the focus is back where it was",
    () => page.evaluate(() => document.activeElement?.getAttribute("aria-label")),
    (label) => label === "Change: Phone",
  );
  await look(page, "customer-details-1440");
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("Put back as it was").waitFor();
  assert((await phone.innerText()) === "Not known", "the number is gone again");
  assert((await page.getByText("Merge with another record").count()) === 0, "an agent cannot merge");
}

/** Staff mend the name of a customer, on two devices; the conversation and the list say it, and it can be taken back. */
async function renames(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "Who am I #n1");
  await sees(guest.page, "#n1");
  const desk = await staff(world, owner, wide);
  await openConversation(desk.page, "#n1");
  await showDetails(desk.page);
  const second = await staff(world, owner, { ...wide, like: desk });
  await openConversation(second.page, "#n1");
  const name = desk.page.getByTestId("customer-name");
  await until(
    "the name is there",
    () => name.innerText(),
    (text) => text !== "…",
  );
  const before = await name.innerText();
  await desk.page.getByRole("button", { name: "Change: Name" }).click();
  await desk.page.getByRole("textbox", { name: "Name", exact: true }).fill("Ms Chan");
  await desk.page.keyboard.press("Enter");
  await desk.page.getByText("Saved: Name").waitFor();
  for (const { page } of [desk, second]) {
    await page.getByTestId("conversation").filter({ hasText: "#n1" }).filter({ hasText: "Ms Chan" }).first().waitFor();
    await page.getByTestId("notice").getByText("The name is Ms Chan now").waitFor();
  }
  await look(desk.page, "customer-name-1440");
  await desk.page.getByRole("button", { name: "Undo", exact: true }).click();
  await second.page
    .getByTestId("conversation")
    .filter({ hasText: "#n1" })
    .filter({ hasText: before })
    .first()
    .waitFor();
}

/** Two records of one person: found by name, merged after a look at what will happen, and taken apart again. */
async function merged(world: World): Promise<void> {
  const one = await customer(world);
  await say(one.page, "First record #f1");
  await sees(one.page, "#f1");
  const two = await customer(world);
  await say(two.page, "Second record #f2");
  await sees(two.page, "#f2");
  const { page } = await staff(world, owner, wide);
  await openConversation(page, "#f2");
  await showDetails(page);
  const panel = page.getByTestId("panel");
  const other = await panel.locator("b").first().innerText();
  await openConversation(page, "#f1");
  await page.getByRole("button", { name: "Merge with another record" }).click();
  await page.getByLabel("Name of the customer").fill(other);
  await page.getByRole("button", { name: `Choose ${other}` }).click();
  await page.getByTestId("merge-preview").getByText(`All conversations of ${other} move`).waitFor();
  await look(page, "merge-preview-1440");
  await page.getByRole("button", { name: "Merge", exact: true }).click();
  const line = page.getByTestId("merges").getByText("Merged by staff");
  await line.waitFor();
  await page.getByRole("button", { name: "Undo merge" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Undo merge" }).click();
  await page
    .getByTestId("merges")
    .getByText(/^Undone/)
    .waitFor();
}

/** One's own ways in are a page, too, and the palette finds it. */
async function security(world: World): Promise<void> {
  const { page } = await staff(world, owner, wide);
  await page.keyboard.press("Control+k");
  await page.getByTestId("palette").getByRole("combobox").fill("security");
  await page.keyboard.press("Enter");
  await page.getByTestId("security").waitFor();
  assert(page.url().endsWith("#/settings/security"), "it has an address");
  await look(page, "settings-security-1440");
}

/** Two devices of one of the staff: what is chosen on one is so on the other, also what was changed without a network. */
async function everywhere(world: World): Promise<void> {
  const one = await staff(world, owner, wide);
  const two = await staff(world, owner, wide);
  assert((await two.page.getByTestId("tour").count()) === 0, "the tour came a second time");
  await goTo(one.page, "keyboard");
  const keys = (page: Page) => page.getByRole("switch").first();
  await goTo(two.page, "keyboard");
  const before = await keys(one.page).getAttribute("aria-checked");
  await one.page.context().setOffline(true);
  await keys(one.page).click();
  const after = await keys(one.page).getAttribute("aria-checked");
  assert(after !== before, "it is so on this device at once");
  await one.page.context().setOffline(false);
  const look = async (page: Page) => {
    await page.evaluate(() => dispatchEvent(new Event("focus")));
    return keys(page).getAttribute("aria-checked");
  };
  await until(
    "it came to the account and the other device",
    async () => {
      await look(one.page);
      return look(two.page);
    },
    (seen) => seen === after,
  );
  const third = await staff(world, owner, wide);
  await goTo(third.page, "keyboard");
  assert((await keys(third.page).getAttribute("aria-checked")) === after, "a new device has it at once");
  await keys(two.page).click();
  await until(
    "and back",
    () => look(one.page),
    (seen) => seen === before,
  );
  await appearance(world, one.page, two.page);
  await sharedReply(world, one.page, third.page);
  await profile(world, one.page, two.page);
  await nextPerson(world, third.page);
}

/** Dark and 繁體中文 chosen on one device are so on the other, from its first paint on; a device may follow its system. */
async function appearance(world: World, one: Page, two: Page): Promise<void> {
  const seen = (page: Page) =>
    page.evaluate(() => `${document.documentElement.dataset.theme ?? "system"} ${document.documentElement.lang}`);
  const is = (page: Page, wanted: string) =>
    until(
      `the page is ${wanted}`,
      async () => {
        await page.evaluate(() => dispatchEvent(new Event("focus")));
        return seen(page);
      },
      (now) => now === wanted,
    );
  await goTo(one, "looks");
  await goTo(two, "looks");
  await one.getByRole("radio", { name: "Dark" }).check();
  // Told by the server: nobody has to look there.
  await two.waitForFunction(() => document.documentElement.dataset.theme === "dark");
  await one.getByRole("radio", { name: "繁體中文" }).check();
  await is(two, "dark zh-Hant");
  await look(two, "settings-looks-hant-dark-1440");
  // As it is first painted, before any code of the desk has run.
  await two.route("**/assets/*.js", (route) => route.abort());
  await two.reload();
  await is(two, "dark zh-Hant");
  await two.unroute("**/assets/*.js");
  await two.reload();
  await two.getByRole("switch", { name: "這部裝置跟隨系統的淺色或深色" }).check();
  await is(two, "system zh-Hant");
  await is(one, "dark zh-Hant");
  // The way back, for the scenarios after this one, too.
  await one.getByRole("radio", { name: "English" }).check();
  await is(two, "system en");
  const { token } = await signIn({ url: world.product.url, signIns: world.product.signIns });
  await ask(world.product.url, "/v1/preferences/looks", { method: "PUT", token, body: { value: {} } });
}

/** A supervisor writes a reply for everybody; it is there in the composer of a colleague's device, marked as shared. */
async function sharedReply(world: World, owners: Page, page: Page): Promise<void> {
  const { url, signIns } = world.product;
  const mei = await signIn({ url, signIns });
  const role = (to: string) =>
    ask(url, `/v1/staff/${kitId}`, { method: "PATCH", token: mei.token, body: { role: to } });
  const kit = await staff(world, agent, wide);
  const kitId = (await ask(url, "/v1/staff", { token: mei.token })).body.staff.find(
    (one: { name: string }) => one.name === "Kit",
  ).account;
  await role("supervisor");
  await goTo(kit.page, "shared-snippets");
  await kit.page.getByRole("button", { name: "New snippet" }).click();
  await kit.page.getByLabel("Short name").fill("warranty");
  await kit.page.getByLabel("Text", { exact: false }).first().fill("The warranty is two years, {customer}.");
  await kit.page.getByLabel("Text in 繁體中文").fill("保養期為兩年。");
  await kit.page.getByRole("button", { name: "Save" }).click();
  await kit.page.getByTestId("shared-snippets").getByText("/warranty").waitFor();
  await look(kit.page, "settings-shared-snippets-1440");
  await onPhone(kit.page);
  await look(kit.page, "settings-shared-snippets-360");
  const guest = await customer(world);
  await say(guest.page, "How long #sn1");
  await sees(guest.page, "#sn1");
  await page.evaluate(() => {
    location.hash = "";
  });
  await openConversation(page, "#sn1");
  await page.getByTestId("composer").first().fill("");
  await page.getByTestId("composer").first().pressSequentially("/warr");
  const options = page.getByRole("listbox").getByRole("option");
  await options.filter({ hasText: "shared · 繁體中文" }).waitFor();
  await look(page, "agent-shared-snippets-1440");
  await page.keyboard.press("Enter");
  await until(
    "the reply is inserted",
    () => page.getByTestId("composer").first().inputValue(),
    (text) => text.startsWith("The warranty is two years"),
  );
  await kit.page.getByRole("button", { name: "Delete snippet warranty" }).click();
  await kit.page.getByTestId("settings-note").getByText("The snippet warranty is deleted.").first().waitFor();
  await role("agent");
  await goTo(owners, "keyboard");
}

/** Two people at one computer: nothing that the first chose for themselves goes to the account of the second. */
async function nextPerson(world: World, page: Page): Promise<void> {
  const { url, signIns } = world.product;
  const mei = await signIn({ url, signIns });
  const saved = { value: [{ name: "Only Mei's", href: "#/?view=all" }] };
  await ask(url, "/v1/preferences/views", { method: "PUT", token: mei.token, body: saved });
  await page.reload();
  await goTo(page, "");
  await page.evaluate(() => {
    location.hash = "";
  });
  await page.getByText("Only Mei's").waitFor();
  await page.getByTestId("preferences").first().click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  const [kit] = signIns;
  if (!kit) throw new Error("the demo shop has no agent");
  await page.locator("input[name=login]").fill(kit.login);
  await page.locator("input[name=password]").fill(kit.password);
  await page.locator("button[type=submit]").click();
  await page.locator("[data-known=true]").waitFor();
  assert((await page.getByText("Only Mei's").count()) === 0, "the next person has the views of the one before");
  await ask(url, "/v1/preferences/views", { method: "PUT", token: mei.token, body: { value: [] } });
}

/** One's own name, changed on one device: there on the other and with the customer, and taken back. */
async function profile(world: World, one: Page, two: Page): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "Who is there #pr1");
  await sees(guest.page, "#pr1");
  await goTo(one, "profile");
  await goTo(two, "profile");
  const name = (page: Page) => page.getByTestId("profile").locator("b").nth(1).innerText();
  const is = (page: Page, wanted: (text: string) => boolean) => until("the name", () => name(page), wanted);
  const before = await name(one);
  await one.getByRole("button", { name: `Rename ${before}` }).click();
  await one.getByLabel(`New name of ${before}`).fill("Mei Lam");
  await one.keyboard.press("Enter");
  await one.getByTestId("settings-note").getByText("You are called Mei Lam now.").first().waitFor();
  for (const page of [one, two]) await is(page, (text) => text === "Mei Lam");
  await guest.page.getByText("Mei Lam").first().waitFor();
  await look(one, "settings-profile-1440");
  await one.getByRole("button", { name: "Undo", exact: true }).click();
  for (const page of [one, two]) await is(page, (text) => text === before);
  await onPhone(one);
  await look(one, "settings-profile-360");
  await one.setViewportSize(wide);
}

export const fronts: Scenario[] = [
  { name: "front: greeting and colour are seen at once, and make no customer", run: designs },
  { name: "front: two shops, two looks", run: twoShops },
  { name: "front: a key, a good token and an expired one", run: keyed },
  { name: "front: an agent changes a telephone number and takes it back", run: details },
  { name: "front: a customer's name is mended, seen on another device and taken back", run: renames },
  { name: "front: preferences are the account's, on every device", run: everywhere },
  { name: "front: two records are merged and taken apart", run: merged },
  { name: "front: one's own ways in are a page of the settings", run: security },
];
