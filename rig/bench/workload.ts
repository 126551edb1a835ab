import { setTimeout as sleep } from "node:timers/promises";
import type { BenchCluster, BenchDatabase } from "./database.ts";
import { Load, type Step } from "./load.ts";
import { residentBytes } from "./machine.ts";
import type { Durability, People, Side } from "./side.ts";
import { median, type Quantiles, rangeOf } from "./statistics.ts";

export type Bench = {
  readonly cluster: BenchCluster;
  readonly quick: boolean;
  /** Instead of the plan's own number. */
  readonly rounds: number | undefined;
  /** Instead of all. */
  readonly peers: readonly string[] | undefined;
  say(line: string): void;
};

/** How to start a side; the database is made when it asks. */
export type Opener = { readonly name: string; open(database: () => Promise<BenchDatabase>): Promise<Side> };

/** A side with its devices connected. */
export type Contender = {
  readonly side: Side;
  readonly load: Load;
  readonly residentBytesBefore: number;
  readonly residentBytesPerConnection: number;
};

export type NotRun = { readonly side: string; readonly why: string };

/** One line of `--json`: what every workload says, and figures of its own. */
export type SideResult = {
  workload: string;
  side: string;
  durability: Durability;
  checker: string;
  ackedPerSecond?: number;
  cpuSecondsPer1000Acked?: number;
  deliveriesPerSecond?: number;
  cpuSecondsPer1000Deliveries?: number;
  ackMs?: Quantiles;
  residentBytesPerConnection?: number;
  residentBytes?: number;
  kneePerSecond?: number;
  saturatedPerSecond?: number;
  /** The rate of the figures for CPU and latency, the same for every side. */
  comparedAtPerSecond?: number;
  /** The highest share of its core that the generator used. */
  generatorShare?: number;
  range?: { cpuSecondsPer1000Acked: [number, number]; p99Ms: [number, number] };
  /** What only this workload has. */
  figures?: Readonly<Record<string, number>>;
};

export type Ratios = { workload: string; ratios: Record<string, Record<string, number> | number> };

export type WorkloadResult = { sides: SideResult[]; ratios: Ratios; notes: string[]; notRun?: readonly NotRun[] };

export async function connect(bench: Bench, side: Side, people: People): Promise<Contender> {
  const load = new Load(side, people, bench.cluster.postmaster, 1);
  await side.prepare(people);
  const before = residentBytes(side.pid);
  await side.connect(people, load.hearing);
  await calm(load);
  const each = Math.round((residentBytes(side.pid) - before) / people.seats.length);
  bench.say(`${side.name}: ${people.seats.length} devices connected`);
  return { side, load, residentBytesBefore: before, residentBytesPerConnection: each };
}

const calmShare = 0.1;
const calmEveryMs = 500;
const calmTimeoutMs = 20_000;

/** Waits until what connecting or a load set off is over: receipts of a side come in after its acknowledgements. */
async function calm(load: Load): Promise<void> {
  for (const startedAt = performance.now(); performance.now() - startedAt < calmTimeoutMs; ) {
    const before = load.cpu();
    await sleep(calmEveryMs);
    if (load.cpu() - before < (calmShare * calmEveryMs) / 1000) return;
  }
}

/** Opens all sides with the same people, ours first, lets `work` compare them, and leaves nothing behind. */
export async function withSides(
  bench: Bench,
  name: string,
  people: People,
  openers: readonly Opener[],
  work: (contenders: readonly Contender[], databases: ReadonlyMap<string, BenchDatabase>) => Promise<WorkloadResult>,
): Promise<WorkloadResult> {
  const arena = createArena(bench, name, people);
  try {
    const contenders: Contender[] = [];
    for (const opener of chosen(bench, openers)) {
      const one = await arena.enter(opener, opener === openers[0]);
      if (one) contenders.push(one);
    }
    return { ...(await work(contenders, arena.databases)), notRun: arena.notRun };
  } finally {
    await arena.clear();
  }
}

/** The same one side after the other, for loads of which two at once are more sockets than a process may have. */
export async function sideBySide(
  bench: Bench,
  name: string,
  people: People,
  openers: readonly Opener[],
  work: (one: Contender, database: BenchDatabase | undefined) => Promise<SideResult>,
): Promise<{ sides: SideResult[]; notRun: NotRun[] }> {
  const sides: SideResult[] = [];
  const notRun: NotRun[] = [];
  for (const opener of chosen(bench, openers)) {
    const arena = createArena(bench, name, people);
    try {
      const one = await arena.enter(opener, opener === openers[0]);
      if (one) sides.push(await work(one, arena.databases.get(opener.name)));
      notRun.push(...arena.notRun);
    } finally {
      await arena.clear();
    }
  }
  return { sides, notRun };
}

const chosen = (bench: Bench, openers: readonly Opener[]): readonly Opener[] =>
  openers.filter(({ name }, index) => index === 0 || !bench.peers || bench.peers.includes(name));

