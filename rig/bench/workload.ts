import { Load, type Step } from "./load.ts";
import { residentBytes } from "./machine.ts";
import type { People, Side } from "./side.ts";

export type Bench = { readonly postmaster: number; readonly quick: boolean; say(line: string): void };

/** A side with its devices connected. */
export type Contender = {
  readonly side: Side;
  readonly load: Load;
  readonly residentBytesPerConnection: number;
};

export async function connect(bench: Bench, side: Side, people: People): Promise<Contender> {
  const load = new Load(side, people, bench.postmaster, 1);
  await side.prepare(people);
  const before = residentBytes(side.pid);
  await side.connect(people, load.hearing);
  const each = Math.round((residentBytes(side.pid) - before) / people.seats.length);
  bench.say(`${side.name}: ${people.seats.length} devices connected`);
  return { side, load, residentBytesPerConnection: each };
}

/** One line of `--json`; `at` says under which load each figure was taken. */
export type SideResult = {
  workload: string;
  side: string;
  durability: "D2";
  ackedPerSecond: number;
  cpuSecondsPer1000Acked: number;
  deliveriesPerSecond: number;
  cpuSecondsPer1000Deliveries: number;
  ackMs: { p50: number; p99: number };
  residentBytesPerConnection: number;
  checker: string;
  kneePerSecond?: number;
  saturatedPerSecond?: number;
  /** The rate of the figures for CPU and latency, the same for every side. */
  comparedAtPerSecond?: number;
  range: { cpuSecondsPer1000Acked: [number, number]; p99Ms: [number, number] };
};

export type Ratios = { workload: string; ratios: Record<string, Record<string, number> | number> };

export type WorkloadResult = { sides: SideResult[]; ratios: Ratios; notes: string[] };

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
};

const rangeOf = (values: readonly number[]): [number, number] => [Math.min(...values), Math.max(...values)];

/** The medians of some rounds, each figure for itself. */
export function summarise(steps: readonly Step[]) {
  const of = (pick: (step: Step) => number) => median(steps.map(pick));
  return {
    ackedPerSecond: of((step) => step.ackedPerSecond),
    deliveriesPerSecond: of((step) => step.deliveriesPerSecond),
    cpuSecondsPer1000Acked: of((step) => step.cpuSecondsPer1000Acked),
    cpuSecondsPer1000Deliveries: of((step) => step.cpuSecondsPer1000Deliveries),
    ackMs: { p50: of((step) => step.ackMs.p50), p99: of((step) => step.ackMs.p99) },
    range: {
      cpuSecondsPer1000Acked: rangeOf(steps.map((step) => step.cpuSecondsPer1000Acked)),
      p99Ms: rangeOf(steps.map((step) => step.ackMs.p99)),
    },
  };
}

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
    }
  return steps;
}
