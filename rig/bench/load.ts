import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../sim/random.ts";
import { Checker } from "./checker.ts";
import { cpuSeconds } from "./machine.ts";
import type { Probe } from "./profile.ts";
import { type Hearing, type People, type Side, textOf } from "./side.ts";
import { type Quantiles, quantilesOf } from "./statistics.ts";

/** What one stretch of load showed. Figures are of the time after the warm-up. */
export type Step = {
  /** Sends asked for in a second; undefined in a closed loop. */
  rate: number | undefined;
  ackedPerSecond: number;
  deliveriesPerSecond: number;
  cpuSecondsPer1000Acked: number;
  cpuSecondsPer1000Deliveries: number;
  ackMs: Quantiles;
  /** Share of its core that the generator used: near 1 the figures are the generator's, not the side's. */
  generatorShare: number;
  /** Sent and not acknowledged within the time to settle. */
  unanswered: number;
};

/** Devices that send: so many, from one on, every so manieth; all of them when not told. */
export type Senders = { from?: number; every?: number; count?: number };

export type StepPlan = { warmMs: number; measureMs: number };

const settleMs = 10_000;

/** The load on one side, and the checker of everything that side does. */
export class Load {
  /** Told when a measurement begins and ends. */
  probe: Probe | undefined;
  readonly checker: Checker;
  readonly #side: Side;
  readonly #pids: readonly number[];
  readonly #random: Random;
  readonly #devices: number;
  /** Message number to the moment it was meant to leave, and to the moment of its acknowledgement. */
  #intendedAt: number[] = [];
  #ackedAt: number[] = [];
  #onAck: (message: number) => void = () => undefined;
  /** Signals that reached a device. */
  signalled = 0;
  /** Whether a lost connection is part of the workload. */
  cutting = false;

  constructor(side: Side, people: People, postmaster: number, seed: number) {
    this.#side = side;
    this.#pids = side.usesDatabase ? [side.pid, postmaster] : [side.pid];
    this.#random = new Random(seed);
    this.#devices = people.seats.length;
    this.checker = new Checker(people.seats);
  }

  get hearing(): Hearing {
    const { checker } = this;
    return {
      acked: (message) => {
        this.#ackedAt[message] = performance.now();
        checker.acked(message);
        this.#onAck(message);
      },
      refused: (message, why) => {
        checker.trouble(`message ${message} was refused: ${why}`);
        this.#onAck(message);
      },
      delivered: (device, message, place) => checker.delivered(device, message, place),
      signalled: () => void this.signalled++,
      lost: (device, why) => {
        if (!this.cutting) checker.trouble(`device ${device} lost its connection: ${why}`);
      },
    };
  }

  /** CPU seconds so far of the side, its database included. */
  cpu(): number {
    return cpuSeconds(this.#pids);
  }

  #send(device: number, intendedAt: number): number {
    const message = this.#intendedAt.push(intendedAt) - 1;
    this.#side.send(device, message, textOf(message));
    return message;
  }

  /** Open loop: sends come when they come, whether earlier ones were answered or not. */
  async poisson(rate: number, plan: StepPlan, senders: Senders = {}): Promise<Step> {
    const { from = 0, every = 1, count = Math.floor((this.#devices - from) / every) } = senders;
    const gapMs = () => (-Math.log(1 - this.#random.unit()) * 1000) / rate;
    return this.#measure(rate, plan, async (endAt) => {
      for (let next = performance.now() + gapMs(); next < endAt; await sleep(1))
        for (const now = performance.now(); next <= now && next < endAt; next += gapMs())
          this.#send(from + every * this.#random.int(0, count - 1), next);
    });
  }

  /** Closed loop: each of the writers keeps `window` sends in the air. */
  async closed(writers: readonly number[], window: number, plan: StepPlan): Promise<Step> {
    return this.#measure(undefined, plan, async (endAt) => {
      const writerOf = new Map<number, number>();
      this.#onAck = (message) => {
        const writer = writerOf.get(message);
        writerOf.delete(message);
        const now = performance.now();
        if (writer !== undefined && now < endAt) writerOf.set(this.#send(writer, now), writer);
      };
      for (const writer of writers)
        for (let i = 0; i < window; i++) writerOf.set(this.#send(writer, performance.now()), writer);
      await sleep(endAt - performance.now());
      this.#onAck = () => undefined;
    });
  }

  /** Closed over the deliveries: the next send waits until all but `window` were shown to everybody. */
  async fanned(writer: number, window: number, plan: StepPlan): Promise<Step> {
    return this.#measure(undefined, plan, async (endAt) => {
      const before = this.checker.deliveredCount;
      for (let sent = 0; performance.now() < endAt; await sleep(1))
        for (; (sent - window) * this.#devices < this.checker.deliveredCount - before; sent++)
          this.#send(writer, performance.now());
    });
  }

  async #measure(rate: number | undefined, plan: StepPlan, work: (endAt: number) => Promise<void>): Promise<Step> {
    const first = this.#intendedAt.length;
    const startAt = performance.now() + plan.warmMs;
    const endAt = startAt + plan.measureMs;
    const marks = Promise.all([this.#mark(startAt, "begin"), this.#mark(endAt, "end")]);
    await work(endAt);
    const [from, to] = await marks;
    const total = this.#intendedAt.length - first;
    const waiting = () => {
      let count = 0;
      for (let i = first; i < first + total; i++) if (this.#ackedAt[i] === undefined) count++;
      return count;
    };
    for (const until = performance.now() + settleMs; waiting() > 0 && performance.now() < until; ) await sleep(20);
    // Deliveries of the last acknowledged ones are on their way.
    await sleep(100);
    const seconds = (to.at - from.at) / 1000;
    const acked = to.acked - from.acked;
    const deliveries = to.delivered - from.delivered;
    const cpu = to.cpu - from.cpu;
    return {
      rate,
      ackedPerSecond: acked / seconds,
      deliveriesPerSecond: deliveries / seconds,
      cpuSecondsPer1000Acked: (cpu / acked) * 1000,
      cpuSecondsPer1000Deliveries: (cpu / deliveries) * 1000,
      ackMs: this.#latencies(first, startAt, endAt),
      generatorShare: (to.own - from.own) / 1e6 / seconds,
      unanswered: waiting(),
    };
  }

  async #mark(at: number, end: keyof Probe) {
    await sleep(Math.max(0, at - performance.now()));
    await this.probe?.[end]();
    const { user, system } = process.cpuUsage();
    const cpu = this.cpu();
    const { ackedCount, deliveredCount } = this.checker;
    return { at: performance.now(), acked: ackedCount, delivered: deliveredCount, cpu, own: user + system };
  }

  /** Of what was meant to leave in the measured time; an unanswered one counts as endless. */
  #latencies(first: number, startAt: number, endAt: number): Quantiles {
    const found: number[] = [];
    for (let i = first; i < this.#intendedAt.length; i++) {
      const intendedAt = this.#intendedAt[i] as number;
      if (intendedAt < startAt || intendedAt >= endAt) continue;
      found.push((this.#ackedAt[i] ?? Number.POSITIVE_INFINITY) - intendedAt);
    }
    return quantilesOf(found);
  }

  /** Order and loss. Call it when nothing is under way. */
  async check(): Promise<string> {
    return this.checker.verdict(await this.#side.stored(), this.#side.delivers);
  }
}
