import { aftercare } from "./aftercare.ts";
import { ejabberd } from "./peers/ejabberd.ts";
import { socketIo } from "./peers/socketio.ts";
import { makeSupport } from "./people.ts";
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

const conversations = 400;
const devicesEach = 5;
/** Customers, staff: everybody writes. */
const writing = Array.from({ length: conversations }, (_, index) => index * devicesEach + (index % devicesEach));
const plans = {
  quick: { warmMs: 500, measureMs: 2_000, rounds: 1 },
  full: { warmMs: 2_000, measureMs: 8_000, rounds: 3 },
};
/** Far enough below what either side does at most that CPU is compared, not queues. */
const comparedShare = 0.3;

export const profiledW3: Profiled = {
  people: () => makeSupport(conversations),
  options: { receipts: true },
  loads: {
    saturated: (load) => load.closed(writing, 1, { warmMs: 3_000, measureMs: 8_000 }),
    "500 a second": (load) => load.poisson(500, { warmMs: 2_000, measureMs: 8_000 }),
  },
};

/** A customer and two of the staff on two devices each: stored once, shown on the four others (and the sender's), with receipts. */
export function runW3(bench: Bench): Promise<WorkloadResult> {
  const plan = plans[bench.quick ? "quick" : "full"];
  const rounds = bench.rounds ?? plan.rounds;
  const openers = [aftercare({ receipts: true }), socketIo({ receipts: true }), ejabberd({ receipts: true })];
  return withSides(bench, "W3", makeSupport(conversations), openers, async (contenders) => {
    const most = await alternate(contenders, 1 + rounds, (one) => one.load.closed(writing, 1, plan), bench);
    // Of the slowest, so that the load is one that all can bear.
    const slowest = Math.min(...most.map((steps) => steps.at(-1)?.ackedPerSecond ?? 0));
    const rate = Math.round(comparedShare * slowest);
    const compared = await alternate(contenders, rounds, (one) => one.load.poisson(rate, plan), bench);
    const sides: SideResult[] = [];
    for (const [index, one] of contenders.entries()) {
      const result = await resultOf("W3", one, compared[index] ?? []);
      const saturatedPerSecond = Math.max(...(most[index] ?? []).slice(1).map((step) => step.ackedPerSecond));
      sides.push({ ...result, comparedAtPerSecond: rate, saturatedPerSecond });
    }
    const ratios = {
      cpuPerAcked: cpuPerAcked(sides),
      cpuPerDelivery: cpuPerDelivery(sides),
      saturated: against(sides, (us, peer) => (us.saturatedPerSecond ?? 0) / (peer.saturatedPerSecond ?? 0)),
    };
    const notes = [
      "every device says 300 ms after a message how far it was reached; saving that is part of the CPU",
      "ejabberd-mam: that is a chat marker to the room, archived, from those who did not write the message",
    ];
    return { sides, ratios: { workload: "W3", ratios }, notes };
  });
}
