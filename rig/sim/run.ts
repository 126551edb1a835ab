import type { Command } from "@aftercare/protocol";
import { makeCommandId, notesOf } from "@aftercare/protocol";
import { Faults, type Mishap, mishaps } from "./faults.ts";
import { askTraces, drillAlarms } from "./inspector.ts";
import { askNodes, judgeDevices, judgeLog } from "./oracle.ts";
import type { Random } from "./random.ts";
import { type Law, Violation } from "./violation.ts";
import { type Habit, habits, Workload } from "./workload.ts";
import { type Scale, World } from "./world.ts";

export type Outcome = {
  seed: number;
  violation: { law: Law; text: string } | undefined;
  steps: number;
  acked: number;
  refused: number;
  events: number;
  frames: number;
  virtualMs: number;
  digest: number;
  trace: readonly string[];
};

/** In every ninth run, and in those that ask for it, the log goes back again and again. */
const failovers = { backup: 8, restore: 5 } satisfies Partial<Record<Mishap, number>>;

/** How long everything may take to come to rest once it works again: the longest waits of clients and servers, twice. */
const restMs = 240_000;

function scaleOf(random: Random): Scale {
  return {
    machines: random.int(1, 3),
    staff: random.int(2, 3),
    customers: random.int(1, 2),
    devices: 2,
    tabs: 2,
    hearsItself: random.pick(["at-once", "at-once", "by-wire"] as const),
    settings: {
      heartbeatMs: random.pick([2_000, 5_000, 15_000]),
      batchMaxRows: random.pick([1, 3, 256]),
      batchWindowMs: random.pick([0, 5, 50]),
      lanes: random.pick([1, 2, 4]),
      ringEvents: random.pick([2, 8, 64]),
      socketBufferBytes: random.pick([20_000, 1_000_000]),
      rateAccountPerSecond: random.pick([20, 1_000]),
      rateAccountBurst: random.pick([20, 1_000]),
      recallWindowMs: random.pick([3_000, 120_000]),
      receiptFlushMs: 200,
    },
    small: { gapEvents: random.pick([5, 40, 1_000]), snapshotItems: random.pick([4, 10, 50]), pageItems: 100 },
  };
}

/** Some of the weights at nought, others larger: runs differ in kind, not only in order. */
function taste<K extends string>(random: Random, weights: Readonly<Record<K, number>>): Record<K, number> {
  const entries = Object.entries(weights) as [K, number][];
  return Object.fromEntries(entries.map(([name, weight]) => [name, weight * random.pick([0, 0.5, 1, 1, 2])])) as Record<
    K,
    number
  >;
}

/** One run: people do things, things break and are mended, everything works again, and the oracle judges. */
export function simulate(seed: number, wordy = false, goesBack = seed % 9 === 6): Outcome {
  const world = new World(seed, scaleOf, wordy);
  const { random } = world;
  open(world);
  const workload = new Workload(world, { ...taste<Habit>(random, habits), send: habits.send });
  const often = goesBack ? failovers : {};
  const faults = new Faults(world, { ...taste<Mishap>(random, mishaps), cut: mishaps.cut, ...often });
  world.run(2_000);
  const endAt = world.scheduler.now + random.int(5_000, 25_000);
  const everyMs = random.pick([40, 150, 400]);
  const faultEveryMs = random.pick([400, 1_500, 6_000]);
  repeat(world, endAt, everyMs, () => workload.act());
  repeat(world, endAt, faultEveryMs, () => faults.strike());
  world.run(endAt - world.scheduler.now + 100);
  // In the middle of it all, too: what has not arrived yet must not be told as received.
  askTraces(world);
  faults.heal();
  settle(world);
  return outcomeOf(world, seed);
}

function repeat(world: World, endAt: number, everyMs: number, work: () => void): void {
  const { scheduler, random } = world;
  const next = (): void => {
    if (scheduler.now >= endAt) return;
    work();
    scheduler.after(random.int(1, 2 * everyMs), next);
  };
  scheduler.after(random.int(1, everyMs), next);
}

/** Everything starts; a customer asks, a group is made, and some words are said. */
export function open(world: World): void {
  for (const machine of world.machines) machine.start();
  world.run(200);
  const [staff, other] = world.actors;
  const customer = world.actors.find(({ kind }) => kind === "customer");
  const [first] = world.hosts;
  if (!staff || !other || !customer || !first) return world.fail(new Error("the shop did not open"));
  const give = (actor: typeof staff, type: string, stream: string | undefined, body: object) => {
    const id = makeCommandId(Math.floor(world.scheduler.now), world.random.bytes(10));
    const command = { id, type, body, ...(stream !== undefined && { stream }) } as Command;
    return world.order(first, { ...actor, credential: "seed" }, command).then((answer) => {
      world.guard(() => world.watch.answered(actor.account, id, answer));
      return "ack" in answer ? answer.ack.conversation : undefined;
    });
  };
  const say = (actor: typeof staff, stream: string | undefined, count: number) => {
    for (let i = 0; i < count && stream; i++)
      void give(actor, "message.send", stream, { parts: [{ type: "text", text: `early ${i}` }] });
  };
  const early = world.random.pick([0, 3, 60]);
  void give(customer, "conversation.ask", undefined, { title: "help" }).then((stream) => {
    say(customer, stream, early);
    say(staff, stream && notesOf(stream), Math.min(early, 3));
  });
  const history = world.random.pick(["all", "since-join"]);
  const members = [other.account, customer.account];
  void give(staff, "conversation.create-group", undefined, { title: "team", history, members }).then((stream) =>
    say(other, stream, Math.min(early, 10)),
  );
  world.run(1_000);
  for (const device of world.devices) world.openTab(device);
}

/** Time goes on until every device agrees with the log, or the patience is over. */
export function settle(world: World): void {
  const giveUpAt = world.scheduler.now + restMs;
  let waitMs = 3_000;
  for (;;) {
    world.run(waitMs);
    if (world.violation) return;
    try {
      judgeLog(world);
      judgeDevices(world);
      break;
    } catch (error) {
      if (!(error instanceof Violation) || world.scheduler.now >= giveUpAt) return world.fail(error);
      waitMs = Math.min(2 * waitMs, 40_000);
    }
  }
  // A node finds a lost bell with its next heartbeat.
  world.run(world.scale.settings.heartbeatMs + 1_000);
  askNodes(world);
  askTraces(world);
  world.run(2_000);
  drillAlarms(world);
}

export function outcomeOf(world: World, seed: number): Outcome {
  const { violation, scheduler, watch, database } = world;
  let events = 0;
  for (const stream of database.tables.streams.keys()) events += database.tables.events(stream).length;
  return {
    seed,
    violation: violation && { law: violation.law, text: violation.message },
    steps: scheduler.steps,
    acked: watch.acks.size,
    refused: watch.refusals.size,
    events,
    frames: watch.frames,
    virtualMs: scheduler.now,
    digest: scheduler.digest,
    trace: world.trace,
  };
}
