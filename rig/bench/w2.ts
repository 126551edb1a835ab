import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { openAftercare } from "./aftercare.ts";
import type { BenchCluster, BenchDatabase } from "./database.ts";
import type { Step, StepPlan } from "./load.ts";
import { onTestedCore } from "./machine.ts";
import { makePeople } from "./people.ts";
import type { Profiled } from "./profile.ts";
import type { People } from "./side.ts";
import { openSocketIo } from "./socketio.ts";
import {
  alternate,
  type Bench,
  type Contender,
  connect,
  lineOf,
  median,
  summarise,
  type WorkloadResult,
} from "./workload.ts";

const conversations = 2_000;
const names = ["w2_aftercare", "w2_socketio"] as const;
/** The highest rate whose p99 stays within this is a side's knee. */
const kneeP99Ms = 50;
/** The common load, as a share of the peer's knee. */
const comparedShare = 0.7;
/** Sends in the air, over all devices, that saturate a side. */
const saturationWindow = 1_000;

type Plan = StepPlan & { rounds: number; shares: readonly number[]; tries: number; bareSeconds: number };
const plans: Record<"quick" | "full", Plan> = {
  quick: { warmMs: 500, measureMs: 2_000, rounds: 2, shares: [0.3, 0.5, 0.7, 0.85], tries: 1, bareSeconds: 3 },
  full: {
    ...{ warmMs: 2_000, measureMs: 8_000, rounds: 3, tries: 2, bareSeconds: 8 },
    shares: [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
  },
};
/** Where even the lowest share is too much, ever smaller ones are tried. */
const lowerShares = [0.15, 0.08, 0.04];

const saturating = Array.from({ length: saturationWindow }, (_, index) => index * 4);
const profilePlan = { warmMs: 3_000, measureMs: 8_000 };
export const profiledW2: Profiled = {
  people: () => makePeople(conversations, 2),
  loads: {
    saturated: (load) => load.closed(saturating, 1, profilePlan),
    "700 a second": (load) => load.poisson(700, profilePlan),
    "2,000 a second": (load) => load.poisson(2_000, profilePlan),
  },
};

/** 2,000 conversations of two devices, Poisson sends. */
export async function runW2(bench: Bench, cluster: BenchCluster): Promise<WorkloadResult> {
  const people = makePeople(conversations, 2);
  const ours = await cluster.database(names[0]);
  const sides = [await openAftercare(ours), await openSocketIo(await cluster.database(names[1]))];
  try {
    const contenders: Contender[] = [];
    for (const side of sides) contenders.push(await connect(bench, side, people));
    return await compare(bench, contenders, people, ours);
  } finally {
    for (const side of sides) {
      side.disconnect();
      await side.close();
    }
    // What they leave to vacuum must not weigh on the next workload.
    for (const name of names) await cluster.drop(name);
  }
}

async function compare(
  bench: Bench,
  contenders: readonly Contender[],
  people: People,
  ours: BenchDatabase,
): Promise<WorkloadResult> {
  const plan = plans[bench.quick ? "quick" : "full"];
  const saturated = await saturate(bench, contenders, plan);
  const knees = await findKnees(bench, contenders, saturated, plan);
  // On a machine too busy for any knee, a third of what the peer does at most is still the same load for both.
  const peerRate = knees[1]?.rate ? comparedShare * knees[1].rate : (saturated[1] ?? 0) / 3;
  const comparedAtPerSecond = Math.round(peerRate);
  const compared = await alternate(
    contenders,
    plan.rounds,
    (one) => one.load.poisson(comparedAtPerSecond, plan),
    bench,
  );
  const checks: string[] = [];
  for (const { load } of contenders) checks.push(await load.check(people));
  const bare = bareInsert(ours, plan.bareSeconds);
  bench.say(`bare unnest inserts: ${bare} rows/s`);
  const results = contenders.map((one, index) => ({
    workload: "W2",
    side: one.side.name,
    durability: one.side.durability,
    ...summarise(compared[index] ?? []),
    // Throughput is that of the knee; CPU and latency are those under the common load.
    ackedPerSecond: knees[index]?.step?.ackedPerSecond ?? 0,
    deliveriesPerSecond: knees[index]?.step?.deliveriesPerSecond ?? 0,
    residentBytesPerConnection: one.residentBytesPerConnection,
    checker: checks[index] ?? "",
    kneePerSecond: knees[index]?.rate ?? 0,
    saturatedPerSecond: saturated[index] ?? 0,
    comparedAtPerSecond,
  }));
  const [us, peer] = results;
  if (!us || !peer) throw new Error("a side is missing");
  const name = peer.side;
  const ratios = {
    cpuPerAcked: { [name]: peer.cpuSecondsPer1000Acked / us.cpuSecondsPer1000Acked },
    knee: { [name]: us.kneePerSecond / peer.kneePerSecond },
    saturated: { [name]: us.saturatedPerSecond / peer.saturatedPerSecond },
    rowsVsBareInsert: us.saturatedPerSecond / bare,
  };
  const notes = [`bare unnest inserts of the same rows on the same core: ${bare} rows/s`];
  return { sides: results, ratios: { workload: "W2", ratios }, notes };
}

/** What each side does at most, whatever the latency. The first round only warms the compilers. */
async function saturate(bench: Bench, contenders: readonly Contender[], plan: Plan): Promise<number[]> {
  const steps = await alternate(contenders, plan.rounds + 1, (one) => one.load.closed(saturating, 1, plan), bench);
  return steps.map((some) => median(some.slice(1).map((step) => step.ackedPerSecond)));
}

type Knee = { rate: number; step: Step | undefined };

/** Climbs in shares of what a side does at most, side by side; a step past the bound ends a side's climb. */
async function findKnees(
  bench: Bench,
  contenders: readonly Contender[],
  saturated: readonly number[],
  plan: Plan,
): Promise<Knee[]> {
  const knees: Knee[] = contenders.map(() => ({ rate: 0, step: undefined }));
  const attempt = async (index: number, share: number): Promise<boolean> => {
    const one = contenders[index] as Contender;
    const rate = Math.round((saturated[index] ?? 0) * share);
    for (let tried = 0; tried < plan.tries; tried++) {
      const step = await one.load.poisson(rate, plan);
      bench.say(lineOf(one.side.name, step));
      if (step.ackMs.p99 > kneeP99Ms) continue;
      knees[index] = { rate, step };
      return true;
    }
    return false;
  };
  const climbing = new Set(contenders.keys());
  for (const share of plan.shares)
    for (const index of climbing) if (!(await attempt(index, share))) climbing.delete(index);
  for (const share of lowerShares)
    for (const [index, knee] of knees.entries()) if (knee.rate === 0) await attempt(index, share);
  return knees;
}

function bareInsert(database: BenchDatabase, seconds: number): number {
  const file = fileURLToPath(new URL("insert.ts", import.meta.url));
  const [command = "", ...words] = [...onTestedCore, process.execPath, file, database.url, String(seconds)];
  const { stdout, stderr, status } = spawnSync(command, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`bare inserts: ${stderr}`);
  return Number(stdout.trim());
}
