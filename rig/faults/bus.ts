import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../sim/random.ts";
import { type Fault, type FaultRun, NotRun } from "./fault.ts";
import type { Fleet } from "./fleet.ts";
import { createNatsSplitter } from "./nats-frames.ts";
import type { Filter } from "./proxy.ts";
import { type Found, type Scene, trial } from "./trial.ts";

/** Events that reached devices, all counted. */
const heard = (scene: Scene): number =>
  scene.cast.phones.reduce(
    (sum, phone) => sum + [...phone.delivered.values()].reduce((n, seen) => n + seen.size, 0),
    0,
  );

async function overBus(
  run: FaultRun,
  fromBus: (() => Filter) | undefined,
  fault: (scene: Scene) => Promise<Found>,
  pace = {},
) {
  return trial(run, { ...(fromBus && { fromBus }), nodes: run.short ? 2 : 3, pace }, (scene) => {
    if (scene.fleet.busLine.opened < scene.fleet.nodes.length) throw new NotRun("the nodes of this version use no bus");
    return fault(scene);
  });
}

/** Nothing over the bus for a while; what is missed comes by the heartbeat. */
async function without(fleet: Fleet, forMs: number): Promise<void> {
  fleet.busLine.refuse();
  fleet.busLine.cut("rst");
  await sleep(forMs);
  fleet.busLine.heal();
}

export const busCutFault: Fault = {
  name: "bus-cut",
  text: "the lines between the nodes and the bus are cut, all or some, for moments; one goes silent without a word",
  short: true,
  run: (run) =>
    overBus(run, undefined, async (scene) => {
      const { fleet, load } = scene;
      const cuts = run.short ? 3 : 10;
      for (let n = 0; n < cuts; n++) {
        await load.more(run.random.int(3, 20));
        if (run.random.chance(0.5)) fleet.busLine.cut(run.random.chance(0.5) ? "rst" : "fin", 0.5);
        else await without(fleet, run.random.int(100, 2_000));
      }
      fleet.busLine.silence();
      await load.more(30);
      fleet.busLine.heal();
      await load.more(20);
      return { facts: [`${cuts} cuts and one silence; ${fleet.busLine.opened} lines in all`] };
    }),
};

export const busDownMinuteFault: Fault = {
  name: "bus-down-minute",
  text: "the bus is away for a whole minute: events come to other nodes by the heartbeat",
  short: false,
  run: (run) =>
    overBus(
      run,
      undefined,
      async (scene) => {
        const { fleet } = scene;
        const away = without(fleet, run.short ? 5_000 : 60_000);
        await sleep(1_000);
        const before = heard(scene);
        await sleep(3_000);
        const during = heard(scene) - before;
        await away;
        await scene.load.more(10);
        return {
          facts: [`${during} events reached devices within 3 s of the outage`],
          breaches: during === 0 ? ["nothing was delivered while the bus was away"] : [],
        };
      },
      { pauseMs: 1_000 },
    ),
};

/** Each bell twice, now and then a third time, much later. */
function doubling(random: Random, count: { doubled: number }): Filter {
  const split = createNatsSplitter();
  let old: Buffer | undefined;
  return (chunk, emit) => {
    for (const { isMessage, bytes } of split(chunk)) {
      emit(bytes);
      if (!isMessage) continue;
      emit(bytes);
      count.doubled++;
      if (old && random.chance(0.3)) emit(old);
      if (!old || random.chance(0.1)) old = bytes;
    }
  };
}

/** Bells wait for each other and leave in any order; some are lost. */
function mixing(random: Random, count: { mixed: number; lost: number }): Filter {
  const split = createNatsSplitter();
  const held: Buffer[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (chunk, emit) => {
    const release = () => {
      clearTimeout(timer);
      timer = undefined;
      for (const bytes of random.shuffled(held.splice(0))) {
        count.mixed++;
        emit(bytes);
      }
    };
    for (const { isMessage, bytes } of split(chunk)) {
      if (!isMessage) emit(bytes);
      else if (random.chance(0.05)) count.lost++;
      else held.push(bytes);
    }
    if (held.length >= 12) release();
    else if (held.length > 0) timer ??= setTimeout(release, 150 + 250 * random.unit());
  };
}

export const busDuplicatedFault: Fault = {
  name: "bus-duplicated",
  text: "every message of the bus comes twice, some a third time much later",
  short: false,
  run(run) {
    const count = { doubled: 0 };
    return overBus(
      run,
      () => doubling(run.random.fork(), count),
      async ({ load }) => {
        await load.more(run.short ? 80 : 200);
        return {
          facts: [`${count.doubled} messages doubled`],
          breaches: count.doubled > 0 ? [] : ["nothing was doubled"],
        };
      },
    );
  },
};

export const busReorderedFault: Fault = {
  name: "bus-reordered",
  text: "messages of the bus are held up to 0.4 s and come in any order; one in twenty is lost",
  short: false,
  run(run) {
    const count = { mixed: 0, lost: 0 };
    return overBus(
      run,
      () => mixing(run.random.fork(), count),
      async ({ load }) => {
        await load.more(run.short ? 80 : 200);
        return {
          facts: [`${count.mixed} messages mixed, ${count.lost} lost`],
          breaches: count.mixed > 0 ? [] : ["nothing was mixed"],
        };
      },
    );
  },
};
