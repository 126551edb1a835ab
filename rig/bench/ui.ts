import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CDPSession, chromium, type Page } from "playwright-core";
import { build, preview } from "vite";
import { type CpuProfile, functionsIn } from "./cpu-profile.ts";

/**
 * How the console scrolls and opens, in a real browser: `bun rig/bench/ui.ts [--json] [--profile]`. Prints figures and
 * asserts none: they depend on the machine. Frames are counted by `requestAnimationFrame` while a script turns the
 * wheel; the heap is measured after a forced collection. Beside them stands what the page's thread itself worked for each
 * frame (its own CPU time, so a busy machine adds little). `--profile` names the functions that took most.
 */
const profiling = process.argv.includes("--profile");
const gallery = join(import.meta.dirname, "../gallery");
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--js-flags=--expose-gc"];
/** A frame is late when it takes longer than a 60th of a second, and half a millisecond of the clock's grain. */
const frameMs = 16.7;
const grainMs = 0.5;

type Frames = { frames: number; late: number; worstMs: number; medianMs: number };

const deepStream = "c_deep000000000000000000";
const shortStream = (n: number) => `c_short${String(n).padStart(17, "0")}`;

async function heapMb(cdp: CDPSession): Promise<number> {
  await cdp.send("HeapProfiler.collectGarbage");
  const { usedSize } = await cdp.send("Runtime.getHeapUsage");
  return usedSize / 1e6;
}

/** Turns the wheel by `stepPx` on every frame, `steps` times, and times the frames. */
const scroll = (page: Page, selector: string, stepPx: number, steps: number): Promise<number[]> =>
  page.evaluate(
    ({ selector: where, stepPx: by, steps: most }) =>
      new Promise<number[]>((resolve) => {
        const box = document.querySelector(where);
        const times: number[] = [];
        let before = performance.now();
        let left = most;
        const frame = (at: number) => {
          times.push(at - before);
          before = at;
          left -= 1;
          if (box) box.scrollTop += by;
          if (left > 0) requestAnimationFrame(frame);
          else resolve(times.slice(2));
        };
        requestAnimationFrame((at) => {
          before = at;
          requestAnimationFrame(frame);
        });
      }),
    { selector, stepPx, steps },
  );

/** What the page's thread worked for each frame, in milliseconds of its own CPU time. */
type Work = { taskMs: number; scriptMs: number; styleMs: number; layoutMs: number };

async function metrics(cdp: CDPSession): Promise<Map<string, number>> {
  const { metrics: all } = await cdp.send("Performance.getMetrics");
  return new Map(all.map(({ name, value }) => [name, value * 1_000]));
}

async function turned(
  page: Page,
  cdp: CDPSession,
  selector: string,
  stepPx: number,
  steps: number,
): Promise<Frames & Work> {
  const before = await metrics(cdp);
  if (profiling) await cdp.send("Profiler.start");
  const times = await scroll(page, selector, stepPx, steps);
  if (profiling) printProfile((await cdp.send("Profiler.stop")).profile as CpuProfile);
  const after = await metrics(cdp);
  const each = (name: string) => ((after.get(name) ?? 0) - (before.get(name) ?? 0)) / steps;
  return {
    ...judge(times),
    taskMs: each("TaskDuration"),
    scriptMs: each("ScriptDuration"),
    styleMs: each("RecalcStyleDuration"),
    layoutMs: each("LayoutDuration"),
  };
}

function printProfile(profile: CpuProfile): void {
  const { samples, functions } = functionsIn(profile, 0, Number.MAX_VALUE);
  const share = (count: number) => `${((100 * count) / samples).toFixed(1)} %`.padStart(7);
  for (const { name, line, self, total } of functions.slice(0, 25))
    console.log(`    ${share(self)} self ${share(total)} in all  ${name}:${line}`);
}

function judge(times: readonly number[]): Frames {
  const sorted = [...times].sort((a, b) => a - b);
  return {
    frames: times.length,
    late: times.filter((ms) => ms > frameMs + grainMs).length,
    worstMs: sorted.at(-1) ?? 0,
    medianMs: sorted[sorted.length >> 1] ?? 0,
  };
}

const said = ({ frames, late, worstMs, medianMs, taskMs, scriptMs, styleMs, layoutMs }: Frames & Work) =>
  `${((100 * late) / frames).toFixed(1)} % of ${frames} frames later than ${frameMs} ms (median ${medianMs.toFixed(1)}, worst ${worstMs.toFixed(0)} ms); ` +
  `CPU ${taskMs.toFixed(1)} ms a frame (script ${scriptMs.toFixed(1)}, style ${styleMs.toFixed(1)}, layout ${layoutMs.toFixed(1)})`;

