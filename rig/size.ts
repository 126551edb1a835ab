import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/**
 * What browsers load, in bytes after gzip: the loader on a shop's page, the customer's first visit (the page, its script
 * with what that imports at once, its styles, and the largest words), the console's sign-in and its first desk, and every part
 * that comes later. Reads the built pages, builds nothing: `npm run size` builds before.
 */
const budgets = { loaderBytes: 5 * 1024, chatBytes: 60 * 1024, signInBytes: 30 * 1024, deskBytes: 92 * 1024 } as const;
const wordFile = /^(?:words-)?(en|zh-Hant|zh-Hans)-[\w-]+\.js$/;
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

  /** What the page itself says that a part needs, where it says so (console/parts.config.ts). */
  private named(part: string): string[] {
    const html = readFileSync(join(this.dist, "index.html"), "utf8");
    const files = JSON.parse(/id="files">([^<]*)</.exec(html)?.[1] ?? "{}") as Record<string, string[]>;
    return (files[part] ?? []).map((file) => file.replace(/^\/\w+\//, ""));
  }

  /** With the desk of the largest language, where nothing is open. */
  firstDesk(): string[] {
    const sum = (files: readonly string[]) => files.reduce((bytes, file) => bytes + this.bytes(file), 0);
    const [largest = []] = ["desk-en", "desk-zh-Hant", "desk-zh-Hans"]
      .map((part) => this.named(part))
      .sort((a, b) => sum(b) - sum(a));
    return [...new Set([...this.firstLoad(), ...this.named("desk"), ...largest])];
  }

  /** Prints the files of each first screen with their sum, then the others, and gives the sums. */
  report(screens: Readonly<Record<string, readonly string[]>> = { "first load": this.firstLoad() }): number[] {
    console.log(`\n${this.name}`);
    const shown = new Set<string>();
    let total = 0;
    const sums = Object.entries(screens).map(([screen, files]) => {
      for (const file of files) {
        if (shown.has(file)) continue;
        shown.add(file);
        total += this.bytes(file);
        print(this.bytes(file), file);
      }
      print(total, `= ${screen}`);
      return total;
    });
    for (const file of this.assets()) if (!shown.has(file)) print(this.bytes(file), `later: ${file}`);
    return sums;
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
const [first = 0] = chat.report();
const desk = new Page("console", "console, /console/");
const [signIn = 0, firstDesk = 0] = desk.report({ "sign-in": desk.firstLoad(), "first desk": desk.firstDesk() });
console.log("");
print(loader, `loader; the budget is ${budgets.loaderBytes}`);
print(first, `first load of the chat; the budget is ${budgets.chatBytes}`);
print(signIn, `sign-in of the console; the budget is ${budgets.signInBytes}`);
print(firstDesk, `first desk; the budget is ${budgets.deskBytes}`);
if (loader === 0) problems.push("widget/dist has no loader.js");
if (loader > budgets.loaderBytes) problems.push(`the loader is ${loader - budgets.loaderBytes} bytes over the budget`);
if (first > budgets.chatBytes) problems.push(`the chat is ${first - budgets.chatBytes} bytes over the budget`);
if (signIn > budgets.signInBytes) problems.push(`the sign-in is ${signIn - budgets.signInBytes} bytes over the budget`);
if (firstDesk > budgets.deskBytes) problems.push(`the desk is ${firstDesk - budgets.deskBytes} bytes over the budget`);
if (chat.words().length !== 3) problems.push("the words of three languages are not apart");
for (const problem of problems) console.error(`size: ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
