import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../sim/random.ts";
import { aftercare } from "./aftercare.ts";
import { countStatements, metricsOf } from "./counts.ts";
import { socketIo } from "./peers/socketio.ts";
import { makePeople } from "./people.ts";
import type { People, Side } from "./side.ts";
import { percentile } from "./statistics.ts";
import { against, type Bench, type Contender, lineOf, resultOf, sideBySide, type WorkloadResult } from "./workload.ts";

/** Of eleven in a conversation one writes on, and ten are cut off. */
const cutEach = 10;
const messagesPerSecond = 200;
const plans = { quick: { conversations: 200, stormMs: 15_000 }, full: { conversations: 1_000, stormMs: 45_000 } };
const beforeCutMs = 2_000;
/** As in the SDK: the wait before the first try is up to this, and doubles with each that fails. */
const backoffBaseMs = 500;
const backoffCapMs = 30_000;

/** Ten thousand sockets cut at once while messages go on; each comes back by itself. */
export async function runW7(bench: Bench): Promise<WorkloadResult> {
  const plan = plans[bench.quick ? "quick" : "full"];
  const people = writersFirst(makePeople(plan.conversations, 1 + cutEach));
  const notes = [`${plan.conversations * cutEach} sockets cut, ${messagesPerSecond} messages a second going on`];
  const openers = [aftercare(), socketIo()];
  const { sides, notRun } = await sideBySide(bench, "W7", people, openers, async (one, database) => {
    if (!database) throw new Error(`${one.side.name} has no database`);
    const before = await countStatements(database.sql);
    const metricsBefore = await metricsOf(one.side);
    const { step, resumedMs } = await storm(one, plan.conversations, people.seats.length, plan.stormMs);
    const eventReads = (await countStatements(database.sql)).since(before).reading("event");
    const metrics = (await metricsOf(one.side)).since(metricsBefore);
    bench.say(lineOf(one.side.name, step));
    const figures = {
      "resumed p50 s": percentile(resumedMs, 0.5) / 1000,
      "p99 s": percentile(resumedMs, 0.99) / 1000,
      "all s": percentile(resumedMs, 1) / 1000,
      "reads of messages": eventReads,
      ...metrics,
    };
    return { ...(await resultOf("W7", one, [step])), comparedAtPerSecond: messagesPerSecond, figures };
  });
  const ratios = {
    resumedP99: against(sides, (us, peer) => (peer.figures?.["p99 s"] ?? 0) / (us.figures?.["p99 s"] ?? 0)),
  };
  return { sides, ratios: { workload: "W7", ratios }, notes, notRun };
}

/** The devices that go on writing stand before those that are cut off. */
function writersFirst({ kind, seats }: People): People {
  const isWriter = (_: unknown, index: number) => index % (1 + cutEach) === 0;
  const others = seats.filter((seat, index) => !isWriter(seat, index));
  return { kind, seats: [...seats.filter(isWriter), ...others] };
}

async function storm({ side, load }: Contender, writers: number, devices: number, stormMs: number) {
  const random = new Random(7);
  const cut = Array.from({ length: devices - writers }, (_, index) => writers + index);
  load.cutting = true;
  const going = load.poisson(messagesPerSecond, { warmMs: beforeCutMs, measureMs: stormMs }, { count: writers });
  await sleep(beforeCutMs);
  const cutAt = performance.now();
  for (const device of cut) side.cut?.(device);
  const back = cut.map(async (device) => {
    await comeBack(side, device, random);
    return performance.now() - cutAt;
  });
  const resumedMs = Float64Array.from(await Promise.all(back)).sort();
  return { step: await going, resumedMs };
}

export async function comeBack(side: Side, device: number, random: Random): Promise<void> {
  for (let tries = 0; ; tries++) {
    await sleep(random.unit() * Math.min(backoffCapMs, backoffBaseMs * 2 ** tries));
    try {
      return await side.resume?.(device);
    } catch {
      // Cut again or refused: the next wait is longer.
    }
  }
}
