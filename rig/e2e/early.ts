import type { BrowserContext, Page } from "playwright-core";
import { Device, patienceMs } from "./harness.ts";
import { assert, type Scenario, skipTour, staff, until, type World } from "./world.ts";

const scripts = /\/console\/assets\/.*\.js$/;
const deskScript = /\/console\/assets\/desk-[-\w]+\.js$/;
const sizes = [
  { width: 1440, height: 900 },
  { width: 768, height: 1024 },
  { width: 360, height: 740 },
];

/** Holds back what matches, until it is let through. */
async function hold(page: Page, files: RegExp): Promise<() => void> {
  const gate = Promise.withResolvers<void>();
  await page.route(files, async (route) => {
    await gate.promise;
    await route.continue();
  });
  return gate.resolve;
}

/** A page that tells what its policy refused. */
async function blank(context: BrowserContext): Promise<{ page: Page; refused: string[] }> {
  const page = await context.newPage();
  const refused: string[] = [];
  page.on("console", (said) => said.text().includes("Content Security Policy") && refused.push(said.text()));
  return { page, refused };
}

async function fill(page: Page, world: World): Promise<void> {
  const [, mei] = world.product.signIns;
  await page.locator("input[name=login]").fill(mei?.login ?? "");
  await page.locator("input[name=password]").fill(mei?.password ?? "");
}

/** What is drawn, without what only the early page writes. */
const drawnOf = (page: Page) =>
  page.evaluate(() => {
    const copy = document.querySelector("#app > main")?.cloneNode(true) as HTMLElement;
    for (const one of [copy, ...copy.querySelectorAll<HTMLElement>("*")])
      for (const name of ["data-word", "data-early", "data-sent", "style"]) one.removeAttribute(name);
    const text = (element: Element): string =>
      `<${element.tagName} ${[...element.attributes]
        .map(({ name, value }) => `${name}=${value}`)
        .sort()
        .join(" ")}>${[...element.childNodes]
        .map((node) => (node instanceof Element ? text(node) : (node.textContent ?? "").trim()))
        .join("")}`;
    return text(copy);
  });

async function typedEarly(world: World): Promise<void> {
  for (const locale of ["en-GB", "zh-HK", "zh-CN"]) {
    const context = await world.browser.newContext({ locale, viewport: { width: 390, height: 780 } });
    context.setDefaultTimeout(patienceMs);
    const { page, refused } = await blank(context);
    const letGo = await hold(page, scripts);
    await page.goto(`${world.product.url}/console/`, { waitUntil: "commit" });
    await fill(page, world);
    await page.locator("input[name=password]").press("Enter");
    const early = await drawnOf(page);
    const isAt = new URL(page.url()).search;
    assert(isAt === "", `a form that was sent early leaves nothing in the address: ${isAt}`);
    // What the page's script draws by itself, where a mail's link came first.
    const other = await blank(context);
    await other.page.goto(`${world.product.url}/console/#/reset/lnk_${"x".repeat(43)}`);
    await other.page.locator("main button:not([data-testid])").click();
    await other.page.locator("input[name=login]").waitFor();
    const own = await drawnOf(other.page);
    assert(own === early, `the early sign-in in ${locale} is the later one:\n${early}\n${own}`);
    letGo();
    await page.getByTestId("conversation").first().waitFor();
    assert(refused.length + other.refused.length === 0, `the policy allows all of it: ${refused} ${other.refused}`);
    await context.close();
  }
}

async function keepsTyping(world: World): Promise<void> {
  const { page, context } = await Device.open(world.browser, "about:blank");
  const letGo = await hold(page, scripts);
  await page.goto(`${world.product.url}/console/`, { waitUntil: "commit" });
  const login = page.locator("input[name=login]");
  await login.pressSequentially("mei");
  await page.keyboard.press("ArrowLeft");
  letGo();
  await page.getByTestId("toasts").waitFor({ state: "attached" });
  await page.keyboard.type("x");
  assert((await login.inputValue()) === "mexi", `the caret stays where it was: ${await login.inputValue()}`);
  await page.getByTestId("preferences").click();
  await page.getByRole("menuitemradio", { name: "繁體中文" }).click();
  await page.getByRole("button", { name: "登入" }).waitFor();
  await context.close();
}

