import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/**
 * What a customer's first visit loads, in bytes after gzip: the page, its script with what that imports at once, its
 * styles, and the words of one language (the largest). Reads `widget/dist`, builds nothing: `bun rig/size.ts`.
 */
const budgetBytes = 60 * 1024;
const dist = join(import.meta.dirname, "../widget/dist");
const wordFile = /^(en|zh-Hant|zh-Hans)-[\w-]+\.js$/;

const zipped = (path: string): number => gzipSync(readFileSync(path), { level: 9 }).length;

/** The files the page names itself: scripts, preloads, styles. */
function named(html: string): string[] {
  const paths = [...html.matchAll(/(?:src|href)="\/chat\/([^"]+\.(?:js|css))"/g)].map((match) => match[1] as string);
  return [...new Set(paths)];
}

/** The scripts that one imports at once; what it imports later (`import()`) is not part of the first load. */
function imported(path: string): string[] {
  const code = readFileSync(path, "utf8");
  return [...code.matchAll(/(?:from|^import|[;}]import)\s*"\.\/([\w.-]+\.js)"/g)].map((match) => `assets/${match[1]}`);
}

function firstLoad(): string[] {
  const all = new Set(["index.html", ...named(readFileSync(join(dist, "index.html"), "utf8"))]);
  for (const file of all) if (file.endsWith(".js")) for (const next of imported(join(dist, file))) all.add(next);
  return [...all];
}

if (!existsSync(join(dist, "index.html"))) {
  console.error("size: widget/dist is not built; build it first: npx vite build widget");
  process.exit(1);
}
const words = readdirSync(join(dist, "assets")).filter((name) => wordFile.test(name));
const largest = words.map((name) => `assets/${name}`).sort((a, b) => zipped(join(dist, b)) - zipped(join(dist, a)))[0];
const files = [...firstLoad(), ...(largest ? [largest] : [])];
let total = 0;
for (const file of files) {
  const bytes = zipped(join(dist, file));
  total += bytes;
  console.log(`${String(bytes).padStart(7)}  ${file}`);
}
console.log(`${String(total).padStart(7)}  first load of the customer's page, gzip; the budget is ${budgetBytes}`);
for (const name of words) console.log(`${String(zipped(join(dist, "assets", name))).padStart(7)}  (words) ${name}`);
if (words.length !== 3) console.error(`size: expected the words of three languages apart, found ${words.length}`);
if (total > budgetBytes) console.error(`size: ${total - budgetBytes} bytes over the budget`);
process.exit(total > budgetBytes || words.length !== 3 ? 1 : 0);
