import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createKeyring, namedKeys } from "../server/src/keyring.ts";
import { systemSecrets } from "../server/src/platform.ts";

const cli = fileURLToPath(new URL("../server/src/cli.ts", import.meta.url));
const readyTimeoutMs = 60_000;
const tailChars = 4_000;

export type ServerOptions = {
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  /** Words before the runtime, such as `taskset -c 0`. */
  readonly before?: readonly string[];
  /** Words for the runtime, such as `--cpu-prof`. */
  readonly runtime?: readonly string[];
};

/** Under which all servers of a test seal, in a process of their own or not: they share databases. */
export const testSecretKey = Buffer.alloc(32, 7).toString("base64");
export const testKeyring = createKeyring(namedKeys({ secretKey: testSecretKey, otherSecretKeys: [] }), systemSecrets);

/** The real server, started by its own command line in a process of its own. */
export class ServerProcess {
  readonly url: string;
  readonly #options: ServerOptions;
  #child: ChildProcess | undefined;
  #exited: Promise<number | string> = Promise.resolve(0);
  #tail = "";

  constructor(options: ServerOptions) {
    this.#options = options;
    this.url = `http://127.0.0.1:${options.port}`;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error("the server is not running");
    return pid;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** The last lines it printed, for a verdict that has to explain itself. */
  get tail(): string {
    return this.#tail;
  }

  /** Starts it and waits until it says that it is ready. */
  async start(): Promise<void> {
    const { port, env, before = [], runtime = [] } = this.#options;
    const [file = "", ...words] = [...before, process.execPath, ...runtime, cli, "start", "--port", String(port)];
    const child = spawn(file, words, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, AFTERCARE_STOP_WITH_PARENT: "true", AFTERCARE_SECRET_KEY: testSecretKey, ...env },
    });
    const keep = (chunk: Buffer) => {
      this.#tail = (this.#tail + chunk).slice(-tailChars);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.on("error", (error) => resolve(error.message));
      child.on("exit", (code, signal) => {
        if (this.#child === child) this.#child = undefined;
        resolve(code ?? signal ?? 1);
      });
    });
    for (const startedAt = Date.now(); !(await this.#ready()); await sleep(25)) {
      if (!this.#child) throw new Error(`the server ended at its start:\n${this.#tail}`);
      if (Date.now() - startedAt > readyTimeoutMs) throw new Error(`the server did not become ready:\n${this.#tail}`);
    }
  }

  async #ready(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(1_000) })).ok;
    } catch {
      return false;
    }
  }

  /** Resolves with the exit code or the signal. */
  async signal(signal: NodeJS.Signals): Promise<number | string> {
    this.#child?.kill(signal);
    return this.#exited;
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Name, parent and times of a process; undefined when it is gone. Times are in clock ticks, own and of ended children. */
export type ProcessStat = { name: string; parent: number; ownTicks: number; childTicks: number; residentPages: number };

export function statOf(pid: number): ProcessStat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const close = stat.lastIndexOf(")");
    const field = stat.slice(close + 2).split(" ");
    const at = (index: number) => Number(field[index]);
    return {
      name: stat.slice(stat.indexOf("(") + 1, close),
      parent: at(1),
      ownTicks: at(11) + at(12),
      childTicks: at(13) + at(14),
      residentPages: at(21),
    };
  } catch {
    return undefined;
  }
}

export function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => statOf(one)?.parent === pid);
}
