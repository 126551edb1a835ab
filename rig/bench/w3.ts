import { aftercare } from "./aftercare.ts";
import { compareAtKnee } from "./at-knee.ts";
import { ejabberd } from "./peers/ejabberd.ts";
import { socketIo } from "./peers/socketio.ts";
import { makeSupport } from "./people.ts";
import type { Profiled } from "./profile.ts";
import {
  type Bench,
  cpuPerAcked,
  cpuPerDelivery,
  kneeRatio,
  saturatedRatio,
  type WorkloadResult,
  withSides,
} from "./workload.ts";

const conversations = 400;
const devicesEach = 5;
/** Customers, staff: everybody writes. */
const writing = Array.from({ length: conversations }, (_, index) => index * devicesEach + (index % devicesEach));
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
  const openers = [aftercare({ receipts: true }), socketIo({ receipts: true }), ejabberd({ receipts: true })];
  return withSides(bench, "W3", makeSupport(conversations), openers, async (contenders) => {
    const sides = await compareAtKnee(bench, "W3", contenders, (load, plan) => load.closed(writing, 1, plan));
    const ratios = {
      cpuPerAcked: cpuPerAcked(sides),
      cpuPerDelivery: cpuPerDelivery(sides),
      knee: kneeRatio(sides),
      saturated: saturatedRatio(sides),
    };
    const notes = [
      "every device says 300 ms after a message how far it was reached; saving that is part of the CPU",
      "ejabberd-mam: that is a chat marker to the room, archived, from those who did not write the message",
    ];
    return { sides, ratios: { workload: "W3", ratios }, notes };
  });
}
