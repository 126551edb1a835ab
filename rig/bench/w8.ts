import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "postgres";
import { aftercare } from "./aftercare.ts";
import { countStatements, type Statements } from "./counts.ts";
import type { BenchDatabase } from "./database.ts";
import { socketIo } from "./peers/socketio.ts";
import { makePeople } from "./people.ts";
import {
  type Bench,
  type Contender,
  cpuPerDelivery,
  type SideResult,
  type WorkloadResult,
  withSides,
} from "./workload.ts";

const watchers = 20;
/** A device says so often that its person types. */
const typingEveryMs = 3_000;
const plans = { quick: { groups: 12, measureMs: 5_000 }, full: { groups: 48, measureMs: 20_000 } };
/** Every so manieth device goes away, so that others see it go. */
const leavingShare = 5;
/** That somebody went is told a few seconds after the last link. */
const goneMs = 8_000;
const idleMs = 16_000;

/** A thousand type, each seen by twenty; a fifth of them go away. None of it may touch the database. */
export function runW8(bench: Bench): Promise<WorkloadResult> {
  const plan = plans[bench.quick ? "quick" : "full"];
  const people = makePeople(plan.groups, 1 + watchers);
  const devices = people.seats.length;
  return withSides(bench, "W8", people, [aftercare(), socketIo()], async (contenders, databases) => {
    const sides: SideResult[] = [];
    const notes = [`${devices} people, ${watchers} watchers each`];
    // As long as a node's heartbeat at least: its own statements are known by then.
    const idles = await Promise.all(
      contenders.map(({ side }) => during(databaseOf(databases, side.name), () => sleep(idleMs))),
    );
    for (const [index, one] of contenders.entries()) {
      const sql = databaseOf(databases, one.side.name);
      const idle = idles[index] as Statements;
      const before = { cpu: one.load.cpu(), signals: one.load.signalled };
      const typing = await during(sql, () => type(one, devices, plan.measureMs));
      const cpu = one.load.cpu() - before.cpu;
      const signals = one.load.signalled - before.signals;
      const leaving = await during(sql, async () => {
        one.load.cutting = true;
        for (let device = 0; device < devices; device += leavingShare) one.side.cut?.(device);
        await sleep(goneMs);
      });
      const gone = one.load.signalled - before.signals - signals;
      bench.say(`${one.side.name}: ${signals} signals, ${gone} that somebody went`);
      // Beats of the node and its checks run whether anybody types or not.
      const caused = typing.besides(idle);
      const byGoing = leaving.besides(idle);
      for (const text of [...caused.texts(), ...byGoing.texts()]) notes.push(`${one.side.name} ran ${text}`);
      // Each is shown to the twenty others, not to who typed.
      const expected = Math.floor((devices * plan.measureMs) / typingEveryMs) * watchers;
      sides.push({
        ...{ workload: "W8", side: one.side.name, durability: "D0" },
        deliveriesPerSecond: (signals * 1000) / plan.measureMs,
        cpuSecondsPer1000Deliveries: (cpu / signals) * 1000,
        checker: signals < 0.99 * expected ? `${signals} signals came of ${expected}` : await one.load.check(),
        figures: {
          "statements while idle": idle.total(),
          "because of typing": caused.total(),
          "because people went": byGoing.total(),
          "signals of going": gone,
        },
      });
    }
    return { sides, ratios: { workload: "W8", ratios: { cpuPerDelivery: cpuPerDelivery(sides) } }, notes };
  });
}

function databaseOf(databases: ReadonlyMap<string, BenchDatabase>, side: string): Sql {
  const database = databases.get(side);
  if (!database) throw new Error(`${side} has no database`);
  return database.sql;
}

async function during(sql: Sql, work: () => Promise<unknown>): Promise<Statements> {
  const before = await countStatements(sql);
  await work();
  return (await countStatements(sql)).since(before);
}

/** Every device in its turn, evenly spread. */
async function type({ side, load }: Contender, devices: number, measureMs: number): Promise<void> {
  const startAt = performance.now();
  const total = Math.floor((devices * measureMs) / typingEveryMs);
  for (let sent = 0; sent < total; await sleep(1))
    for (const due = Math.min(total, ((performance.now() - startAt) / typingEveryMs) * devices); sent < due; sent++)
      side.type?.(sent % devices, true);
  for (let last = -1; last !== load.signalled; await sleep(200)) last = load.signalled;
}
