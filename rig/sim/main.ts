import { parseArgs } from "node:util";
import { killScenarios, simulateKill } from "./kills.ts";
import { regressions } from "./regressions.ts";
import { type Outcome, simulate } from "./run.ts";
import { inOwnTurn } from "./scheduler.ts";
import { laws } from "./violation.ts";

/** `bun rig/sim/main.ts --runs K --seed N [--verbose] [--failovers]`: the deterministic simulator. The same seed is the same run. */
const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    verbose: { type: "boolean", default: false },
    /** Processes; each takes every n-th seed. */
    workers: { type: "string" },
    /** Only the seeds that were asked for: neither the regressions nor the kills at every step. */
    bare: { type: "boolean", default: false },
    /** In every run the log goes back again and again. */
    failovers: { type: "boolean", default: false },
    /** Stops at the first failure. */
    first: { type: "boolean", default: false },
    /** Inner: which seeds a worker takes, and what it does beside them. */
    part: { type: "string" },
  },
});

type Report = {
  name: string;
  failure?: { law: string; text: string; trace: readonly string[] } | undefined;
  acked: number;
  events: number;
  frames: number;
  steps: number;
  digest: number;
};

const maxFailures = 5;
const traceLines = 25;
const runs = Number(values.runs);
const from = Number(values.seed);
const startedAt = performance.now();

const rejections: unknown[] = [];
process.on("unhandledRejection", (error) => rejections.push(error));

/** One run in a turn of its own, with what was rejected in it and nobody heard. */
async function judge(name: string, run: () => Outcome): Promise<Report> {
  const outcome = await inOwnTurn(run);
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  const [rejection] = rejections.splice(0);
  const { violation, trace, acked, events, frames, steps, digest } = outcome;
  const found =
    violation ??
    (rejection === undefined
      ? undefined
      : { law: "bug" as const, text: `rejected: ${String((rejection as Error)?.stack ?? rejection)}` });
  const failure = found && { law: laws[found.law], text: found.text, trace };
  return { name, failure, acked, events, frames, steps, digest };
}

const nameOf = (seed: number, failovers?: boolean): string => `seed ${seed}${failovers ? " --failovers" : ""}`;

/** What this process runs: every `of`-th of everything. */
function* work(index: number, of: number): Generator<[string, () => Outcome]> {
  const all: [string, () => Outcome][] = [];
  if (!values.bare) {
    for (const { seed, failovers } of regressions)
      all.push([nameOf(seed, failovers), () => simulate(seed, values.verbose, failovers)]);
    for (const kill of killScenarios()) all.push([kill.name, () => simulateKill(kill, values.verbose)]);
  }
  const failovers = values.failovers || undefined;
  for (let seed = from; seed < from + runs; seed++)
    all.push([nameOf(seed, failovers), () => simulate(seed, values.verbose, failovers)]);
  for (const [place, one] of all.entries()) if (place % of === index) yield one;
}

async function runPart(index: number, of: number, told: (report: Report) => boolean): Promise<void> {
  for (const [name, run] of work(index, of)) if (!told(await judge(name, run))) return;
}

/** Starts worker processes and reads one report a line from each. */
async function runWorkers(workers: number, told: (report: Report) => boolean): Promise<void> {
  const words = process.argv.slice(2);
  const children = Array.from({ length: workers }, (_, index) =>
    Bun.spawn([process.execPath, import.meta.path, ...words, "--part", `${index}/${workers}`], {
      stdout: "pipe",
      stderr: "inherit",
    }),
  );
  const stop = () => {
    for (const child of children) child.kill();
  };
  await Promise.all(
    children.map(async (child) => {
      let rest = "";
      for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (!told(JSON.parse(line) as Report)) stop();
      }
      if ((await child.exited) !== 0 && !child.killed) throw new Error("a worker of the simulator died");
    }),
  );
}

function print(report: Report): void {
  const { failure, name } = report;
  if (values.verbose || failure)
    console.log(
      `${name}: ${report.steps} steps, ${report.acked} acknowledged, ${report.events} events, digest ${report.digest.toString(16)}`,
    );
  if (!failure) return;
  const lines = values.verbose ? failure.trace : failure.trace.slice(-traceLines);
  console.log(`\n${lines.map((line) => `    ${line.slice(0, 400)}`).join("\n")}\n`);
  console.log(`FAIL ${name}: ${failure.law}\n     ${failure.text.slice(0, 2_000)}\n`);
  const [, seed, failovers = ""] = /^seed (\d+)( --failovers)?$/.exec(name) ?? [];
  if (seed) console.log(`     again: npm run sim -- --bare --runs 1 --seed ${seed}${failovers} --verbose\n`);
}

async function main(): Promise<number> {
  const workers = values.verbose ? 1 : Number(values.workers ?? (runs > 20 ? 2 : 1));
  console.log(
    `seeds ${from} to ${from + runs - 1}${values.bare ? "" : `, ${regressions.length} regressions, ${killScenarios().length} kills`}`,
  );
  const sum = { passed: 0, failed: 0, acked: 0, events: 0, frames: 0, steps: 0 };
  const told = (report: Report): boolean => {
    print(report);
    sum[report.failure ? "failed" : "passed"]++;
    for (const figure of ["acked", "events", "frames", "steps"] as const) sum[figure] += report[figure];
    return sum.failed < (values.first ? 1 : maxFailures);
  };
  await (workers === 1 ? runPart(0, 1, told) : runWorkers(workers, told));
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(
    `${sum.acked} commands acknowledged, ${sum.events} events, ${sum.frames} frames, ${sum.steps} steps in ${seconds} s`,
  );
  console.log(`${sum.passed} passed, ${sum.failed} failed`);
  return sum.failed > 0 ? 1 : 0;
}

if (values.part === undefined) process.exit(await main());
else {
  const [index = 0, of = 1] = values.part.split("/").map(Number);
  await runPart(index, of, (report) => {
    const trace = report.failure?.trace.slice(-traceLines) ?? [];
    process.stdout.write(`${JSON.stringify({ ...report, failure: report.failure && { ...report.failure, trace } })}\n`);
    return true;
  });
  process.exit(0);
}
