import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type CDPSession, chromium, type Page } from "playwright-core";
import { build, type PreviewServer, preview } from "vite";
import { type CpuProfile, functionsIn } from "./cpu-profile.ts";
import { emptyPage, middleOf, said, session, stillCopy, type Turn, turned } from "./ui-scroll.ts";

/**
 * How the console scrolls and opens, in a real browser: `bun rig/bench/ui.ts [--json] [--profile] [--rounds N] [--keep DIR]
 * [--against DIR]`. Prints figures and asserts none: they depend on the machine. `--keep` leaves the built pages in DIR;
 * `--against` measures pages that were kept before, in turns with those of now. Beside them stand a copy of the page without
 * a script and an empty page, scrolled the same way: what is late there is not the console's. The heap is measured after
 * a forced collection. `--profile` names the functions that took most.
 */
const profiling = process.argv.includes("--profile");
const option = (name: string) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};
const rounds = Number(option("--rounds") ?? 2);
const gallery = join(import.meta.dirname, "../gallery");
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--js-flags=--expose-gc"];
const deepStream = "c_deep000000000000000000";
const shortStream = (n: number) => `c_short${String(n).padStart(17, "0")}`;

/** One state of the pages, under its own address. */
type Side = { name: string; url: string; stop(): Promise<void> };

async function heapMb(cdp: CDPSession): Promise<number> {
  await cdp.send("HeapProfiler.collectGarbage");
  const { usedSize } = await cdp.send("Runtime.getHeapUsage");
  return usedSize / 1e6;
}

function printProfile(profile: CpuProfile): void {
  const { samples, functions } = functionsIn(profile, 0, Number.MAX_VALUE);
  const share = (count: number) => `${((100 * count) / samples).toFixed(1)} %`.padStart(7);
  for (const { name, line, self, total } of functions.slice(0, 25))
    console.log(`    ${share(self)} self ${share(total)} in all  ${name}:${line}`);
}

const shown = (page: Page) =>
  page.evaluate(() => ({
    nodes: document.querySelectorAll("*").length,
    rows: document.querySelectorAll("[data-testid=conversation]").length,
    messages: document.querySelectorAll("[data-testid=message]").length,
  }));

async function opened(browser: Browser): Promise<{ page: Page; cdp: CDPSession }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.setDefaultNavigationTimeout(120_000);
  page.on("pageerror", (error) => console.error(error.stack));
  return { page, cdp: await session(page) };
}

type Figures = { turns: Record<string, Turn>; heap: string };
/** Scrolls a page by some steps, and tells how it went. */
type Run = (name: string, page: Page, selector: string, stepPx: number) => Promise<void>;

function runsInto(browser: Browser, into: Record<string, Turn>): Run {
  return async (name, page, selector, stepPx) => {
    const cdp = await session(page);
    if (profiling) await cdp.send("Profiler.start");
    into[name] = await turned(browser, page, cdp, selector, stepPx, 250, !page.url().startsWith("http"));
    if (profiling) printProfile((await cdp.send("Profiler.stop")).profile as CpuProfile);
    await cdp.detach();
  };
}

/** The page that was scrolled, without its scripts, and an empty one. */
async function controls(page: Page, what: string, selector: string, stepPx: number, run: Run): Promise<void> {
  const still = await stillCopy(page);
  await run(`${what}, still copy`, still, selector, stepPx);
  await still.close();
  const empty = await emptyPage(page);
  await run(`${what}, empty page`, empty, "[data-testid=empty]", stepPx);
  await empty.close();
  await page.bringToFront();
}

/** 20,000 conversations, down. */
async function list(browser: Browser, url: string): Promise<Figures> {
  const { page, cdp } = await opened(browser);
  const turns: Record<string, Turn> = {};
  const run = runsInto(browser, turns);
  await page.goto(`${url}?scene=desk-many&lang=zh-Hant&theme=light`);
  await page.getByTestId("conversation").first().waitFor();
  await page.waitForTimeout(1_000);
  const before = await heapMb(cdp);
  await run("list of 20,000, wheel", page, "[data-testid=list]", 120);
  await controls(page, "list", "[data-testid=list]", 120, run);
  await run("list of 20,000, flung", page, "[data-testid=list]", 3_000);
  const after = await heapMb(cdp);
  const { rows, nodes } = await shown(page);
  await page.context().close();
  return { turns, heap: `${before.toFixed(1)} -> ${after.toFixed(1)} MB, ${rows} rows, ${nodes} elements` };
}

