import { type Climb, findKnees, type Knee } from "./knee.ts";
import type { Load, Step, StepPlan } from "./load.ts";
import { median } from "./statistics.ts";
import { alternate, type Bench, type Contender, lineOf, resultOf, type SideResult } from "./workload.ts";

/** The highest rate whose p99 stays within this is a side's knee. */
const kneeP99Ms = 50;
/** The common load, as a share of the peer's knee. */
const comparedShare = 0.7;
/** Where even the lowest share is too much, ever smaller ones are tried. */
const lowerShares = [0.15, 0.08, 0.04];

type Plan = StepPlan & { rounds: number; shares: readonly number[]; tries: number };

/** How long and how often, for workloads that look for knees. */
const kneePlans: Record<"quick" | "full", Plan> = {
  quick: { warmMs: 300, measureMs: 1_200, rounds: 1, shares: [0.3, 0.5, 0.7], tries: 1 },
  full: {
    ...{ warmMs: 2_000, measureMs: 8_000, rounds: 3, tries: 2 },
    shares: [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
  },
};

/** The knees of all sides, by Poisson sends. */
export function kneesOf(
  bench: Bench,
  contenders: readonly Contender[],
  plan: StepPlan,
  climb: Omit<Climb<Step>, "fits" | "attempt">,
): Promise<(Knee<Step> | undefined)[]> {
  return findKnees<Step>({
    ...climb,
    fits: (step) => step.ackMs.p99 <= kneeP99Ms,
    async attempt(index, rate) {
      const one = contenders[index] as Contender;
      const step = await one.load.poisson(rate, plan);
      bench.say(lineOf(one.side.name, step));
      return step;
    },
  });
}

/** What each side does at most, where its knee is, and what it costs at 70% of the first peer's knee. */
export async function compareAtKnee(
  bench: Bench,
  name: string,
  contenders: readonly Contender[],
  saturating: (load: Load, plan: StepPlan) => Promise<Step>,
): Promise<SideResult[]> {
  const plan = kneePlans[bench.quick ? "quick" : "full"];
  const rounds = bench.rounds ?? plan.rounds;
  // Whatever the latency; the first round only warms the compilers.
  const most = await alternate(contenders, rounds + 1, ({ load }) => saturating(load, plan), bench);
  const saturated = most.map((steps) => median(steps.slice(1).map((step) => step.ackedPerSecond)));
  const { shares, tries } = plan;
  const knees = await kneesOf(bench, contenders, plan, { most: saturated, shares, lowerShares, tries });
  // Where the first peer has no knee (or does not run), a third of the most is still the same load for all.
  const yardstick = Math.min(1, contenders.length - 1);
  const kneeRate = knees[yardstick]?.rate;
  const comparedAtPerSecond = Math.round(kneeRate ? comparedShare * kneeRate : (saturated[yardstick] ?? 0) / 3);
  const compared = await alternate(contenders, rounds, (one) => one.load.poisson(comparedAtPerSecond, plan), bench);
  const sides: SideResult[] = [];
  for (const [index, one] of contenders.entries()) {
    const knee = knees[index];
    sides.push({
      ...(await resultOf(name, one, compared[index] ?? [])),
      // Throughput is that of the knee; CPU and latency are those under the common load.
      ackedPerSecond: knee?.step.ackedPerSecond ?? 0,
      deliveriesPerSecond: knee?.step.deliveriesPerSecond ?? 0,
      kneePerSecond: knee?.rate ?? 0,
      saturatedPerSecond: saturated[index] ?? 0,
      comparedAtPerSecond,
    });
  }
  return sides;
}
