import { parseArgs } from "node:util";
import { openCluster } from "./database.ts";
import { loadCore, pin, pinningProblem } from "./machine.ts";
import { runMemory } from "./memory.ts";
import { type Profiled, runProfile } from "./profile.ts";
import { printResult, roundedJson } from "./report.ts";
import { runW1 } from "./w1.ts";
import { profiledW2, runW2 } from "./w2.ts";
import { profiledW3, runW3 } from "./w3.ts";
import { profiledW4, runW4 } from "./w4.ts";
import { profiledW5, runW5 } from "./w5.ts";
import { runW6 } from "./w6.ts";
import { runW7 } from "./w7.ts";
import { runW8 } from "./w8.ts";
import type { Bench, WorkloadResult } from "./workload.ts";

type Workload = {
  readonly text: string;
  readonly run: (bench: Bench) => Promise<WorkloadResult>;
  readonly profiled?: Profiled;
  /** Whether it asks the database which statements ran. */
  readonly countsStatements?: boolean;
};

const workloads: Readonly<Record<string, Workload>> = {
  W1: { text: "10,000 idle connections, and one more than there may be", run: runW1 },
  W2: { text: "2,000 conversations of 2 devices, Poisson sends", run: runW2, profiled: profiledW2 },
  W3: { text: "support: a customer, two staff on two devices each, receipts on", run: runW3, profiled: profiledW3 },
  W4: { text: "one publisher, 1,000 subscribers", run: runW4, profiled: profiledW4 },
  W5: { text: "a hot conversation: 8 writers, each with 32 sends in the air", run: runW5, profiled: profiledW5 },
  W6: { text: "the last 50, and catching up with 500, at half load", run: runW6 },
  W7: { text: "10,000 sockets cut at once", run: runW7, countsStatements: true },
  W8: { text: "typing and presence: 1,000 people, 20 watchers each", run: runW8, countsStatements: true },
  memory: { text: "10,000 connections that come and go for five minutes", run: runMemory },
};

const usage = `npm run bench -- W2 W5 [--quick] [--json] [--verbose] [--rounds N] [--peers NAME,NAME] [--profile]

${Object.entries(workloads)
  .map(([name, { text, profiled }]) => `  ${name.padEnd(6)}  ${text}${profiled ? " (--profile)" : ""}`)
  .join("\n")}

--profile runs our side alone and leaves a CPU profile of the server and the database's top statements.`;

const options = {
  quick: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  verbose: { type: "boolean", default: false },
  profile: { type: "boolean", default: false },
  rounds: { type: "string" },
  peers: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/** What is wrong with the words, as a sentence. */
function problemOf(names: readonly string[], profile: boolean, rounds: string | undefined): string | undefined {
  for (const name of names) {
    const workload = workloads[name];
    if (!workload) return `${name} is not a workload.\n${usage}`;
    if (profile && !workload.profiled) return `${name} has nothing to profile; --help says which have.`;
  }
  if (rounds !== undefined && !/^[1-9]\d?$/.test(rounds)) return "--rounds wants a number from 1 to 99.";
  return pinningProblem();
}

async function main(words: string[]): Promise<number> {
  const { values, positionals: names } = parseArgs({ args: words, allowPositionals: true, options });
  if (values.help || names.length === 0) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const problem = problemOf(names, values.profile, values.rounds);
  if (problem !== undefined) {
    console.error(`bench: ${problem}`);
    return 2;
  }
  const countStatements = values.profile || names.some((name) => workloads[name]?.countsStatements === true);
  const cluster = await openCluster({ countStatements });
  pin(process.pid, loadCore);
  const bench: Bench = {
    cluster,
    quick: values.quick,
    rounds: values.rounds === undefined ? undefined : Number(values.rounds),
    peers: values.peers?.split(","),
    say: (line) => {
      if (values.verbose) console.error(`  ${new Date().toISOString().slice(11, 19)} ${line}`);
    },
  };
  try {
    let failed = false;
    for (const name of names) {
      const workload = workloads[name];
      if (!workload) continue;
      if (values.profile && workload.profiled) console.log(await runProfile(bench, name, workload.profiled));
      else failed = !(await runOne(bench, name, workload, values.json)) || failed;
    }
    return failed ? 1 : 0;
  } finally {
    await cluster.stop();
  }
}

/** Whether our own side held what it promises. */
async function runOne(bench: Bench, name: string, workload: Workload, json: boolean): Promise<boolean> {
  const result = await workload.run(bench);
  if (json) for (const line of [...result.sides, result.ratios]) console.log(roundedJson(line));
  else printResult(name, workload.text, result);
  // A peer that is missing is said where people look, and not among the lines for programs.
  if (json) for (const { side, why } of result.notRun ?? []) console.error(`bench: ${side} not run: ${why}`);
  return result.sides.every(({ side, checker }) => side !== "aftercare" || checker === "ok");
}

process.exit(await main(process.argv.slice(2)));