/** A conversation of 100,000 messages, thousands of them back and forth. */
async function timeline(browser: Browser, url: string): Promise<Figures> {
  const { page, cdp } = await opened(browser);
  const turns: Record<string, Turn> = {};
  const run = runsInto(browser, turns);
  await page.goto(`${url}?scene=desk-deep&lang=zh-Hant&theme=light`);
  await page.getByTestId("conversation").first().waitFor();
  await page.evaluate((stream) => {
    location.hash = `#/all/${stream}`;
  }, deepStream);
  await page.getByTestId("message").first().waitFor();
  await page.waitForTimeout(1_000);
  const box = "[data-testid=timeline]";
  const first = await heapMb(cdp);
  await run("100,000 messages, up", page, box, -240);
  const far = await heapMb(cdp);
  await run("100,000 messages, further up", page, box, -240);
  const farther = await heapMb(cdp);
  await controls(page, "messages", box, -240, run);
  await run("100,000 messages, down", page, box, 240);
  const { messages, nodes } = await shown(page);
  await page.context().close();
  const heap = [first, far, farther].map((mb) => mb.toFixed(1)).join(" -> ");
  return { turns, heap: `${heap} MB, ${messages} messages, ${nodes} elements` };
}

/** From the wish to open a conversation until it is painted from what the device knows. */
async function opening(browser: Browser, url: string): Promise<number[]> {
  const { page } = await opened(browser);
  await page.goto(`${url}?scene=desk-deep&lang=zh-Hant&theme=light`);
  await page.getByTestId("conversation").first().waitFor();
  await page.waitForTimeout(1_000);
  for (let n = 0; n < 30; n++) {
    const before = await page.evaluate(
      (stream) => {
        location.hash = `#/all/${stream}`;
        return performance.getEntriesByName("conversation.open").length;
      },
      shortStream(n % 20),
    );
    await page.waitForFunction((many) => performance.getEntriesByName("conversation.open").length > many, before);
    await page.waitForTimeout(100);
  }
  const times = await page.evaluate(() =>
    performance.getEntriesByName("conversation.open").map(({ duration }) => duration),
  );
  await page.context().close();
  return times;
}

function tellOpening(name: string, times: readonly number[]): void {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(0);
  console.log(
    `${name}: opening from the cache: median ${at(0.5)} ms, p95 ${at(0.95)} ms, worst ${at(1)} ms of ${times.length}; the aim is 100 ms`,
  );
}

// The pages as they are shipped: those of the watch mode hold on to what they have drawn.
async function built(outDir: string): Promise<void> {
  const configFile = join(gallery, "vite.config.ts");
  await build({
    root: gallery,
    configFile,
    logLevel: "error",
    build: { outDir, emptyOutDir: true, minify: !profiling },
  });
}

async function served(name: string, outDir: string): Promise<Side> {
  const server: PreviewServer = await preview({
    root: gallery,
    configFile: false,
    logLevel: "error",
    build: { outDir },
    preview: { port: 0 },
  });
  return { name, url: server.resolvedUrls?.local[0] ?? "", stop: () => server.close() };
}

async function main(): Promise<void> {
  const kept = option("--keep");
  const outDir = kept ?? mkdtempSync(join(tmpdir(), "aftercare-ui-bench-"));
  await built(outDir);
  const against = option("--against");
  const sides = [await served("now", outDir), ...(against ? [await served("before", against)] : [])];
  const figures = sides.map(({ name }) => ({ name, turns: {} as Record<string, Turn[]>, opening: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (const [at, { name, url }] of sides.entries()) {
      const browser = await chromium.launch({
        executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
        args: flags,
      });
      for (const measure of [list, timeline]) {
        const { turns, heap } = await measure(browser, url);
        const known = figures[at]?.turns ?? {};
        for (const [what, turn] of Object.entries(turns)) known[what] = [...(known[what] ?? []), turn];
        console.log(`${name}, ${measure.name}: heap ${heap}`);
      }
      figures[at]?.opening.push(...(await opening(browser, url)));
      await browser.close();
    }
  }
  for (const { name, turns, opening: times } of figures) {
    for (const [what, all] of Object.entries(turns)) console.log(`${name}: ${what}: ${said(middleOf(all))}`);
    tellOpening(name, times);
  }
  if (process.argv.includes("--json")) console.log(JSON.stringify(figures));
  for (const { stop } of sides) await stop();
  if (kept === undefined) rmSync(outDir, { recursive: true, force: true });
}

await main();
process.exit(0);
