import { clearBus } from "./bus.ts";
import { fairConditions } from "./network.ts";
import type { Tables } from "./tables.ts";
import type { World } from "./world.ts";

/** How far somebody sets a wall clock. */
const jumpMs = 600_000;

/** What goes wrong, by how often. */
export const mishaps = {
  killNode: 4,
  killDatabase: 2,
  drain: 2,
  slowDisk: 1,
  fullDisk: 1,
  refusing: 1,
  rowHeld: 2,
  bus: 3,
  cut: 5,
  halfOpen: 3,
  hole: 3,
  offline: 4,
  blocked: 2,
  crawl: 2,
  tabCrash: 5,
  tabClose: 2,
  tabOpen: 3,
  wake: 1,
  clockJump: 1,
  quota: 1,
  backup: 1,
  restore: 0.3,
};
export type Mishap = keyof typeof mishaps;

/** Breaks things, and mends each after a while. */
export class Faults {
  readonly #world: World;
  readonly #weights: Readonly<Record<Mishap, number>>;
  #restores = 0;
  #backup: Tables | undefined;

  constructor(world: World, weights: Readonly<Record<Mishap, number>> = mishaps) {
    this.#world = world;
    this.#weights = weights;
  }

  strike(): void {
    const mishap = this.#world.random.weighted(this.#weights);
    this.#world.say(`! ${mishap}`);
    switch (mishap) {
      case "killNode":
      case "drain":
      case "clockJump":
        return this.#node(mishap);
      case "killDatabase":
      case "slowDisk":
      case "fullDisk":
      case "refusing":
      case "rowHeld":
      case "backup":
      case "restore":
        return this.#database(mishap);
      case "cut":
      case "halfOpen":
      case "hole":
        return this.#wire(mishap);
      case "bus":
        return this.#bus();
      case "tabCrash":
      case "tabClose":
      case "tabOpen":
        return this.#tab(mishap);
      case "offline":
      case "blocked":
      case "crawl":
      case "wake":
      case "quota":
        return this.#device(mishap);
      default:
        return mishap satisfies never;
    }
  }

  #later(lowMs: number, highMs: number, mend: () => void): void {
    const { scheduler, random } = this.#world;
    scheduler.after(random.int(lowMs, highMs), mend);
  }

  #node(mishap: "killNode" | "drain" | "clockJump"): void {
    const { machines, random } = this.#world;
    const machine = random.pick(machines);
    if (mishap === "clockJump") machine.clockOffsetMs += random.int(-jumpMs, jumpMs);
    else if (mishap === "drain")
      machine.stop(random.int(200, 5_000), () => this.#later(10, 2_000, () => machine.start()));
    else {
      machine.kill();
      this.#later(10, 4_000, () => machine.start());
    }
  }

  #database(mishap: "killDatabase" | "slowDisk" | "fullDisk" | "refusing" | "rowHeld" | "backup" | "restore"): void {
    const { database, random } = this.#world;
    switch (mishap) {
      case "killDatabase":
        database.crash();
        return this.#later(50, 3_000, () => database.restart());
      case "rowHeld":
        return database.hold(
          random.pick([...database.tables.streams.keys()]),
          this.#world.bystander(),
          random.int(50, 3_000),
        );
      case "backup":
        this.#backup = database.tables.copy();
        return;
      case "restore":
        return this.#restore();
      default:
        database.mode = mishap === "slowDisk" ? "slow" : mishap === "fullDisk" ? "full" : "refusing";
        this.#later(200, 3_000, () => {
          database.mode = "well";
        });
    }
  }

  /** The operator stops everything, brings the backup back under a new epoch, and starts again. */
  #restore(): void {
    const { database, machines, watch, promised, givenUp, again } = this.#world;
    if (!this.#backup) return;
    // Every other time it is a replica that lags and takes over: the machines run on.
    const isFailover = this.#restores++ % 2 === 0;
    if (!isFailover) for (const machine of machines) machine.kill();
    database.crash();
    again.note(this.#backup);
    for (const [id, one] of [...promised]) {
      const key = `${one.account} ${id}`;
      const done = database.tables.command(this.#world.homeOf(one), one.account, id);
      if (!done && !watch.acks.has(key) && !watch.refusals.has(key)) continue;
      promised.delete(id);
      // A tab that hears late may still show it for a moment.
      givenUp.add(id);
    }
    this.#world.sentInOrder.clear();
    const before = database.tables;
    database.restore(this.#backup);
    watch.restored(isFailover ? before : undefined);
    this.#later(50, 1_000, () => {
      database.restart();
      if (!isFailover) for (const machine of machines) machine.start();
    });
  }

  #wire(mishap: "cut" | "halfOpen" | "hole"): void {
    const { network, random } = this.#world;
    const wires = [...network.wires];
    if (wires.length === 0) return;
    const wire = random.pick(wires);
    if (mishap === "cut") return wire.cut();
    if (mishap === "hole") {
      wire.holes = random.int(1, 3);
      return;
    }
    if (random.chance(0.7)) wire.upSilent = true;
    if (random.chance(0.7) || !wire.upSilent) wire.downSilent = true;
  }

  #bus(): void {
    const { bells, random } = this.#world;
    bells.weather = {
      loss: random.pick([0, 0.1, 0.5]),
      doubled: random.pick([0, 0.1, 0.5]),
      lateMs: random.pick([3, 50, 800]),
      down: random.chance(0.2),
    };
    this.#later(500, 10_000, () => {
      bells.weather = { ...clearBus };
    });
  }

  #tab(mishap: "tabCrash" | "tabClose" | "tabOpen"): void {
    const { devices, random } = this.#world;
    const device = random.pick(devices);
    if (mishap === "tabOpen") {
      if (device.tabs.length < this.#world.scale.tabs) this.#world.openTab(device);
      return;
    }
    if (device.tabs.length === 0) return;
    const tab = random.pick(device.tabs);
    if (mishap === "tabCrash") device.crash(tab);
    else device.close(tab);
    this.#world.say(`${tab.life.name} gone`);
    this.#later(5, 3_000, () => {
      if (device.tabs.length === 0) this.#world.openTab(device);
    });
  }

  #device(mishap: "offline" | "blocked" | "crawl" | "wake" | "quota"): void {
    const { devices, random } = this.#world;
    const device = random.pick(devices);
    const { conditions } = device;
    switch (mishap) {
      case "wake":
        return device.wakeUp();
      case "offline":
        device.setOffline(true);
        return this.#later(200, 20_000, () => device.setOffline(false));
      case "blocked":
        conditions.websocketBlocked = true;
        return this.#later(1_000, 60_000, () => {
          conditions.websocketBlocked = false;
        });
      case "crawl":
        conditions.slow = true;
        return this.#later(500, 8_000, () => {
          conditions.slow = false;
        });
      case "quota":
        device.disk.full = true;
        device.forgetful = true;
        return this.#later(200, 5_000, () => {
          device.disk.full = false;
        });
      default:
        return mishap satisfies never;
    }
  }

  /** Everything works again. */
  heal(): void {
    const { database, machines, devices, bells } = this.#world;
    this.#world.say("heal");
    database.mode = "well";
    if (!database.up) database.restart();
    bells.weather = { ...clearBus };
    for (const machine of machines) if (!machine.stopping) machine.start();
    for (const device of devices) {
      device.disk.full = false;
      device.setOffline(false);
      Object.assign(device.conditions, fairConditions);
      if (device.tabs.length === 0) this.#world.openTab(device);
    }
  }
}
