import type { Page } from "playwright-core";
import { look } from "./looks.ts";
import { assert, customer, openConversation, type Scenario, say, sees, staff, until, type World } from "./world.ts";

const widths = [360, 768, 1100, 1440];
const wide = (page: Page, width: number) => page.setViewportSize({ width, height: 800 });

/** A guest's conversation, open before Mei on a wide screen. */
async function opened(world: World, mark: string) {
  const guest = await customer(world);
  await say(guest.page, `The kettle hums ${mark}1`);
  await sees(guest.page, `${mark}1`);
  const mei = await staff(world, 1, { width: 1440, height: 800 });
  await openConversation(mei.page, `${mark}1`);
  return { guest: guest.page, page: mei.page };
}

/** On every width a closed conversation says what it is where one writes, and can be opened again there. */
async function closedSaysSo(world: World): Promise<void> {
  const { page } = await opened(world, "#dc");
  const closed = page.getByTestId("closed");
  assert((await closed.count()) === 0, "an open conversation does not say that it is closed");
  for (const width of widths) {
    await page.keyboard.press("Escape");
    await page.keyboard.press("e");
    await closed.waitFor();
    await wide(page, width);
    await look(page, `closed-${width}`);
    await page.getByTestId("reopen").click();
    await closed.waitFor({ state: "detached" });
    await until(
      "the focus is where one writes",
      () => page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset.testid),
      (seen) => seen === "composer",
    );
  }
}

const widthOf = async (page: Page, selector: string) =>
  (await page.locator(selector).first().boundingBox())?.width ?? 0;
const heightOf = async (page: Page, selector: string) =>
  (await page.locator(selector).first().boundingBox())?.height ?? 0;

/** Long names give way, and crush nothing beside them. */
async function longNames(world: World): Promise<void> {
  const { page } = await opened(world, "#dl");
  await page.getByRole("button", { name: "Rename" }).click();
  const name = "Maximiliana Theodora Wolkenstein-Rodenegg from the Northern District branch";
  await page.getByRole("dialog").getByRole("textbox").fill(name);
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.locator("h1", { hasText: "Maximiliana" }).waitFor();
  for (const width of widths.slice(1)) {
    await wide(page, width);
    await until(
      `the title has room at ${width}`,
      () => widthOf(page, "[data-place=first] h1"),
      (px) => px > 100,
    );
    const px = await heightOf(page, "[data-place=first] form b");
    assert(px > 0 && px < 26, `what one writes is said on one line at ${width}: ${px} px`);
  }
  const line = page.getByTestId("conversation").filter({ hasText: "Maximiliana" });
  await line.hover();
  const boxOf = async (what: ReturnType<Page["locator"]>) => {
    const box = await what.boundingBox();
    assert(box !== null, "it is drawn");
    return box;
  };
  const more = await boxOf(page.getByTestId("list").locator("li:hover button").first());
  const time = await boxOf(line.locator("time"));
  assert(time.x + time.width <= more.x, "the menu's button covers no time");
}

/** Where colours are the reader's own, the chosen side alone is marked, and a toast has an edge. */
async function ownColours(world: World): Promise<void> {
  const { page } = await opened(world, "#df");
  await page.emulateMedia({ forcedColors: "active" });
  const under = (side: string) =>
    page.getByTestId(`side-${side}`).evaluate((one) => getComputedStyle(one).borderBottomColor);
  const canvas = await page.evaluate(() => {
    const probe = document.body.appendChild(document.createElement("p"));
    probe.style.color = "Canvas";
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  });
  assert((await under("notes")) === canvas, "the side that is not chosen has no line");
  assert((await under("chat")) !== canvas, "the chosen side has one");
  await page.getByTestId("side-notes").click();
  await page.getByTestId("notes").waitFor();
  assert((await under("chat")) === canvas, "and the other way round");
  assert((await under("notes")) !== canvas, "the chosen notes have one");
  await page.keyboard.press("Escape");
  await page.keyboard.press("e");
  const toast = page.getByTestId("toasts").locator("> *").first();
  await toast.waitFor();
  const edge = await toast.evaluate((one) => getComputedStyle(one).borderTopStyle === "solid");
  assert(edge, "a toast has an edge");
}

export const desk: Scenario[] = [
  { name: "desk: a closed conversation says so where one writes, on every width", run: closedSaysSo },
  { name: "desk: long names crush nothing beside them", run: longNames },
  { name: "desk: the chosen side and a toast are seen in the reader's own colours", run: ownColours },
];