/** Where sides come in, each with a database of its own, and from which all of them go. */
function createArena(bench: Bench, name: string, people: People) {
  const contenders: Contender[] = [];
  const notRun: NotRun[] = [];
  const databases = new Map<string, BenchDatabase>();
  const databaseName = (side: string) => `${name}_${side}`.toLowerCase().replaceAll("-", "_");
  return {
    notRun,
    databases,
    /** A peer that cannot run is noted; our own side has to. */
    async enter(opener: Opener, isOurs: boolean): Promise<Contender | undefined> {
      const database = async () => {
        const made = await bench.cluster.database(databaseName(opener.name));
        databases.set(opener.name, made);
        return made;
      };
      let side: Side | undefined;
      try {
        side = await opener.open(database);
        const one = await connect(bench, side, people);
        contenders.push(one);
        return one;
      } catch (error) {
        await side?.close();
        if (isOurs) throw error;
        notRun.push({ side: opener.name, why: error instanceof Error ? error.message : String(error) });
        return undefined;
      }
    },
    async clear(): Promise<void> {
      for (const { side } of contenders) {
        side.disconnect();
        await side.close();
      }
      // What they leave to vacuum must not weigh on the next workload.
      for (const side of databases.keys()) await bench.cluster.drop(databaseName(side));
    },
  };
}

/** The medians of some rounds, each figure for itself. */
export function summarise(steps: readonly Step[]) {
  const of = (pick: (step: Step) => number) => median(steps.map(pick));
  return {
    ackedPerSecond: of((step) => step.ackedPerSecond),
    deliveriesPerSecond: of((step) => step.deliveriesPerSecond),
    cpuSecondsPer1000Acked: of((step) => step.cpuSecondsPer1000Acked),
    cpuSecondsPer1000Deliveries: of((step) => step.cpuSecondsPer1000Deliveries),
    ackMs: { p50: of((step) => step.ackMs.p50), p99: of((step) => step.ackMs.p99) },
    generatorShare: Math.max(...steps.map((step) => step.generatorShare)),
    range: {
      cpuSecondsPer1000Acked: rangeOf(steps.map((step) => step.cpuSecondsPer1000Acked)),
      p99Ms: rangeOf(steps.map((step) => step.ackMs.p99)),
    },
  };
}

export async function resultOf(workload: string, one: Contender, steps: readonly Step[]): Promise<SideResult> {
  return {
    workload,
    side: one.side.name,
    durability: one.side.durability,
    ...summarise(steps),
    residentBytesPerConnection: one.residentBytesPerConnection,
    residentBytes: residentBytes(one.side.pid),
    checker: await one.load.check(),
  };
}

/** A ratio to each peer of our durability class; the others are bounds, not rivals. */
export function against(
  sides: readonly SideResult[],
  pick: (us: SideResult, peer: SideResult) => number,
): Record<string, number> {
  const [us, ...peers] = sides;
  if (!us) return {};
  const equal = peers.filter(({ durability }) => durability === us.durability);
  return Object.fromEntries(equal.map((peer) => [peer.side, pick(us, peer)]));
}

export const cpuPerAcked = (sides: readonly SideResult[]) =>
  against(sides, (us, peer) => (peer.cpuSecondsPer1000Acked ?? 0) / (us.cpuSecondsPer1000Acked ?? 0));
export const cpuPerDelivery = (sides: readonly SideResult[]) =>
  against(sides, (us, peer) => (peer.cpuSecondsPer1000Deliveries ?? 0) / (us.cpuSecondsPer1000Deliveries ?? 0));

export const kneeRatio = (sides: readonly SideResult[]) =>
  against(sides, (us, peer) => (us.kneePerSecond ?? 0) / (peer.kneePerSecond ?? 0));
export const saturatedRatio = (sides: readonly SideResult[]) =>
  against(sides, (us, peer) => (us.saturatedPerSecond ?? 0) / (peer.saturatedPerSecond ?? 0));

export function lineOf(name: string, step: Step): string {
  const { ackMs, ackedPerSecond, cpuSecondsPer1000Acked, generatorShare, unanswered } = step;
  const asked = step.rate === undefined ? "closed loop" : `asked ${Math.round(step.rate)}/s`;
  return [
    `${name}: ${asked}, acked ${Math.round(ackedPerSecond)}/s, p50 ${ackMs.p50.toFixed(1)} ms, p99 ${ackMs.p99.toFixed(1)} ms`,
    `${cpuSecondsPer1000Acked.toFixed(3)} CPU-s per 1,000, generator ${Math.round(generatorShare * 100)}%`,
    ...(unanswered > 0 ? [`${unanswered} UNANSWERED`] : []),
  ].join(", ");
}

/** A-B-A-B: noise that lasts for a while meets both. */
export async function alternate(
  contenders: readonly Contender[],
  rounds: number,
  run: (one: Contender) => Promise<Step>,
  bench: Bench,
): Promise<Step[][]> {
  const steps: Step[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [index, one] of contenders.entries()) {
      const step = await run(one);
      steps[index]?.push(step);
      bench.say(lineOf(one.side.name, step));
      // The next one's figures must not pay for it.
      await calm(one.load);
    }
  return steps;
}
