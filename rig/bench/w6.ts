import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../sim/random.ts";
import { aftercare } from "./aftercare.ts";
import { kneesOf } from "./at-knee.ts";
import { ejabberd } from "./peers/ejabberd.ts";
import { socketIo } from "./peers/socketio.ts";
import { makePeople } from "./people.ts";
import { quantilesOf } from "./statistics.ts";
import {
  against,
  alternate,
  type Bench,
  type Contender,
  resultOf,
  type SideResult,
  type WorkloadResult,
  withSides,
} from "./workload.ts";

const conversations = 200;
const storedItems = 600;
const pageItems = 50;
const missedEvents = 500;
const pagesPerSecond = 20;
const catchUpsPerSecond = 4;
const plans = {
  quick: { warmMs: 300, measureMs: 2_000, rounds: 1, shares: [0.2, 0.4] },
  full: { warmMs: 2_000, measureMs: 8_000, rounds: 3, shares: [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8] },
};
const everyone = Array.from({ length: 2 * conversations }, (_, index) => index);

type Reads = { page: number[]; catchUp: number[]; short: number };

/** The last 50 of a conversation, and coming back after 500 missed, while messages go on at half of what the side can bear. */
export function runW6(bench: Bench): Promise<WorkloadResult> {
  const plan = plans[bench.quick ? "quick" : "full"];
  const people = makePeople(conversations, 2);
  const openers = [aftercare({ storedItems }), socketIo({ storedItems }), ejabberd({ storedItems })];
  return withSides(bench, "W6", people, openers, async (contenders) => {
    const halves = await halfLoads(bench, contenders, plan);
    const reads: Reads[] = contenders.map(() => ({ page: [], catchUp: [], short: 0 }));
    const steps = await alternate(
      contenders,
      bench.rounds ?? plan.rounds,
      async (one) => {
        const index = contenders.indexOf(one);
        const going = one.load.poisson(halves[index] ?? 0, plan);
        await sleep(plan.warmMs);
        const [step] = await Promise.all([going, read(one, plan.measureMs, reads[index] as Reads)]);
        return step;
      },
      bench,
    );
    const sides: SideResult[] = [];
    for (const [index, one] of contenders.entries()) {
      const { page = [], catchUp = [], short = 0 } = reads[index] ?? {};
      const [pages, catchUps] = [quantilesOf(page), quantilesOf(catchUp)];
      const result = await resultOf("W6", one, steps[index] ?? []);
      sides.push({
        ...result,
        comparedAtPerSecond: halves[index] ?? 0,
        checker: short > 0 ? `${short} answers were too short` : result.checker,
        figures: {
          ...{ "page p50 ms": pages.p50, "page p99 ms": pages.p99 },
          ...{ "catch-up p50 ms": catchUps.p50, "catch-up p99 ms": catchUps.p99 },
        },
      });
    }
    const ratio = (name: string) =>
      against(sides, (us, peer) => (peer.figures?.[name] ?? 0) / (us.figures?.[name] ?? Number.NaN));
    const ratios = { pageP99: ratio("page p99 ms"), catchUpP99: ratio("catch-up p99 ms") };
    const notes = [
      `${pagesPerSecond} pages of ${pageItems} and ${catchUpsPerSecond} catch-ups of ${missedEvents} a second`,
    ];
    return { sides, ratios: { workload: "W6", ratios }, notes };
  });
}

/** Half of each side's knee. */
async function halfLoads(
  bench: Bench,
  contenders: readonly Contender[],
  plan: (typeof plans)["quick"],
): Promise<number[]> {
  const steps = await alternate(contenders, 2, (one) => one.load.closed(everyone, 2, plan), bench);
  const most = steps.map((some) => some.at(-1)?.ackedPerSecond ?? 0);
  const knees = await kneesOf(bench, contenders, plan, {
    most,
    shares: plan.shares,
    lowerShares: [0.1, 0.05],
    tries: 1,
  });
  // On a machine too busy for any knee, a tenth of the most stands for it.
  return knees.map((knee, index) => Math.round((knee?.rate ?? (most[index] ?? 0) / 10) / 2));
}

/** Asks at fixed moments, whether earlier questions were answered or not; each device one at a time. */
async function read({ side }: Contender, measureMs: number, reads: Reads): Promise<void> {
  const random = new Random(3);
  const startAt = performance.now();
  const asking: Promise<void>[] = [];
  const busy = new Set<number>();
  const ask = async (
    at: number,
    into: number[],
    least: number,
    work: (device: number) => Promise<number> | undefined,
  ) => {
    await sleep(Math.max(0, startAt + at - performance.now()));
    let device = random.int(0, everyone.length - 1);
    while (busy.has(device)) device = (device + 1) % everyone.length;
    busy.add(device);
    const got = (await work(device)) ?? 0;
    busy.delete(device);
    into.push(performance.now() - startAt - at);
    if (got < least) reads.short++;
  };
  for (let at = 0; at < measureMs; at += 1_000 / pagesPerSecond)
    asking.push(ask(at, reads.page, pageItems, (device) => side.history?.(device, pageItems)));
  for (let at = 0; at < measureMs; at += 1_000 / catchUpsPerSecond)
    asking.push(ask(at, reads.catchUp, missedEvents, (device) => side.catchUp?.(device, missedEvents)));
  await Promise.all(asking);
}
