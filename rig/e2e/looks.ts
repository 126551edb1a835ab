import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { type DeviceOptions, shot } from "./harness.ts";
import { assert, customer, openConversation, type Scenario, say, sees, staff, until, type World } from "./world.ts";

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const phone = { width: 360, height: 740 };
const sizes = [phone, { width: 768, height: 1024 }, { width: 1440, height: 900 }];
const languages = ["en", "zh-Hant", "zh-Hans"] as const;

type Violation = { id: string; nodes: { html: string }[] };

/** WCAG 2.2 AA, as far as a machine can tell. */
async function accessible(page: Page, screen: string): Promise<void> {
  // The page's own policy forbids foreign scripts, so it comes in through the debugger.
  const source = await Bun.file(axePath).text();
  await page.evaluate(source);
  const violations = await page.evaluate(async () => {
    const axe = (globalThis as unknown as { axe: { run(options: object): Promise<{ violations: Violation[] }> } }).axe;
    return (await axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] })).violations;
  });
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
  assert(told.length === 0, `axe on ${screen}:\n${told.join("\n")}`);
}

/** Nothing is wider than the screen. */
async function fits(page: Page, screen: string): Promise<void> {
  // A page that was made narrower draws its panes anew a moment later.
  await until(
    `${screen} fits, without scrolling sideways`,
    () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    (overPx) => overPx <= 0,
  );
}

export async function look(page: Page, screen: string): Promise<void> {
  await until(
    "animations end",
    () => page.evaluate(() => document.getAnimations().length),
    (count) => count === 0,
  );
  await fits(page, screen);
  await accessible(page, screen);
  await shot(page, screen);
}

/**
 * One screen in every size, the page staying open: a picture each and nothing wider than it, and the machine's eye on the
 * size it stands in first.
 */
async function lookAll(page: Page, name: (screen: string) => string, screen: string): Promise<void> {
  const [first = phone, ...others] = sizes;
  await page.setViewportSize(first);
  await look(page, name(`${screen}-${first.width}`));
  for (const size of others) {
    await page.setViewportSize(size);
    await fits(page, screen);
    await shot(page, name(`${screen}-${size.width}`));
  }
}

const hello = { en: "My router blinks red", "zh-Hant": "路由器亮紅燈", "zh-Hans": "路由器亮红灯" };
const answer = {
  en: "Since when? **Hold** the reset button",
  "zh-Hant": "請長按**重設鍵**十秒",
  "zh-Hans": "请长按**重置键**十秒",
};

const goTo = (page: Page, hash: string) =>
  page.evaluate((one) => {
    location.hash = one;
  }, hash);

async function screens(world: World, lang: (typeof languages)[number], dark: boolean): Promise<void> {
  const options: DeviceOptions = { lang, dark };
  const name = (screen: string) => `${screen}-${lang}-${dark ? "dark" : "light"}`;
  const mark = `#l${lang}${dark ? "d" : "l"}`;
  const guest = await customer(world, { ...options, ...phone });
  await guest.page.getByTestId("composer").first().waitFor();
  await lookAll(guest.page, name, "customer-start");
  await say(guest.page, `${hello[lang]} ${mark}`);
  await sees(guest.page, mark);
  const mei = await staff(world, 1, { ...options, width: 1440, height: 900 });
  await openConversation(mei.page, mark);
  await sees(mei.page, mark);
  await say(mei.page, `${answer[lang]} ${mark}a`);
  await sees(guest.page, `${mark}a`);
  await lookAll(guest.page, name, "customer-chat");
  await look(mei.page, name("console-panel-1440"));
  await lookAll(mei.page, name, "console-chat");
  await mei.page.getByTestId("side-notes").click();
  await mei.page.getByTestId("notes").waitFor();
  await lookAll(mei.page, name, "console-notes");
  await goTo(mei.page, "#/all");
  await mei.page.getByTestId("conversation").first().waitFor();
  await lookAll(mei.page, name, "console-list");
  await goTo(mei.page, "#/mentions");
  await mei.page.getByTestId("conversation").first().waitFor({ state: "detached" });
  await lookAll(mei.page, name, "console-empty");
  await goTo(mei.page, "#/settings/staff");
  await mei.page.getByTestId("staff").waitFor();
  await lookAll(mei.page, name, "console-staff");
  assert(
    (await guest.page.locator("html").getAttribute("lang"))?.startsWith(lang) ?? false,
    "the page names its language",
  );
}

async function signInScreen(world: World): Promise<void> {
  for (const lang of languages) {
    const context = await world.browser.newContext({ viewport: phone, locale: lang === "en" ? "en-GB" : lang });
    const page = await context.newPage();
    await page.goto(`${world.product.url}/console/?lang=${lang}`);
    await page.locator("input[name=login]").waitFor();
    await look(page, `sign-in-360-${lang}`);
    await page.locator("input[name=login]").fill("nobody");
    await page.locator("input[name=password]").fill("wrong");
    await page.keyboard.press("Enter");
    await page.locator("[role=alert]").filter({ hasText: /\S/ }).waitFor();
    await context.close();
  }
}

export const looks: Scenario[] = [
  ...languages.flatMap((lang) =>
    [false, true].map((dark) => ({
      name: `looks: every screen in ${lang}, ${dark ? "dark" : "light"}: accessible, fits, as in the picture`,
      run: (world: World) => screens(world, lang, dark),
    })),
  ),
  { name: "looks: sign-in in three languages tells a wrong password", run: signInScreen },
];
