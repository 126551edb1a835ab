import { aftercare } from "./aftercare.ts";
import { socketIo } from "./peers/socketio.ts";
import { makePeople } from "./people.ts";
import type { Profiled } from "./profile.ts";
import {
  against,
  alternate,
  type Bench,
  cpuPerAcked,
  cpuPerDelivery,
  resultOf,
  type SideResult,
  type WorkloadResult,
  withSides,
} from "./workload.ts";

const writers = 8;
const window = 32;
const plans = {
  quick: { warmMs: 500, measureMs: 2_000, rounds: 2 },
  full: { warmMs: 2_000, measureMs: 10_000, rounds: 3 },
};

const everyone = Array.from({ length: writers }, (_, index) => index);
export const profiledW5: Profiled = {
  people: () => makePeople(1, writers),
  loads: { saturated: (load) => load.closed(everyone, window, { warmMs: 3_000, measureMs: 8_000 }) },
};

/** One hot conversation: eight writers, each with 32 sends in the air; everyone is shown everything. */
export function runW5(bench: Bench): Promise<WorkloadResult> {
  const plan = plans[bench.quick ? "quick" : "full"];
  const people = makePeople(1, writers);
  return withSides(bench, "W5", people, [aftercare(), socketIo()], async (contenders) => {
    // The first round only warms the compilers.
    const rounds = 1 + (bench.rounds ?? plan.rounds);
    const steps = await alternate(contenders, rounds, (one) => one.load.closed(everyone, window, plan), bench);
    const sides: SideResult[] = [];
    for (const [index, one] of contenders.entries()) {
      // Eight connections say nothing about memory per connection: W1 does.
      const { residentBytesPerConnection: _, ...result } = await resultOf("W5", one, (steps[index] ?? []).slice(1));
      sides.push(result);
    }
    const ratios = {
      cpuPerAcked: cpuPerAcked(sides),
      cpuPerDelivery: cpuPerDelivery(sides),
      acked: against(sides, (us, peer) => (us.ackedPerSecond ?? 0) / (peer.ackedPerSecond ?? 0)),
    };
    return { sides, ratios: { workload: "W5", ratios }, notes: [] };
  });
}
