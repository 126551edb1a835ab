import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import { ensureBrowser } from "./browser.mjs";
import { bunPath } from "./bun.mjs";
import { ensureNats } from "./nats.mjs";
import { buildPages } from "./pages.mjs";
import { root, runCaptured, SetupFailure } from "./process.mjs";
import { plans } from "./steps.mjs";

/** Runs every step of a plan, even after a failure, and gives the exit code. Words choose steps by name. */
export async function runSteps(plan, words) {
  const steps = plans[plan].filter(({ name }) => words.length === 0 || words.includes(name));
  const unknown = words.find((word) => !plans[plan].some(({ name }) => name === word));
  if (unknown)
    throw new SetupFailure(`${unknown} is not a step; there are ${plans[plan].map(({ name }) => name).join(", ")}.`);
  const ready = prepared();
  const results = [];
  let stopped = false;
  const stop = () => {
    stopped = true;
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    for (const step of steps) {
      if (stopped) break;
      console.log(`\n── ${step.name} ──`);
      const startedAt = performance.now();
      const result = await runStep(step, ready).catch((error) => failure(messageOf(error)));
      const seconds = (performance.now() - startedAt) / 1000;
      if (result.problem) console.error(`${step.name}: ${result.problem}`);
      results.push({ name: step.name, seconds, ...result });
    }
  } finally {
    await ready.close();
  }
  return summary(results, stopped);
}

function messageOf(error) {
  return error instanceof SetupFailure ? error.message : String(error.stack ?? error);
}

const failure = (problem) => ({ passed: 0, failed: 1, problem });

async function runStep(step, ready) {
  const command = commandOf(step);
  if (command.problem) return failure(command.problem);
  // A file or a CI log is no place for colours, which some tools cannot tell by themselves.
  const env = process.stdout.isTTY ? {} : { NO_COLOR: "1", FORCE_COLOR: "0" };
  for (const need of step.needs ?? []) Object.assign(env, await ready[need]());
  const { code, output, timedOut } = await runCaptured(command.file, command.words, { env, limitMs: step.limitMs });
  const counted = countIn(output);
  const problem = timedOut
    ? `did not end within ${step.limitMs / 1000} s, and was stopped`
    : code === 0
      ? undefined
      : `ended with exit code ${code}`;
  if (problem) return { passed: counted.passed, failed: Math.max(1, counted.failed), problem };
  // A tool that ends well but reports failures is not believed.
  return { passed: counted.passed + counted.failed > 0 ? counted.passed : 1, failed: counted.failed };
}

/** A busy machine fails no test for being slow: what hangs is ended by this, and by the limit of its step. */
const testLimitMs = 30_000;

function commandOf({ entry, tool, tests, except, words, processes = 1 }) {
  if (tests) {
    const files = tests.flatMap((folder) => testFiles(folder.replace(/\/$/, ""), except));
    if (files.length === 0) return { problem: "there is no test file" };
    const parallel = processes > 1 ? [`--parallel=${processes}`] : [];
    return {
      file: bunPath(),
      words: ["test", `--timeout=${testLimitMs}`, ...parallel, ...files.map((file) => `./${file}`)],
    };
  }
  const file = entry ?? tool;
  if (!existsSync(join(root, file))) return { problem: `${file} is missing` };
  return entry
    ? { file: bunPath(), words: [entry, ...words] }
    : { file: process.execPath, words: [join(root, tool), ...words] };
}

function testFiles(folder, except) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (
      entry.name === "node_modules" ||
      entry.name === "dist" ||
      except.some((prefix) => `${path}/`.startsWith(prefix))
    )
      return [];
    if (entry.isDirectory()) return testFiles(path, except);
    return /\.test\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

/** Figures as Bun's test runner prints them, or as our own tools do: "12 passed, 0 failed". */
function countIn(coloured) {
  const output = stripVTControlCharacters(coloured);
  const own = [...output.matchAll(/^(\d+) passed, (\d+) failed/gm)].at(-1);
  if (own) return { passed: Number(own[1]), failed: Number(own[2]) };
  const last = (pattern) => Number([...output.matchAll(pattern)].at(-1)?.[1] ?? 0);
  return { passed: last(/^ *(\d+) pass$/gm), failed: last(/^ *(\d+) fail$/gm) + last(/^ *(\d+) errors?$/gm) };
}

function summary(results, stopped) {
  const width = Math.max(...results.map(({ name }) => name.length));
  console.log("");
  for (const { name, seconds, passed, failed, problem } of results) {
    const figures = `${passed} passed, ${failed} failed`;
    console.log(
      `  ${failed > 0 ? "FAIL" : "ok  "}  ${name.padEnd(width)}  ${seconds.toFixed(1).padStart(6)} s  ${figures}${problem ? `: ${problem.split("\n")[0]}` : ""}`,
    );
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  if (stopped) console.log("\nStopped before the end.");
  console.log(`\n${sum("passed")} passed, ${sum("failed")} failed`);
  return sum("failed") > 0 || stopped ? 1 : 0;
}

/** What steps need, made once, when the first step needs it. Each gives environment variables. */
function prepared() {
  const made = new Map();
  const once = (name, make) => () => {
    if (!made.has(name)) made.set(name, make());
    return made.get(name);
  };
  let cluster;
  return {
    pages: once("pages", async () => {
      await buildPages();
      return {};
    }),
    browser: once("browser", async () => ({ CHROMIUM_PATH: await ensureBrowser() })),
    nats: once("nats", async () => ({ NATS_SERVER_PATH: await ensureNats() })),
    database: once("database", async () => {
      cluster = await startCluster();
      return { AFTERCARE_TEST_DATABASE_URL: cluster.url };
    }),
    close: async () => cluster?.close(),
  };
}

/** One PostgreSQL for all test files; it ends when our end of the pipe closes, however that happens. */
function startCluster() {
  return new Promise((resolve, reject) => {
    const child = spawn(bunPath(), ["rig/setup/cluster.ts"], {
      cwd: root,
      stdio: ["pipe", "pipe", "inherit"],
      detached: true,
    });
    const ended = new Promise((done) => child.on("exit", done));
    child.on("error", reject);
    child.stdin.on("error", () => undefined);
    void ended.then(() => reject(new SetupFailure("The PostgreSQL for tests did not start; see the lines above.")));
    createInterface({ input: child.stdout }).once("line", (url) => {
      resolve({
        url,
        close: async () => {
          child.stdin.end();
          await ended;
        },
      });
    });
  });
}
