import { parseArgs } from "node:util";
import { type BenchCluster, openCluster } from "./database.ts";
import { loadCore, pin, pinningProblem } from "./machine.ts";
import { type Profiled, runProfile } from "./profile.ts";
import { printResult, roundedJson } from "./report.ts";
import { profiledW2, runW2 } from "./w2.ts";
import { profiledW5, runW5 } from "./w5.ts";
import type { Bench, WorkloadResult } from "./workload.ts";

type Workload = {
  text: string;
  profiled?: Profiled;
  run?: (bench: Bench, cluster: BenchCluster) => Promise<WorkloadResult>;
};

const workloads: Readonly<Record<string, Workload>> = {
  W1: { text: "10,000 idle connections" },
  W2: { text: "2,000 conversations of 2 devices, Poisson sends", run: runW2, profiled: profiledW2 },
  W3: { text: "support: one customer, two staff on two devices each, receipts on" },
  W4: { text: "one publisher, 1,000 subscribers" },
  W5: { text: "a hot conversation: 8 writers, each with 32 sends in the air", run: runW5, profiled: profiledW5 },
  W6: { text: "history and catch-up" },
  W7: { text: "10,000 sockets cut at once" },
  W8: { text: "typing and presence" },
};

const usage = `npm run bench -- W2 W5 [--quick] [--json] [--verbose] [--profile]

${Object.entries(workloads)
  .map(([name, { text, run }]) => `  ${name}  ${text}${run ? "" : " (comes later)"}`)
  .join("\n")}`;

async function main(words: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      profile: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help || positionals.length === 0) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  for (const name of positionals) {
    const workload = workloads[name];
    if (!workload) console.error(`${name} is not a workload.\n${usage}`);
    else if (!workload.run) console.error(`${name} (${workload.text}) comes later; nothing was measured.`);
    if (!workload?.run) return 2;
    if (values.profile && !workload.profiled) {
      console.error(`${name} has nothing to profile; W2 and W5 have.`);
      return 2;
    }
  }
  const problem = pinningProblem();
  if (problem !== undefined) {
    console.error(`bench: ${problem}`);
    return 1;
  }
  const say = (line: string) => {
    if (values.verbose) console.error(`  ${line}`);
  };
  const cluster = await openCluster({ countStatements: values.profile });
  pin(process.pid, loadCore);
  let failed = 0;
  try {
    for (const name of positionals) {
      const bench = { postmaster: cluster.postmaster, quick: values.quick, say };
      const { run, profiled } = workloads[name] ?? {};
      if (values.profile && profiled) {
        console.log(await runProfile(bench, cluster, name, profiled));
        continue;
      }
      const result = await run?.(bench, cluster);
      if (!result) continue;
      if (values.json) for (const line of [...result.sides, result.ratios]) console.log(roundedJson(line));
      else printResult(name, workloads[name]?.text ?? "", result);
      if (result.sides.some(({ side, checker }) => side === "aftercare" && checker !== "ok")) failed++;
    }
  } finally {
    await cluster.stop();
  }
  return failed > 0 ? 1 : 0;
}

process.exit(await main(process.argv.slice(2)));
