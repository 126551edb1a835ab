import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { aftercare } from "./aftercare.ts";
import type { BenchDatabase } from "./database.ts";
import { findKnees } from "./knee.ts";
import type { Step, StepPlan } from "./load.ts";
import { onTestedCore } from "./machine.ts";
import { ejabberd } from "./peers/ejabberd.ts";
import { redis } from "./peers/redis.ts";
import { socketIo } from "./peers/socketio.ts";
import { makePeople } from "./people.ts";
import type { Profiled } from "./profile.ts";
import { median } from "./statistics.ts";
import {
  against,
  alternate,
  type Bench,
  type Contender,
  cpuPerAcked,
  cpuPerDelivery,
  lineOf,
  resultOf,
  type SideResult,
  type WorkloadResult,
  withSides,
} from "./workload.ts";

const conversations = 2_000;
/** The highest rate whose p99 stays within this is a side's knee. */
const kneeP99Ms = 50;
/** The common load, as a share of the peer's knee. */
const comparedShare = 0.7;
/** Sends in the air, over all devices, that saturate a side. */
const saturationWindow = 1_000;

type Plan = StepPlan & { rounds: number; shares: readonly number[]; tries: number; bareSeconds: number };
const plans: Record<"quick" | "full", Plan> = {
  quick: { warmMs: 300, measureMs: 1_200, rounds: 1, shares: [0.3, 0.5, 0.7], tries: 1, bareSeconds: 2 },
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
export function runW2(bench: Bench): Promise<WorkloadResult> {
  const people = makePeople(conversations, 2);
  return withSides(bench, "W2", people, [aftercare(), socketIo(), redis, ejabberd()], async (contenders, databases) => {
    const ours = databases.get("aftercare");
    if (!ours) throw new Error("our side is missing");
    return compare(bench, contenders, ours);
  });
}

async function compare(bench: Bench, contenders: readonly Contender[], ours: BenchDatabase): Promise<WorkloadResult> {
  const plan = plans[bench.quick ? "quick" : "full"];
  const rounds = bench.rounds ?? plan.rounds;
  const saturated = await saturate(bench, contenders, plan, rounds);
  const knees = await findKnees<Step>({
    ...{ most: saturated, shares: plan.shares, lowerShares, tries: plan.tries },
    fits: (step) => step.ackMs.p99 <= kneeP99Ms,
    async attempt(index, rate) {
      const one = contenders[index] as Contender;
      const step = await one.load.poisson(rate, plan);
      bench.say(lineOf(one.side.name, step));
      return step;
    },
  });
  // Where the first peer has no knee (or does not run), a third of the most is still the same load for all.
  const yardstick = Math.min(1, contenders.length - 1);
  const kneeRate = knees[yardstick]?.rate;
  const comparedAtPerSecond = Math.round(kneeRate ? comparedShare * kneeRate : (saturated[yardstick] ?? 0) / 3);
  const compared = await alternate(contenders, rounds, (one) => one.load.poisson(comparedAtPerSecond, plan), bench);
  const sides: SideResult[] = [];
  for (const [index, one] of contenders.entries()) {
    const knee = knees[index];
    sides.push({
      ...(await resultOf("W2", one, compared[index] ?? [])),
      // Throughput is that of the knee; CPU and latency are those under the common load.
      ackedPerSecond: knee?.step.ackedPerSecond ?? 0,
      deliveriesPerSecond: knee?.step.deliveriesPerSecond ?? 0,
      kneePerSecond: knee?.rate ?? 0,
      saturatedPerSecond: saturated[index] ?? 0,
      comparedAtPerSecond,
    });
  }
  const bare = bareInsert(ours, plan.bareSeconds);
  const ratios = {
    cpuPerAcked: cpuPerAcked(sides),
    cpuPerDelivery: cpuPerDelivery(sides.filter(({ side }) => side !== redis.name)),
    knee: against(sides, (us, peer) => (us.kneePerSecond ?? 0) / (peer.kneePerSecond ?? 0)),
    saturated: against(sides, (us, peer) => (us.saturatedPerSecond ?? 0) / (peer.saturatedPerSecond ?? 0)),
    rowsVsBareInsert: (saturated[0] ?? 0) / bare,
  };
  const notes = [
    `bare unnest inserts of the same rows on the same core: ${bare} rows/s`,
    "redis-xadd is the store alone: no membership, no deduplication, no deliveries",
    "ejabberd-mam: rooms with their archive in PostgreSQL; no deduplication",
  ];
  return { sides, ratios: { workload: "W2", ratios }, notes };
}

/** What each side does at most, whatever the latency. The first round only warms the compilers. */
async function saturate(bench: Bench, contenders: readonly Contender[], plan: Plan, rounds: number): Promise<number[]> {
  const steps = await alternate(contenders, rounds + 1, (one) => one.load.closed(saturating, 1, plan), bench);
  return steps.map((some) => median(some.slice(1).map((step) => step.ackedPerSecond)));
}

function bareInsert(database: BenchDatabase, seconds: number): number {
  const file = fileURLToPath(new URL("insert.ts", import.meta.url));
  const [command = "", ...words] = [...onTestedCore, process.execPath, file, database.url, String(seconds)];
  const { stdout, stderr, status } = spawnSync(command, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`bare inserts: ${stderr}`);
  return Number(stdout.trim());
}
