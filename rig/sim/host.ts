import { type AccountId, makeId, type StreamId } from "@aftercare/protocol";
import type { Ctx, Settings } from "../../server/src/context.ts";
import { createNode } from "../../server/src/node.ts";
import type { BellWires } from "./bus.ts";
import type { ModelDatabase } from "./model-store.ts";
import type { Host, Network } from "./network.ts";
import { Random } from "./random.ts";
import { type Life, makeLife, type Scheduler } from "./scheduler.ts";

export type HostTrouble = (host: number, level: "warn" | "error", fields: object, text: string) => void;

type Surroundings = {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly database: ModelDatabase;
  readonly bells: BellWires;
  readonly network: Network;
  readonly settings: Settings;
  readonly hearsItself: "at-once" | "by-wire";
  readonly trouble: HostTrouble;
};

const restartMs = 500;

/** A server process that can be started, killed and stopped in order. */
export class Machine {
  readonly index: number;
  clockOffsetMs = 0;
  /** The process that takes links, when there is one. */
  host: Host | undefined;
  stopping = false;
  readonly #around: Surroundings;
  #life: Life | undefined;
  #made = 0;

  constructor(index: number, around: Surroundings) {
    this.index = index;
    this.#around = around;
  }

  get life(): Life | undefined {
    return this.#life;
  }

  start(): void {
    if (this.#life) return;
    const life = makeLife(`node${this.index}.${this.#made++}`);
    this.#life = life;
    const ctx = this.#context(life);
    const begin = (): void => {
      ctx.store.heads([]).then(
        ({ epoch }) => {
          this.host = { index: this.index, life, node: createNode(ctx, epoch) };
        },
        () => this.#around.scheduler.after(restartMs, begin, life),
      );
    };
    begin();
  }

  /** SIGKILL. */
  kill(): void {
    const life = this.#life;
    if (!life) return;
    life.alive = false;
    this.#gone(life);
  }

  /** SIGTERM: drains, then ends. */
  stop(deadlineMs: number, then: () => void): void {
    const { host } = this;
    if (!host || this.stopping) return;
    this.stopping = true;
    void host.node.stop(deadlineMs).then(() => {
      host.life.alive = false;
      this.#gone(host.life);
      then();
    });
  }

  #gone(life: Life): void {
    const { network, bells, database } = this.#around;
    for (const wire of network.of(life)) wire.hostDied();
    bells.leave(life);
    database.abandon(life);
    this.host = undefined;
    this.#life = undefined;
    this.stopping = false;
  }

  #context(life: Life): Ctx {
    const { scheduler, random, database, bells, settings, trouble, hearsItself } = this.#around;
    const own = random.fork();
    const tell = (level: "warn" | "error") => (fields: object, text: string) =>
      trouble(this.index, level, fields, text);
    return {
      store: database.connect(life),
      bus: bells.join(life, hearsItself),
      clock: {
        now: () => Math.floor(scheduler.now) + this.clockOffsetMs,
        elapsed: () => scheduler.now - scheduler.startMs,
        setTimer: (callback, delayMs) => scheduler.after(delayMs, callback, life),
        clearTimer: (timer) => scheduler.cancel(timer),
      },
      ids: {
        conversation: () => makeId("c_", Math.floor(scheduler.now), own.bytes(10)),
        direct: pairId,
        fingerprint,
        secret: () => [...own.bytes(16)].join(""),
      },
      log: { info: () => undefined, warn: tell("warn"), error: tell("error") },
      settings,
      traces: database.traces(life),
    };
  }
}

export const fingerprint = (text: string): number => Number(BigInt.asUintN(48, BigInt(Bun.hash(text))));

export function pairId(one: AccountId, other: AccountId): StreamId {
  const hash = BigInt(Bun.hash([one, other].sort().join(" ")));
  return makeId("c_", 1_700_000_000_000, new Random(Number(BigInt.asUintN(32, hash))).bytes(10));
}
