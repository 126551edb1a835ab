import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../sim/random.ts";
import { aftercare } from "./aftercare.ts";
import { residentBytes } from "./machine.ts";
import { makePeople } from "./people.ts";
import { comeBack } from "./w7.ts";
import { type Bench, type Contender, resultOf, type WorkloadResult, withSides } from "./workload.ts";

/**
 * `tailMs`: longer than the newest events stay in memory for links that come back (gateway/channel.ts); they are there at the
 * start of no run and at the end of every one.
 *
 * An hour in which every device reconnects a dozen times, pressed into five minutes.
 */
const plans = {
  quick: { sockets: 1_000, churnMs: 15_000, restMs: 5_000, sampleEveryMs: 2_500, tailMs: 5_000 },
  full: { sockets: 10_000, churnMs: 300_000, restMs: 60_000, sampleEveryMs: 10_000, tailMs: 150_000 },
};
const comesBackEveryMs = 25_000;
const messagesPerSecond = 100;
/** Growth up to this is the allocator's, not ours. */
const allowedShare = 1.25;

/** Connecting, cutting, resuming and sending for a while: resident memory comes back to where it was. */
export function runMemory(bench: Bench): Promise<WorkloadResult> {
  const plan = plans[bench.quick ? "quick" : "full"];
  const people = makePeople(plan.sockets / 2, 2);
  return withSides(bench, "memory", people, [aftercare()], async ([one]) => {
    if (!one) throw new Error("our side is missing");
    await sleep(plan.restMs);
    const curve = [megabytes(one)];
    const sampling = setInterval(() => curve.push(megabytes(one)), plan.sampleEveryMs);
    const step = await churn(one, plan.sockets, plan.churnMs);
    await sleep(plan.tailMs);
    clearInterval(sampling);
    curve.push(megabytes(one));
    const [start = 0, end = 0] = [curve[0], curve.at(-1)];
    const result = await resultOf("memory", one, [step]);
    const figures = { "start MB": start, "peak MB": Math.max(...curve), "end MB": end };
    const notes = [
      `${plan.sockets} sockets`,
      `resident MB every ${plan.sampleEveryMs / 1000} s: ${curve.map(Math.round).join(" ")}`,
      end <= allowedShare * start
        ? "it came back"
        : `it did NOT come back: ${(end / start).toFixed(2)} times the start`,
    ];
    return {
      sides: [{ ...result, figures }],
      ratios: { workload: "memory", ratios: { startVsEnd: start / end } },
      notes,
    };
  });
}

const megabytes = ({ side }: Contender): number => residentBytes(side.pid) / 1e6;

/** The first device of each conversation writes and stays; the second one comes and goes. */
async function churn({ side, load }: Contender, sockets: number, churnMs: number) {
  const random = new Random(11);
  load.cutting = true;
  const going = load.poisson(messagesPerSecond, { warmMs: 0, measureMs: churnMs }, { from: 0, every: 2 });
  const endAt = performance.now() + churnMs;
  const coming: Promise<void>[] = [];
  const pauseMs = comesBackEveryMs / (sockets / 2);
  let next = 0;
  for (let dueAt = performance.now(); dueAt < endAt; dueAt += pauseMs) {
    await sleep(Math.max(0, dueAt - performance.now()));
    const device = 1 + 2 * (next++ % (sockets / 2));
    side.cut?.(device);
    coming.push(comeBack(side, device, random));
  }
  await Promise.all(coming);
  return going;
}
