import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { createServer } from "vite";

/** What pictures cannot show: keys, input methods, the reader's place, menus and windows. `bun rig/gallery/behave.ts [DIR]` */
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"];
const dir = process.argv[2];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let failed = 0;

function check(what: string, ok: boolean, more: unknown = ""): void {
  if (!ok) failed += 1;
  console.log(`${ok ? "ok  " : "FAIL"} ${what} ${ok ? "" : JSON.stringify(more)}`);
}

async function sweep(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(200);
  if (dir) await page.screenshot({ path: join(dir, `behave-${name}.png`) });
  await page.evaluate(axe);
  const ids = await page.evaluate(async () => {
    type Axe = { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } };
    const { violations } = await (globalThis as unknown as Axe).axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)}`);
  });
  check(`axe: ${name}`, ids.length === 0, ids);
}

const open = async (page: Page, scene: string, lang = "zh-Hant") => {
  await page.goto(`${url}?scene=${scene}&lang=${lang}&theme=light`);
  await page.waitForSelector("h1", { state: "attached" });
  await page.waitForTimeout(400);
};
const messages = (page: Page) => page.locator("[data-testid=message]");

async function writing(page: Page): Promise<void> {
  await open(page, "chat");
  const before = await messages(page).count();
  const composer = page.getByTestId("composer");
  await composer.fill("你好");
  await composer.dispatchEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true });
  await composer.dispatchEvent("keydown", { key: "Enter", keyCode: 13, isComposing: true, bubbles: true });
  check("Enter while composing does not send", (await messages(page).count()) === before);
  await composer.press("Shift+Enter");
  check("Shift+Enter starts a line", (await composer.inputValue()) === "你好\n");
  await composer.press("Enter");
  check(
    "Enter sends, shown at once as sending",
    (await messages(page).last().getAttribute("data-status")) === "sending",
  );
  await page.waitForTimeout(700);
  check("then as sent", (await messages(page).last().getAttribute("data-status")) === "sent");
  check("no message is shown twice", (await messages(page).count()) === before + 1, await messages(page).count());
  check("the composer is empty again", (await composer.inputValue()) === "");
  const gap = await page.getByTestId("timeline").evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
  check("the end stays in view", gap < 2, gap);
}

async function menus(page: Page): Promise<void> {
  await open(page, "desk");
  await messages(page).last().focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  check("Enter on a message opens its menu", await page.getByRole("menu").isVisible());
  await sweep(page, "message-menu");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Escape");
  check("Escape closes it", (await page.getByRole("menu").count()) === 0);
  const focus = await page.evaluate(() => document.activeElement?.closest("[data-testid=message]") !== null);
  check("and the focus is back at the message", focus);
  await messages(page).last().click({ button: "right" });
  await page.getByRole("menuitem", { name: "回覆" }).click();
  check(
    "reply puts the focus into the composer",
    await page.getByTestId("composer").evaluate((area) => area === document.activeElement),
  );
  await sweep(page, "reply");
  await page.getByTestId("preferences").click();
  await sweep(page, "preferences");
  await page.getByRole("menuitemradio", { name: "English" }).click();
  await page.waitForTimeout(300);
  check("the language changes at once", (await page.locator("html").getAttribute("lang")) === "en");
  await messages(page).last().click({ button: "right" });
  await page.getByRole("menuitemcheckbox", { name: "Thumbs up" }).click();
  await page.waitForTimeout(600);
  check("a reaction appears", (await messages(page).last().getByRole("button", { name: /👍/ }).count()) === 1);
  check("the details stand beside the conversation", await page.getByTestId("panel").isVisible());
  await sweep(page, "info");
  await page.getByRole("button", { name: "Pinned messages" }).click();
  await sweep(page, "pins");
  await page.keyboard.press("Escape");
  await messages(page).last().click({ button: "right" });
  await page.getByRole("menuitem", { name: "Forward" }).click();
  await sweep(page, "forward");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "New", exact: true }).click();
  await page.getByRole("menuitem", { name: "New group" }).click();
  await sweep(page, "new-group");
}

async function inspecting(page: Page): Promise<void> {
  await page.goto(`${url}?scene=inspector&lang=en&theme=light`);
  const dialog = page.getByTestId("inspector");
  await dialog.waitFor();
  const time = dialog.locator("td time").first();
  await time.focus();
  const tip = time.locator("span");
  check(
    "a time under the focus says itself in full",
    Number(await tip.evaluate((one) => getComputedStyle(one).opacity)) === 1,
  );
  const inside = await tip.evaluate((one) => {
    const { left, right } = one.getBoundingClientRect();
    return left >= 0 && right <= innerWidth;
  });
  check("and its tip lies in the window", inside);
  await sweep(page, "inspector-tip");
  await page.keyboard.press("Escape");
  check("Escape closes the delivery details", (await dialog.count()) === 0);
  await page.setViewportSize({ width: 360, height: 740 });
  await page.reload();
  await dialog.waitFor();
  for (const one of await dialog.locator("td time").all()) {
    await one.focus();
    const { left, right } = await one.locator("span").evaluate((tip_) => tip_.getBoundingClientRect().toJSON());
    check("on a phone too", left >= 0 && right <= 360, { left, right });
  }
  await sweep(page, "inspector-tip-360");
}

async function scrolling(page: Page): Promise<void> {
  await open(page, "desk-long");
  const box = page.getByTestId("timeline");
  await box.evaluate((one) => {
    one.scrollTop = 700;
  });
  await page.waitForTimeout(60);
  const place = () =>
    box.evaluate((one) => {
      const rows = [...one.querySelectorAll<HTMLElement>("[data-testid=message]")];
      const row = rows.find((each) => each.getBoundingClientRect().top > one.getBoundingClientRect().top + 100);
      return { seq: row?.dataset.seq, top: Math.round(row?.getBoundingClientRect().top ?? 0), count: rows.length };
    });
  const before = await place();
  await box.evaluate((one) => {
    one.scrollTop -= 300;
  });
  await page.waitForTimeout(60);
  const at = await place();
  await page.waitForTimeout(1_200);
  const after = await place();
  check("older messages are read", after.count > before.count, { before, after });
  check("and the reader's place does not move", after.seq === at.seq && Math.abs(after.top - at.top) <= 2, {
    at,
    after,
  });
  await page.getByRole("button", { name: "最新訊息" }).click();
  await page.waitForTimeout(900);
  const gap = await box.evaluate((one) => one.scrollHeight - one.scrollTop - one.clientHeight);
  check("the button goes to the newest", gap < 60, gap);
}

async function starting(page: Page): Promise<void> {
  await open(page, "start-refused");
  await page.getByTestId("composer").fill("路由器亮紅燈");
  await page.getByTestId("send").click();
  check("the first message is shown as sending", (await messages(page).getAttribute("data-status")) === "sending");
  await page.waitForTimeout(700);
  check("and as failed when refused", (await messages(page).getAttribute("data-status")) === "failed");
  await sweep(page, "start-failed");
  await open(page, "desk-muted");
  check("a muted member reads why", await page.getByTestId("composer-closed").isVisible());
}

const configFile = join(import.meta.dirname, "vite.config.ts");
const server = await createServer({
  root: import.meta.dirname,
  configFile,
  logLevel: "error",
  server: { port: 0, watch: null, hmr: false },
});
await server.listen();
const url = server.resolvedUrls?.local[0] ?? "";
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: flags });
for (const step of [writing, menus, inspecting, scrolling, starting]) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  page.setDefaultTimeout(20_000);
  // The first page waits for the first build.
  page.setDefaultNavigationTimeout(120_000);
  page.on("pageerror", (error) => check(`page error in ${step.name}`, false, error.stack));
  await step(page).catch((error: unknown) => check(step.name, false, String(error).slice(0, 500)));
  await page.close();
}
await browser.close();
await server.close();
process.exit(failed === 0 ? 0 : 1);
