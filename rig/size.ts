import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/**
 * What browsers load, in bytes after gzip: the loader on a shop's page, the customer's first visit (the page, its script
 * with what that imports at once, its styles, and the largest words), the console, and every part that comes later. Reads
 * the built pages, builds nothing: `npm run size` builds before.
 */
const budgets = { loaderBytes: 5 * 1024, chatBytes: 60 * 1024 } as const;
const wordFile = /^(en|zh-Hant|zh-Hans)-[\w-]+\.js$/;
const root = join(import.meta.dirname, "..");

const zipped = (content: string | Uint8Array): number => gzipSync(content, { level: 9 }).length;
const print = (bytes: number, name: string) => console.log(`${String(bytes).padStart(8)}  ${name}`);

class Page {
  readonly dist: string;
  readonly name: string;
  constructor(room: string, name: string) {
    this.dist = join(root, room, "dist");
    this.name = name;
    if (existsSync(join(this.dist, "index.html"))) return;
    console.error(`size: ${room}/dist is not built; npm run size builds it`);
    process.exit(1);
  }

  bytes(file: string): number {
    return zipped(readFileSync(join(this.dist, file)));
  }

  words(): string[] {
    return this.assets().filter((file) => wordFile.test(file.slice("assets/".length)));
  }

  assets(): string[] {
    const names = readdirSync(join(this.dist, "assets")).filter((file) => /\.(js|css)$/.test(file));
    return names.map((file) => `assets/${file}`);
  }

  /** The page, the scripts and styles it names, and what those import at once. */
  firstLoad(): string[] {
    const html = readFileSync(join(this.dist, "index.html"), "utf8");
    const named = [...html.matchAll(/(?:src|href)="\/\w+\/([^"]+\.(?:js|css))"/g)].map(([, file = ""]) => file);
    const all = new Set(["index.html", ...named]);
    for (const file of all) if (file.endsWith(".js")) for (const next of this.imported(file)) all.add(next);
    const [largest] = this.words().sort((a, b) => this.bytes(b) - this.bytes(a));
    return [...all, ...(largest && !all.has(largest) ? [largest] : [])];
  }

  /** Prints every file, and gives the sum of the first load. */
  report(): number {
    const first = this.firstLoad();
    console.log(`\n${this.name}`);
    let total = 0;
    for (const file of first) {
      total += this.bytes(file);
      print(this.bytes(file), file);
    }
    print(total, "= first load");
    for (const file of this.assets()) if (!first.includes(file)) print(this.bytes(file), `later: ${file}`);
    return total;
  }

  /** Scripts that one imports at once; what it imports later (`import()`) is not part of the first load. */
  private imported(file: string): string[] {
    const code = readFileSync(join(this.dist, file), "utf8");
    return [...code.matchAll(/(?:from|^import|[;}]import)\s*["`]\.\/([\w.-]+\.js)["`]/g)].map(
      (match) => `assets/${match[1]}`,
    );
  }
}

/** As the server sends it: with the workspace's looks in front. */
function loaderBytes(dist: string): number {
  const path = join(dist, "loader.js");
  return existsSync(path)
    ? zipped(`{const SHOP={"brand":"#7a1fa2","locale":"zh-Hant","side":"left","up":120};${readFileSync(path, "utf8")}}`)
    : 0;
}

const problems: string[] = [];
const chat = new Page("widget", "chat, /chat/");
const loader = loaderBytes(chat.dist);
console.log("loader, /loader.js");
print(loader, "loader.js");
const first = chat.report();
new Page("console", "console, /console/").report();
console.log("");
print(loader, `loader; the budget is ${budgets.loaderBytes}`);
print(first, `first load of the chat; the budget is ${budgets.chatBytes}`);
if (loader === 0) problems.push("widget/dist has no loader.js");
if (loader > budgets.loaderBytes) problems.push(`the loader is ${loader - budgets.loaderBytes} bytes over the budget`);
if (first > budgets.chatBytes) problems.push(`the chat is ${first - budgets.chatBytes} bytes over the budget`);
if (chat.words().length !== 3) problems.push("the words of three languages are not apart");
for (const problem of problems) console.error(`size: ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
