import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { createServer } from "vite";

/**
 * Pictures of every scene, and axe on each: `bun rig/gallery/shoot.ts DIR [scene…]`. Exits with 1 when axe finds
 * something. Widths, languages and looks are spread over the scenes; `--all` takes every combination.
 */
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const [dir = "shots", ...rest] = process.argv.slice(2);
const all = rest.includes("--all");
const wanted = rest.filter((one) => !one.startsWith("--"));
const { scenes } = await import("./src/scenes.ts");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

type Look = { width: number; lang: string; theme: string };
const looks: Look[] = [];
for (const width of [360, 768, 1440])
  for (const lang of ["zh-Hant", "zh-Hans", "en"])
    for (const theme of ["light", "dark"]) looks.push({ width, lang, theme });
/** Each width once in each look, each language at least once: enough to see, four times faster. */
const some = looks.filter(({ width, lang, theme }) =>
  ["360zh-Hantlight", "360endark", "768zh-Hanslight", "1440zh-Hantdark", "1440enlight"].includes(
    `${width}${lang}${theme}`,
  ),
);

async function shoot(page: Page, url: string, scene: string, look: Look): Promise<number> {
  await page.setViewportSize({ width: look.width, height: look.width === 360 ? 740 : look.width === 768 ? 1024 : 900 });
  await page.goto(`${url}?scene=${scene}&lang=${look.lang}&theme=${look.theme}`);
  await page.waitForSelector("h1", { state: "attached" });
  // The bar of a broken connection waits a moment before it opens.
  await page.waitForTimeout(scene.startsWith("chat-") || scene === "desk-direct" ? 1_500 : 400);
  await page.screenshot({ path: join(dir, `${scene}-${look.width}-${look.lang}-${look.theme}.png`) });
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const run = (globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }).axe;
    return (await run.run()).violations;
  });
  for (const { id, nodes } of found)
    console.log(
      `axe ${scene} ${look.width} ${look.lang} ${look.theme}: ${id}\n  ${nodes
        .map((node) => `${node.html.slice(0, 200)} ${node.failureSummary.slice(0, 300)}`)
        .slice(0, 3)
        .join("\n  ")}`,
    );
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) console.log(`clipped ${scene} ${look.width} ${look.lang}: ${wide} px too wide`);
  return found.length + (wide > 0 ? 1 : 0);
}
type Violation = { id: string; nodes: { html: string; failureSummary: string }[] };

const server = await createServer({
  root: import.meta.dirname,
  configFile: join(import.meta.dirname, "vite.config.ts"),
  logLevel: "error",
  server: { port: 0, watch: null, hmr: false },
});
await server.listen();
const url = server.resolvedUrls?.local[0] ?? "";
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: flags });
await mkdir(dir, { recursive: true });
let problems = 0;
const page = await browser.newPage({ reducedMotion: "reduce" });
page.setDefaultTimeout(60_000);
// The first page waits for the bundler, on a busy machine for long.
page.setDefaultNavigationTimeout(120_000);
page.on("pageerror", (error) => {
  problems += 1;
  console.log(`page: ${error.stack ?? error.message}`);
});
page.on("console", (message) => {
  if (message.type() === "error") console.log(`console: ${message.text()}`);
});
for (const scene of Object.keys(scenes)) {
  if (wanted.length > 0 && !wanted.includes(scene)) continue;
  for (const look of all ? looks : some)
    problems += await shoot(page, url, scene, look).catch((error: Error) => {
      console.log(`failed ${scene} ${look.width} ${look.lang}: ${error.message.split("\n")[0]}`);
      return 1;
    });
}
await browser.close();
await server.close();
console.log(problems === 0 ? "gallery: nothing found" : `gallery: ${problems} found`);
process.exit(problems === 0 ? 0 : 1);
