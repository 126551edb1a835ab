import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { aftercare } from "./aftercare.ts";
import { compareAtKnee } from "./at-knee.ts";
import type { BenchDatabase } from "./database.ts";
import { onTestedCore } from "./machine.ts";
import { ejabberd } from "./peers/ejabberd.ts";
import { redis } from "./peers/redis.ts";
import { socketIo } from "./peers/socketio.ts";
import { makePeople } from "./people.ts";
import type { Profiled } from "./profile.ts";
import {
  type Bench,
  type Contender,
  cpuPerAcked,
  cpuPerDelivery,
  kneeRatio,
  saturatedRatio,
  type WorkloadResult,
  withSides,
} from "./workload.ts";

const conversations = 2_000;
/** Sends in the air, over all devices, that saturate a side. */
const saturationWindow = 1_000;

const bareSeconds = { quick: 2, full: 8 };

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
  const sides = await compareAtKnee(bench, "W2", contenders, (load, plan) => load.closed(saturating, 1, plan));
  const bare = bareInsert(ours, bareSeconds[bench.quick ? "quick" : "full"]);
  const ratios = {
    cpuPerAcked: cpuPerAcked(sides),
    cpuPerDelivery: cpuPerDelivery(sides.filter(({ side }) => side !== redis.name)),
    knee: kneeRatio(sides),
    saturated: saturatedRatio(sides),
    rowsVsBareInsert: (sides[0]?.saturatedPerSecond ?? 0) / bare,
  };
  const notes = [
    `bare unnest inserts of the same rows on the same core: ${bare} rows/s`,
    "redis-xadd is the store alone: no membership, no deduplication, no deliveries",
    "ejabberd-mam: rooms with their archive in PostgreSQL; no deduplication",
  ];
  return { sides, ratios: { workload: "W2", ratios }, notes };
}

function bareInsert(database: BenchDatabase, seconds: number): number {
  const file = fileURLToPath(new URL("insert.ts", import.meta.url));
  const [command = "", ...words] = [...onTestedCore, process.execPath, file, database.url, String(seconds)];
  const { stdout, stderr, status } = spawnSync(command, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`bare inserts: ${stderr}`);
  return Number(stdout.trim());
}
