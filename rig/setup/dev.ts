import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readConfig, thisMachine } from "../../server/src/config.ts";
import { explain } from "../../server/src/embedded/explain.ts";
import { makeSecretKey, readSecretKey } from "../../server/src/embedded/secret-key.ts";
import { startEmbedded } from "../../server/src/embedded/start.ts";

/**
 * Watch mode: one PostgreSQL that outlives restarts, the server restarted at each change, the pages built again at
 * each change. One Ctrl-C stops all.
 */
const root = thisMachine().projectRoot;
const killAfterMs = 12_000;
const children: ChildProcess[] = [];

function keep(name: string, command: readonly string[], options: { cwd?: string; env?: Record<string, string> }): void {
  const [file = "", ...words] = command;
  const child = spawn(file, words, {
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "inherit", "inherit"],
    // Ctrl-C comes to us alone, and we stop the others in order.
    detached: true,
  });
  child.on("error", (error) => console.error(`dev: ${name}: ${error.message}`));
  child.on("exit", (code) => {
    if (code) console.error(`dev: ${name} ended with exit code ${code}`);
  });
  children.push(child);
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const timer = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
    child.on("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill("SIGTERM");
  });
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && resolve(), 500).unref();
  });
}

async function main(words: readonly string[]): Promise<number> {
  const { config, problems } = readConfig(process.env, words);
  if (problems) {
    for (const problem of problems) console.error(`aftercare: ${problem}`);
    return 2;
  }
  const stopped = untilSignal();
  try {
    const own = config.databaseUrl === "" ? await startEmbedded({ dataDir: config.dataDir, log: console }) : undefined;
    for (const page of ["widget", "console"]) {
      if (!existsSync(join(root, page, "vite.config.ts"))) continue;
      const vite = join(root, "node_modules/vite/bin/vite.js");
      keep(page, ["node", vite, "build", "--watch", "--logLevel", "warn"], { cwd: join(root, page) });
    }
    const key = own && ((await readSecretKey(config.dataDir)) ?? (await makeSecretKey(config.dataDir)));
    const env = {
      ...(key && !config.secretKey && { AFTERCARE_SECRET_KEY: Buffer.from(key).toString("base64") }),
      DATABASE_URL: own?.url ?? config.databaseUrl,
      AFTERCARE_DEMO: String(config.demo),
      AFTERCARE_STOP_WITH_PARENT: "true",
    };
    keep("server", [process.execPath, "--watch", "--no-clear-screen", "server/src/cli.ts", "start", ...words], { env });
    await stopped;
    await Promise.all(children.map(end));
    await own?.stop();
    return 0;
  } catch (error) {
    await Promise.all(children.map(end));
    console.error(`aftercare: ${explain(error, config) ?? error}`);
    return 1;
  }
}

process.exit(await main(process.argv.slice(2)));