/** Where the panes begin and end. */
const edgesOf = (page: Page, panes: readonly string[]) =>
  page.evaluate(
    (all) =>
      all.map((pane) => {
        const { left = 0, width = 0 } = document.querySelector(pane)?.getBoundingClientRect() ?? {};
        return width === 0 ? "none" : `${Math.round(left)}+${Math.round(width)}`;
      }),
    panes,
  );

async function placesEarly(world: World): Promise<void> {
  const mei = await staff(world, 1, { dark: true });
  for (const size of sizes) {
    const page = await mei.context.newPage();
    await page.setViewportSize(size);
    const letGo = await hold(page, deskScript);
    await page.goto(`${world.product.url}/console/#/`, { waitUntil: "commit" });
    await page.locator("#early").waitFor();
    const early = await edgesOf(page, [".early-rail", ".early-list"]);
    await until(
      "it says that it is loading",
      () => page.locator("#early [role=status]").textContent(),
      (status) => status === "Loading…",
    );
    assert(
      !(await page
        .locator("input")
        .first()
        .isVisible()
        .catch(() => false)),
      "nothing to sign in with",
    );
    letGo();
    await page.getByTestId("conversation").first().waitFor();
    const rail = (await page.locator("[data-tour=views]").count()) > 0;
    const later = await edgesOf(page, [rail ? "[data-tour=views]" : "none", "[data-tour=list]"]);
    assert(early.join() === later.join(), `the panes of ${size.width} px keep their places: ${early} ${later}`);
    assert((await page.locator("#early").count()) === 0, "the early panes are gone");
    await page.close();
  }
}

async function failsAndReturns(world: World): Promise<void> {
  const context = await world.browser.newContext({ locale: "en-GB" });
  context.setDefaultTimeout(patienceMs);
  const page = await context.newPage();
  await page.route(deskScript, (route) => route.abort());
  await page.goto(`${world.product.url}/console/`);
  await fill(page, world);
  await page.locator("input[name=password]").press("Enter");
  const message = page.getByRole("alert").filter({ hasText: "Could not be loaded" });
  await message.waitFor();
  await page.unroute(deskScript);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByTestId("conversation").first().waitFor();
  await skipTour(page);

  // An upgrade while the page was open: what it asks for is gone, and the page of now names other files.
  let pages = 0;
  const old = await context.newPage();
  await old.route(/\/console\/(?:$|#)/, async (route) => {
    pages += 1;
    const answer = await route.fetch();
    const html = await answer.text();
    if (pages > 1) return route.fulfill({ response: answer, body: html });
    return route.fulfill({ response: answer, body: html.replace(/(src="[^"]*\/)index-/, "$1before-") });
  });
  await old.route(/\/assets\/before-/, async (route) => {
    const answer = await route.fetch({ url: route.request().url().replace("before-", "index-") });
    const code = (await answer.text()).replaceAll(/desk-[-\w]+\.js/g, "desk-gone0000.js");
    return route.fulfill({ response: answer, body: code });
  });
  await old.goto(`${world.product.url}/console/`);
  await old.getByTestId("conversation").first().waitFor();
  await until(
    "the page has loaded itself anew, once",
    async () => pages,
    (count) => count >= 2,
  );
  await context.close();
}

export const earlies: Scenario[] = [
  { name: "early: the sign-in is typed into and sent before its script, in three languages", run: typedEarly },
  { name: "early: what is typed goes on where it was when the script comes", run: keepsTyping },
  { name: "early: the desk's panes have their places before the desk", run: placesEarly },
  { name: "early: a desk that does not come says so, and an older page loads itself anew", run: failsAndReturns },
];
