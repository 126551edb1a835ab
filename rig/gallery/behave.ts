import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { createServer } from "vite";

/** What pictures cannot show: keys, input methods, the reader's place, menus and windows. `bun rig/gallery/behave.ts [DIR [step…]]` */
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"];
const [dir, ...only] = process.argv.slice(2);
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
  // In every frame, as the rows of a page come a few at a time.
  const moved = await box.evaluate(async (one, seq) => {
    const topOf = () => one.querySelector(`[data-seq="${seq}"]`)?.getBoundingClientRect().top ?? Number.NaN;
    const first = topOf();
    let most = 0;
    for (const end = performance.now() + 1_200; performance.now() < end; ) {
      await new Promise(requestAnimationFrame);
      most = Math.max(most, Math.abs(topOf() - first));
    }
    return most;
  }, at.seq);
  const after = await place();
  check("nor does it for a frame while they come", moved <= 2, moved);
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

/** The customer's list, the form before the first message, long texts, and what a phone does. */
async function customers(page: Page): Promise<void> {
  await open(page, "conversations", "en");
  const titles = page.getByTestId("conversation");
  check("three conversations", (await titles.count()) === 3, await titles.count());
  await titles.nth(1).press("Enter");
  await page.getByTestId("composer").waitFor();
  check("a line opens its conversation", /#\/c_/.test(page.url()), page.url());
  await page.goBack();
  check("the way back leads to the list", (await titles.count()) === 3);
  await page.getByTestId("new-conversation").press("Enter");
  check("another can be begun", await page.getByRole("heading", { level: 2 }).isVisible());
  await page.getByTestId("composer").fill("typed and not sent");
  await page.getByTestId("back").click();
  await page.getByTestId("new-conversation").click();
  check("what was typed is still there", (await page.getByTestId("composer").inputValue()) === "typed and not sent");
  await startsAnother(page);
  await open(page, "prechat", "en");
  const form = page.getByTestId("prechat");
  await form.getByRole("button").click();
  check(
    "the first wrong field has the focus",
    await form.locator("[name=name]").evaluate((one) => one.matches(":focus")),
  );
  await sweep(page, "prechat-missing");
  await form.locator("[name=name]").fill("Grace");
  await form.locator("[name=phone]").fill("1234");
  check("a wrong phone is told in words", (await form.textContent())?.includes("not a complete phone number") ?? false);
  await form.locator("[name=phone]").fill("9123 4567");
  await form.locator("[name=consent]").check();
  await form.getByRole("button").click();
  check("then the message goes", (await messages(page).first().getAttribute("data-status")) === "sending");
  await open(page, "chat-long", "en");
  const box = page.getByTestId("timeline");
  const more = page.getByRole("button", { name: "Show all" });
  await more.scrollIntoViewIfNeeded();
  await page.waitForTimeout(100);
  const folded = messages(page).filter({ has: more });
  const topOf = () => folded.evaluate((row) => row.getBoundingClientRect().top).catch(() => Number.NaN);
  const before = await topOf();
  const seq = await folded.getAttribute("data-seq");
  await more.click();
  await page.waitForTimeout(100);
  const after = await page.locator(`[data-seq="${seq}"]`).evaluate((row) => row.getBoundingClientRect().top);
  check("a long text unfolds in place", Math.abs(after - before) <= 2, { before, after });
  const over = await box.evaluate((one) => one.scrollWidth - one.clientWidth);
  check("wide code scrolls in its own place", over <= 0, over);
  const call = await page.locator('a[href^="tel:"]').getAttribute("href");
  const number = page.locator("[data-testid=message] [title='Copy this number']").first();
  // Anything else than inline lets a line begin with the comma after it.
  const display = await number.evaluate((one) => getComputedStyle(one).display);
  check("a number that can be copied is part of its line", display === "inline", display);
  check("a phone number is called by a tap", call === "tel:+85223456789", call);
}

/** The list tells of a new conversation late, here never: nobody is taken away from where they went meanwhile. */
async function startsAnother(page: Page): Promise<void> {
  const send = async () => {
    await open(page, "another", "en");
    await page.getByTestId("composer").fill("A second matter");
    await page.getByTestId("composer").press("Enter");
  };
  await send();
  await page.getByTestId("preferences").focus();
  await page.getByText("A second matter").waitFor({ state: "detached" });
  await page.waitForTimeout(100);
  const focused = await page.getByTestId("preferences").evaluate((one) => one === document.activeElement);
  check("the focus stays in the header when the conversation is there", focused);
  await page.getByTestId("back").click();
  check("and the way back leads to the list", await page.getByTestId("conversation").first().isVisible());
  await send();
  await page.getByTestId("back").click();
  await page.waitForTimeout(700);
  check("who went to the list before stays in it", await page.getByTestId("conversation").first().isVisible());
}

async function keyboards(page: Page): Promise<void> {
  await page.setViewportSize({ width: 390, height: 780 });
  await open(page, "chat", "en");
  await page.getByTestId("composer").focus();
  const place = () =>
    page.evaluate(() => {
      const list = document.querySelector("[data-testid=timeline]") as HTMLElement;
      const below = document.querySelector("[data-testid=composer]")?.getBoundingClientRect().bottom ?? 0;
      return { below, gap: list.scrollHeight - list.scrollTop - list.clientHeight };
    });
  await page.setViewportSize({ width: 390, height: 420 });
  const settled = async (height: number) => {
    for (let tries = 0; tries < 40; tries++) {
      const { below, gap } = await place();
      if (below <= height && gap < 2) break;
      await page.waitForTimeout(50);
    }
    return place();
  };
  const android = await settled(420);
  check(
    "a keyboard that makes the page smaller leaves composer and end in view",
    android.below <= 420 && android.gap < 2,
    android,
  );
  await page.setViewportSize({ width: 390, height: 780 });
  await page.evaluate(() => {
    const shown = visualViewport as VisualViewport;
    Object.defineProperty(shown, "height", { value: 440, configurable: true });
    shown.dispatchEvent(new Event("resize"));
  });
  const ios = await settled(440);
  check("so does one that lies over it", ios.below <= 440 && ios.gap < 2, ios);
}

async function fingers(page: Page): Promise<void> {
  await open(page, "chat", "en");
  const row = messages(page).last();
  const drag = async (toX: number) => {
    await row.evaluate((one, x) => {
      const fire = (type: string, clientX: number) => {
        const touch = new Touch({ identifier: 1, target: one, clientX, clientY: 10 });
        const touches = type === "touchend" ? [] : [touch];
        one.dispatchEvent(new TouchEvent(type, { bubbles: true, cancelable: true, touches, changedTouches: [touch] }));
      };
      fire("touchstart", 10);
      fire("touchmove", 30);
      fire("touchmove", x);
      fire("touchend", x);
    }, toX);
    await page.waitForTimeout(100);
    return page.getByRole("button", { name: "Cancel reply" }).count();
  };
  check("a message drawn a little comes back", (await drag(40)) === 0);
  check("drawn far it is answered", (await drag(90)) === 1);
  await row.evaluate((one) => {
    const touch = new Touch({ identifier: 1, target: one, clientX: 5, clientY: 5 });
    one.dispatchEvent(new TouchEvent("touchstart", { bubbles: true, touches: [touch], changedTouches: [touch] }));
  });
  await page.getByRole("menu").waitFor();
  check("held it opens its menu", true);
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
for (const step of [customers, keyboards, fingers, writing, menus, inspecting, scrolling, starting]) {
  if (only.length > 0 && !only.includes(step.name)) continue;
  const hasTouch = step === fingers;
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", hasTouch });
  page.setDefaultTimeout(60_000);
  // The first page waits for the first build.
  page.setDefaultNavigationTimeout(120_000);
  page.on("pageerror", (error) => check(`page error in ${step.name}`, false, error.stack));
  await step(page).catch((error: unknown) => check(step.name, false, String(error).slice(0, 500)));
  await page.close();
}
await browser.close();
await server.close();
process.exit(failed === 0 ? 0 : 1);
