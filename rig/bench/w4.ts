import { aftercare } from "./aftercare.ts";
import { mosquitto } from "./peers/mosquitto.ts";
import { nats } from "./peers/nats.ts";
import { bunPublish, ws } from "./peers/plain.ts";
import { socketIo } from "./peers/socketio.ts";
import { makePeople } from "./people.ts";
import type { Profiled } from "./profile.ts";
import {
  alternate,
  type Bench,
  cpuPerDelivery,
  resultOf,
  type SideResult,
  type WorkloadResult,
  withSides,
} from "./workload.ts";

const subscribers = 1_000;
const publisher = 0;
/** Sends of the publisher that not everybody has been shown. */
const window = 8;
const plans = {
  quick: { warmMs: 500, measureMs: 1_500, rounds: 1 },
  full: { warmMs: 2_000, measureMs: 6_000, rounds: 3 },
};

export const profiledW4: Profiled = {
  people: () => makePeople(1, 1 + subscribers),
  loads: { saturated: (load) => load.fanned(publisher, window, { warmMs: 3_000, measureMs: 8_000 }) },
};

/** One publishes, a thousand and the publisher are shown it. */
export function runW4(bench: Bench): Promise<WorkloadResult> {
  const plan = plans[bench.quick ? "quick" : "full"];
  const openers = [aftercare(), socketIo(), bunPublish, ws, nats, mosquitto];
  return withSides(bench, "W4", makePeople(1, 1 + subscribers), openers, async (contenders) => {
    const rounds = 1 + (bench.rounds ?? plan.rounds);
    const steps = await alternate(contenders, rounds, (one) => one.load.fanned(publisher, window, plan), bench);
    const sides: SideResult[] = [];
    for (const [index, one] of contenders.entries()) {
      const result = await resultOf("W4", one, (steps[index] ?? []).slice(1));
      // What a whole core would deliver: a generator that is too slow for the side does not lower it.
      const figures = { "deliveries/core-s": 1_000 / (result.cpuSecondsPer1000Deliveries ?? Number.NaN) };
      sides.push({ ...result, figures });
    }
    const [us] = sides;
    const bound = sides.find(({ side }) => side === bunPublish.name);
    const share = (bound?.cpuSecondsPer1000Deliveries ?? 0) / (us?.cpuSecondsPer1000Deliveries ?? Number.NaN);
    const ratios = { cpuPerDelivery: cpuPerDelivery(sides), ...(bound && { deliveriesVsBareBun: share }) };
    const notes = ["deliveries/core-s is 1,000 / (CPU seconds per 1,000 deliveries), the database counted in"];
    return { sides, ratios: { workload: "W4", ratios }, notes };
  });
}
