import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { Product } from "../e2e/harness.ts";
import { median } from "./statistics.ts";

/**
 * How long a person waits on a slow phone: `bun rig/bench/first-paint.ts [--json]`, on pages built before (`npm run
 * size` builds them). A real server with the demo shop, a real Chromium slowed down as Lighthouse does for phones. Prints
 * the first paint, when one can type, and what came over the network; asserts none, as they depend on the machine.
 */
const profile = { cpuRate: 4, latencyMs: 562.5, downKbps: 1_474.56, upKbps: 675 } as const;
const rounds = 3;
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  // The chat's frame is slowed down with the shop's page only where both live in one process.
  "--disable-site-isolation-trials",
  "--disable-features=IsolateOrigins,site-per-process",
];

type Figures = { paintMs: number; typeMs: number; bytes: number };
type Visit = { name: string; open: (page: Page) => Promise<void>; signIn?: boolean; chat?: boolean };

/** Runs in every frame before its page: notes when there is first something to type into. */
function watchForField(): void {
  const look = () => {
    const field = document.querySelector<HTMLElement>("textarea:not([disabled]), input:not([disabled])");
    if (field && field.getClientRects().length > 0) performance.mark("field");
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

async function slowed(page: Page): Promise<() => number> {
  const cdp = await page.context().newCDPSession(page);
  let bytes = 0;
  cdp.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await cdp.send("Network.enable");
  await cdp.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: profile.latencyMs,
    downloadThroughput: (profile.downKbps * 1_000) / 8,
    uploadThroughput: (profile.upKbps * 1_000) / 8,
  });
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: profile.cpuRate });
  return () => bytes;
}

/** First paint and first field, in milliseconds since the page or, in a frame, since that frame began. */
async function timed(page: Page, chat: boolean): Promise<{ paintMs: number; typeMs: number }> {
  if (chat) await page.locator("iframe").first().waitFor({ state: "attached" });
  const inside = () => (chat ? page.frames().find((one) => one.url().includes("/chat/")) : page.mainFrame());
  for (;;) {
    const found = await inside()
      ?.evaluate(() => ({
        paintMs: performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
        typeMs: performance.getEntriesByName("field")[0]?.startTime,
      }))
      .catch(() => undefined);
    if (found?.paintMs !== undefined && found.typeMs !== undefined)
      return { paintMs: found.paintMs, typeMs: found.typeMs };
    await page.waitForTimeout(100);
  }
}

async function visit(context: BrowserContext, { open, chat = false }: Visit): Promise<Figures> {
  const page = await context.newPage();
  await page.addInitScript(watchForField);
  const bytes = await slowed(page);
  await open(page);
  const times = await timed(page, chat);
  await page.waitForLoadState("networkidle");
  return { ...times, bytes: bytes() };
}

/** A phone that has never been here; for staff, one that has signed in before and holds nothing else. */
async function fresh(browser: Browser, signIn: (context: BrowserContext) => Promise<void>): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width: 390, height: 780 },
    locale: "zh-HK",
    serviceWorkers: "block",
  });
  context.setDefaultTimeout(120_000);
  await signIn(context);
  return context;
}

async function enter(context: BrowserContext, product: Product): Promise<void> {
  const page = await context.newPage();
  const [, person] = product.signIns;
  await page.goto(`${product.url}/console/`);
  await page.locator("input[name=login]").fill(person?.login ?? "");
  await page.locator("input[name=password]").fill(person?.password ?? "");
  await page.locator("button[type=submit]").click();
  await page.getByTestId("conversation").first().waitFor();
  await page.close();
  await (await context.newCDPSession(await context.newPage())).send("Network.clearBrowserCache");
}

function openShop(product: Product): { url: string; stop(): void } {
  const html = `<!doctype html><html lang="zh-HK"><meta name="viewport" content="width=device-width"><title>Shop</title>
    <script async src="${product.url}/loader.js" data-shop="main"></script><h1>Shop</h1>`;
  const server = Bun.serve({
    port: product.shopPort,
    hostname: "localhost",
    fetch: () => new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } }),
  });
  return { url: `http://localhost:${product.shopPort}/`, stop: () => void server.stop(true) };
}

const product = new Product();
await product.start();
const shop = openShop(product);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
  args: flags,
});
const goto = (url: string) => async (page: Page) => void (await page.goto(url, { waitUntil: "commit" }));
const visits: Visit[] = [
  { name: "chat page", open: goto(`${product.url}/chat/`) },
  {
    name: "chat in the shop's page, since its frame began",
    chat: true,
    open: async (page) => {
      await page.goto(shop.url);
      await page.locator("#aftercare button").click();
    },
  },
  { name: "console, sign-in", open: goto(`${product.url}/console/`) },
  { name: "console, signed in", signIn: true, open: goto(`${product.url}/console/`) },
];
const figures: Record<string, Figures> = {};
console.log(
  `CPU / ${profile.cpuRate}, ${profile.latencyMs} ms latency, ${profile.downKbps} kbit/s; median of ${rounds}`,
);
try {
  for (const one of visits) {
    const seen: Figures[] = [];
    for (let round = 0; round < rounds; round++) {
      const context = await fresh(browser, async (to) => (one.signIn ? enter(to, product) : undefined));
      seen.push(await visit(context, one));
      await context.close();
    }
    const middle = (of: (figures: Figures) => number) => median(seen.map(of));
    const told = {
      paintMs: middle((it) => it.paintMs),
      typeMs: middle((it) => it.typeMs),
      bytes: middle((it) => it.bytes),
    };
    figures[one.name] = told;
    console.log(
      `${one.name}: first paint ${told.paintMs.toFixed(0)} ms, one can type after ${told.typeMs.toFixed(0)} ms, ${told.bytes} bytes`,
    );
  }
} finally {
  await browser.close();
  shop.stop();
  await product.stop();
}
if (process.argv.includes("--json")) console.log(JSON.stringify(figures));
process.exit(0);
