import type { StreamId } from "@aftercare/protocol";
import { type Bell, type Bus, streamOf } from "../../server/src/bus.ts";
import type { Random } from "./random.ts";
import type { Life, Scheduler } from "./scheduler.ts";

type Listener = (bell: Bell) => void;
type Port = {
  readonly life: Life;
  readonly listeners: Set<Listener>;
  readonly watched: Set<StreamId>;
  readonly hearsItself: "at-once" | "by-wire";
};

/** How bells travel between nodes. They may be lost, doubled, late, and overtake each other. */
export type BusWeather = { loss: number; doubled: number; lateMs: number; down: boolean };
export const clearBus: BusWeather = { loss: 0, doubled: 0, lateMs: 3, down: false };

/** All nodes' ends of the bus. */
export class BellWires {
  weather: BusWeather = { ...clearBus };
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #ports = new Set<Port>();

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  join(life: Life, hearsItself: Port["hearsItself"]): Bus {
    const port: Port = { life, listeners: new Set(), watched: new Set(), hearsItself };
    this.#ports.add(port);
    return {
      publish: (bell) => this.#publish(port, bell),
      subscribe: (listener) => {
        port.listeners.add(listener);
        return () => port.listeners.delete(listener);
      },
      watch: (stream) => port.watched.add(stream),
      unwatch: (stream) => port.watched.delete(stream),
      // A node is not told when bells are lost: it has to cope with a bus that looks well.
      health: {
        shared: true,
        connected: true,
        reconnects: 0,
        bellsIn: 0,
        bellsOut: 0,
        bellsDropped: 0,
        bellsNotRung: 0,
      },
      onLink: () => () => undefined,
      close: async () => {
        this.#ports.delete(port);
      },
    };
  }

  leave(life: Life): void {
    for (const port of [...this.#ports]) if (port.life === life) this.#ports.delete(port);
  }

  #publish(from: Port, bell: Bell): void {
    if (!from.life.alive) return;
    if (from.hearsItself === "at-once") for (const listener of [...from.listeners]) listener(bell);
    if (this.#ports.size === 1 && from.hearsItself === "at-once") return;
    const text = JSON.stringify(bell);
    const stream = streamOf(bell);
    for (const port of this.#ports) {
      if (port === from && port.hearsItself === "at-once") continue;
      if (stream !== undefined && !port.watched.has(stream)) continue;
      this.#carry(port, text);
      if (this.#random.chance(this.weather.doubled)) this.#carry(port, text);
    }
  }

  #carry(port: Port, text: string): void {
    const { loss, lateMs, down } = this.weather;
    if (down || this.#random.chance(loss)) return;
    const hear = (): void => {
      for (const listener of [...port.listeners]) listener(JSON.parse(text) as Bell);
    };
    this.#scheduler.soon({ lowMs: 0.1, highMs: lateMs, longMs: lateMs * 20, longChance: 0.02 }, hear, port.life);
  }
}