const shown = (page: Page) =>
  page.evaluate(() => ({
    nodes: document.querySelectorAll("*").length,
    rows: document.querySelectorAll("[data-testid=conversation]").length,
    messages: document.querySelectorAll("[data-testid=message]").length,
  }));

/** 20,000 conversations, down and up. */
async function list(page: Page, cdp: CDPSession): Promise<object> {
  await page.goto(`${url}?scene=desk-many&lang=zh-Hant&theme=light`);
  await page.getByTestId("conversation").first().waitFor();
  await page.waitForTimeout(1_000);
  const beforeMb = await heapMb(cdp);
  const wheel = await turned(page, cdp, "[data-testid=list]", 120, 250);
  const flung = await turned(page, cdp, "[data-testid=list]", 3_000, 250);
  const afterMb = await heapMb(cdp);
  const drawn = await shown(page);
  console.log(`list of 20,000: wheel ${said(wheel)}`);
  console.log(`list of 20,000: flung ${said(flung)}`);
  console.log(`list of 20,000: heap ${beforeMb.toFixed(1)} -> ${afterMb.toFixed(1)} MB; ${drawn.rows} rows drawn`);
  return { wheel, flung, beforeMb, afterMb, ...drawn };
}

/** A conversation of 100,000 messages, thousands of them back and forth. */
async function timeline(page: Page, cdp: CDPSession): Promise<object> {
  await page.goto(`${url}?scene=desk-deep&lang=zh-Hant&theme=light`);
  await page.getByTestId("conversation").first().waitFor();
  await page.evaluate((stream) => {
    location.hash = `#/all/${stream}`;
  }, deepStream);
  await page.getByTestId("message").first().waitFor();
  await page.waitForTimeout(1_000);
  const first = await heapMb(cdp);
  const up = await turned(page, cdp, "[data-testid=timeline]", -240, 250);
  const far = await heapMb(cdp);
  const seen = await page.getByTestId("message").first().getAttribute("data-seq");
  const further = await turned(page, cdp, "[data-testid=timeline]", -240, 250);
  const farther = await heapMb(cdp);
  const down = await turned(page, cdp, "[data-testid=timeline]", 240, 250);
  const drawn = await shown(page);
  console.log(`conversation of 100,000: up ${said(up)}`);
  console.log(`conversation of 100,000: further up ${said(further)}`);
  console.log(`conversation of 100,000: down ${said(down)}`);
  console.log(
    `conversation of 100,000: heap ${first.toFixed(1)} -> ${far.toFixed(1)} (message ${seen}) -> ${farther.toFixed(1)} MB; ${drawn.messages} messages, ${drawn.nodes} elements drawn`,
  );
  return { up, further, down, first, far, farther, ...drawn };
}

/** From the wish to open a conversation until it is painted from what the device knows. */
async function opening(page: Page): Promise<object> {
  for (let n = 0; n < 30; n++) {
    await page.evaluate(
      (stream) => {
        location.hash = `#/all/${stream}`;
      },
      shortStream(n % 20),
    );
    await page.waitForTimeout(150);
  }
  const times = await page.evaluate(() =>
    performance.getEntriesByName("conversation.open").map(({ duration }) => duration),
  );
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  console.log(
    `opening from the cache: median ${at(0.5).toFixed(0)} ms, p95 ${at(0.95).toFixed(0)} ms, worst ${(sorted.at(-1) ?? 0).toFixed(0)} ms of ${times.length}; the aim is 100 ms`,
  );
  return { times };
}

// The pages as they are shipped: those of the watch mode hold on to what they have drawn.
const outDir = mkdtempSync(join(tmpdir(), "aftercare-ui-bench-"));
const pages = {
  root: gallery,
  configFile: join(gallery, "vite.config.ts"),
  logLevel: "error" as const,
  build: { outDir, emptyOutDir: true, minify: !profiling },
};
await build(pages);
const server = await preview({ ...pages, preview: { port: 0 } });
const url = server.resolvedUrls?.local[0] ?? "";
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
  args: flags,
});
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
page.setDefaultNavigationTimeout(120_000);
page.on("pageerror", (error) => console.error(error.stack));
const cdp = await page.context().newCDPSession(page);
await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
await cdp.send("Profiler.enable");
const figures = { list: await list(page, cdp), timeline: await timeline(page, cdp), opening: await opening(page) };
if (process.argv.includes("--json")) console.log(JSON.stringify(figures));
await browser.close();
await server.close();
rmSync(outDir, { recursive: true, force: true });
process.exit(0);
