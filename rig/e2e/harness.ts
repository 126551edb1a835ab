import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** What every wait of a scenario may take at most on a busy machine; nothing is asserted about speed. */
export const patienceMs = 30_000;
const startPatienceMs = 90_000;

export type SignIn = { login: string; password: string; name: string };

/** The product as a person starts it: one command, its own PostgreSQL, the demo shop. */
export class Product {
  readonly dataDir = reachableDir();
  url = "";
  signIns: SignIn[] = [];
  /** Where the scenarios put a shop's own pages: another site, which may show the chat. */
  shopPort = 0;
  private port = 0;
  private child: ChildProcess | undefined;

  private readonly settings: Readonly<Record<string, string>>;

  /** `settings`: those of the environment that this installation has beside the usual ones. */
  constructor(settings: Readonly<Record<string, string>> = {}, port = 0) {
    this.settings = settings;
    this.port = port;
  }

  async start(): Promise<void> {
    this.port ||= await freePort();
    const words = ["server/src/cli.ts", "start", "--port", String(this.port), "--data-dir", this.dataDir];
    const limits = { AFTERCARE_RATE_ADDRESS_PER_SECOND: "1000", AFTERCARE_RATE_ADDRESS_BURST: "10000" };
    this.shopPort ||= await freePort();
    const shop = { AFTERCARE_EMBED_ORIGINS: `http://localhost:${this.shopPort}` };
    const env = { ...process.env, AFTERCARE_LOG_LEVEL: "warn", ...limits, ...shop, ...this.settings };
    const child = spawn(process.execPath, words, { env, stdio: ["ignore", "pipe", "inherit"] });
    this.child = child;
    this.url = `http://127.0.0.1:${this.port}`;
    const printed = await readUntil(child, "Ctrl-C stops everything");
    const found = [...printed.matchAll(/^ {2}(\S+) {2}(\S{8,}) {2}(\S.*)$/gm)];
    if (found.length > 0)
      this.signIns = found.map(([, login = "", password = "", name = ""]) => ({ login, password, name }));
  }

  /** As a power cut would: nothing is finished, nothing is told. */
  async kill(): Promise<void> {
    await ended(this.child, "SIGKILL");
  }

  /** As an operator does who brought a backup back: stopped, told so, and started again. */
  async newEpoch(): Promise<void> {
    await ended(this.child, "SIGTERM");
    const told = spawn(process.execPath, ["server/src/cli.ts", "new-epoch", "--data-dir", this.dataDir]);
    const code = await new Promise((resolve) => told.once("exit", resolve));
    if (code !== 0) throw new Error(`new-epoch ended with ${code}`);
    await this.start();
  }

  async stop(): Promise<void> {
    await ended(this.child, "SIGTERM");
    await rm(dirname(this.dataDir), { recursive: true, force: true });
  }
}

/** A new directory that the account of PostgreSQL can enter. */
function reachableDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "aftercare-e2e-"));
  chmodSync(dir, 0o711);
  return join(dir, "data");
}

async function ended(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await exit;
}

function readUntil(child: ChildProcess, mark: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => reject(new Error(`the server did not start:\n${text}`)), startPatienceMs);
    child.stdout?.on("data", (chunk) => {
      text += String(chunk);
      if (!text.includes(mark)) return;
      clearTimeout(timer);
      resolve(text);
    });
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${text}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

const chromiumFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const installed = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];

/** The Chromium of the scenarios: the one `npm test` found, or Debian's; undefined when there is none. */
export const browserPath = () => [process.env.CHROMIUM_PATH ?? "", ...installed].find((path) => existsSync(path));

const launching = () => ({ executablePath: browserPath() ?? "chromium", args: chromiumFlags });

export const launchBrowser = (): Promise<Browser> => chromium.launch(launching());

/** A browser whose profile stays on the disk, as a person's own does. */
export async function openProfile(dir: string): Promise<BrowserContext> {
  const viewport = { width: 390, height: 780 };
  const context = await chromium.launchPersistentContext(dir, { ...launching(), viewport, locale: "en-GB" });
  context.setDefaultTimeout(patienceMs);
  return context;
}

export type DeviceOptions = {
  width?: number;
  height?: number;
  lang?: "en" | "zh-Hant" | "zh-Hans";
  dark?: boolean;
  /** Another device of the same person starts with what this one stored. */
  like?: Device;
  block?: ("websocket" | "sse")[];
};

/** A browser of its own with one page: a device of a person. */
export class Device {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors that the page threw; a scenario ends with none. */
  readonly errors: string[] = [];

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    page.on("pageerror", (error) => this.errors.push(String(error)));
  }

  static async open(browser: Browser, url: string, options: DeviceOptions = {}): Promise<Device> {
    const { width = 1280, height = 800, lang = "en", dark = false, like, block = [] } = options;
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: dark ? "dark" : "light",
      locale: lang === "en" ? "en-GB" : lang === "zh-Hant" ? "zh-HK" : "zh-CN",
      ...(like && { storageState: await like.context.storageState({ indexedDB: true }) }),
    });
    context.setDefaultTimeout(patienceMs);
    if (block.includes("websocket")) await context.routeWebSocket(/.*/, (socket) => socket.close());
    if (block.includes("sse")) await context.route("**/v1/events", (route) => route.abort());
    const page = await context.newPage();
    const device = new Device(context, page);
    await page.goto(url);
    return device;
  }

  /** Another tab of the same browser. */
  async tab(url: string): Promise<Page> {
    const page = await this.context.newPage();
    page.on("pageerror", (error) => this.errors.push(String(error)));
    await page.goto(url);
    return page;
  }
}

export const shotsDir = process.env.AFTERCARE_SHOTS_DIR ?? "rig/e2e/shots";

export async function shot(page: Page, name: string): Promise<void> {
  await mkdir(shotsDir, { recursive: true });
  await page.screenshot({ path: join(shotsDir, `${name}.png`) });
}
