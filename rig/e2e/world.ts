import type { Browser, Page } from "playwright-core";
import { ask, staff as signIn } from "../api/server.ts";
import { Device, type DeviceOptions, type Product, patienceMs } from "./harness.ts";

/** What a scenario has to work with. */
export type World = { product: Product; browser: Browser; open: Device[] };
export type Scenario = { name: string; run: (world: World) => Promise<void> };

const lookMs = 50;

/** Looks again until it holds; fails with what was seen last. */
export async function until<T>(what: string, look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> {
  const endAt = Date.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (Date.now() > endAt) throw new Error(`${what}; seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}

export async function customer(world: World, options: DeviceOptions = {}): Promise<Device> {
  const size = { width: 390, height: 780 };
  return kept(world, Device.open(world.browser, `${world.product.url}/chat/`, { ...size, ...options }));
}

/** A member of staff who signs in, or goes on as on `like`. */
export async function staff(world: World, index: number, options: DeviceOptions = {}): Promise<Device> {
  const device = await kept(world, Device.open(world.browser, `${world.product.url}/console/`, options));
  const signIn = world.product.signIns[index];
  if (!signIn) throw new Error("the demo shop has no such sign-in");
  if (!options.like) {
    await device.page.locator("input[name=login]").fill(signIn.login);
    await device.page.locator("input[name=password]").fill(signIn.password);
    await device.page.locator("button[type=submit]").click();
  }
  await device.page.getByTestId("conversation").first().waitFor();
  if (options.like) await knows(device.page);
  else await skipTour(device.page);
  return device;
}

/** The page has heard what the account keeps. */
const knows = (page: Page) => page.locator("[data-known=true]").waitFor();

/** The tour is the account's: whoever comes a second time, on whatever device, does not meet it. */
export async function skipTour(page: Page): Promise<void> {
  await knows(page);
  const skip = page.getByTestId("tour-skip");
  if (await skip.isVisible()) await skip.click();
}

async function kept(world: World, opening: Promise<Device>): Promise<Device> {
  const device = await opening;
  world.open.push(device);
  return device;
}

/** Opens another list of the console, where the views stand beside it. */
export const showView = (page: Page, view: string) => page.getByTestId(`view-${view}`).click();

/** The details beside the conversation, which a wide screen may show already. */
export async function showDetails(page: Page): Promise<void> {
  const button = page.getByRole("button", { name: "About this conversation" });
  if ((await button.getAttribute("aria-expanded")) !== "true") await button.click();
  await page.getByTestId("panel").waitFor();
}

export async function say(page: Page, text: string): Promise<void> {
  await page.getByTestId("composer").first().fill(text);
  await page.getByTestId("send").first().click();
}

export const message = (page: Page, text: string) => page.getByTestId("message").filter({ hasText: text }).first();

export async function sees(page: Page, text: string): Promise<void> {
  await message(page, text).waitFor();
}

/** Opens the conversation whose line shows this text. The timeline may be that of another one before. */
export async function openConversation(page: Page, text: string): Promise<void> {
  const found = page.getByTestId("conversation").filter({ hasText: text }).first();
  const line = page.locator(`[data-testid=conversation][data-stream="${await found.getAttribute("data-stream")}"]`);
  await line.click();
  await line.and(page.locator("[aria-current=true]")).waitFor({ state: "attached" });
  await page.getByTestId("timeline").waitFor();
}

/** Turns to the notes of the open conversation, or back to what the customer sees. */
export async function turnTo(page: Page, side: "notes" | "chat"): Promise<void> {
  await page.getByTestId(`side-${side}`).click();
  await page.getByTestId("notes").waitFor({ state: side === "notes" ? "visible" : "detached" });
}

export type Shown = { seq: number; status: string | undefined; recalled: boolean; text: string };

/** The messages of a page as they stand there, top to bottom. */
export const shown = (page: Page): Promise<Shown[]> =>
  page.getByTestId("message").evaluateAll((elements) =>
    elements.map((element) => ({
      seq: Number((element as HTMLElement).dataset.seq),
      status: (element as HTMLElement).dataset.status,
      recalled: (element as HTMLElement).dataset.recalled === "true",
      text: (element as HTMLElement).innerText,
    })),
  );

/** The marks `#n` in the messages of a page, in order: what the scenarios count by. */
export async function marks(page: Page): Promise<string[]> {
  return (await shown(page)).flatMap(({ text }) => text.match(/#[\w-]+/g) ?? []);
}

/** Every page shows exactly these marks, once each, in one order. */
export async function allShow(pages: readonly Page[], expected: readonly string[]): Promise<void> {
  const wanted = [...expected].sort().join(" ");
  const orders: string[] = [];
  for (const page of pages) {
    const seen = await until(
      "not every message arrived exactly once",
      () => marks(page),
      (found) => [...found].sort().join(" ") === wanted,
    );
    orders.push(seen.join(" "));
  }
  if (new Set(orders).size > 1) throw new Error(`the devices differ in order:\n${orders.join("\n")}`);
}

export function assert(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** How a page of the customer chat, as it is served now, is dressed. */
export async function servedShop(pageUrl: string) {
  const [, text = "{}"] = /name="aftercare:shop" content="([^"]*)"/.exec(await (await fetch(pageUrl)).text()) ?? [];
  return JSON.parse(
    text.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"),
  );
}

/** Dresses the workspace for one scenario, as its pages then show; gives the way back. */
export async function dressed(world: World, widget: object, name = "Northlight Audio"): Promise<() => Promise<void>> {
  const { url, signIns } = world.product;
  const { token } = await signIn({ url, signIns });
  const dress = async (change: { widget: object; name: string }) => {
    const { status } = await ask(url, "/v1/workspace", { method: "PATCH", token, body: change });
    if (status !== 200) throw new Error(`the workspace was not changed: ${status}`);
    await until(
      "the pages show it",
      () => servedShop(`${url}/chat/`),
      (seen) => seen.name === change.name && Bun.deepEquals(seen.widget, change.widget),
    );
  };
  await dress({ widget, name });
  return () => dress({ widget: {}, name: "Northlight Audio" });
}

export const connection = (page: Page, state: string) =>
  until(
    `the connection is not ${state}`,
    async () => page.getByTestId("connection").first().getAttribute("data-state"),
    (seen) => seen === state,
  );
