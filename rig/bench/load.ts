import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../sim/random.ts";
import { cpuSeconds } from "./machine.ts";
import type { Probe } from "./profile.ts";
import { type Hearing, type People, type Side, textOf } from "./side.ts";

/** What one stretch of load showed. Figures are of the time after the warm-up. */
export type Step = {
  /** Sends asked for in a second; undefined in a closed loop. */
  rate: number | undefined;
  ackedPerSecond: number;
  deliveriesPerSecond: number;
  cpuSecondsPer1000Acked: number;
  cpuSecondsPer1000Deliveries: number;
  ackMs: { p50: number; p99: number };
  /** Share of its core that the generator used: near 1 the figures are the generator's, not the side's. */
  generatorShare: number;
  /** Sent and not acknowledged within the time to settle. */
  unanswered: number;
};

export type StepPlan = { warmMs: number; measureMs: number };

const settleMs = 10_000;
const shownTroubles = 5;

/** The load on one side, and the checker of everything that side does. */
export class Load {
  /** Told when a measurement begins and ends. */
  probe: Probe | undefined;
  readonly #side: Side;
  readonly #pids: readonly number[];
  readonly #random: Random;
  readonly #devices: number;
  /** Message number to the moment it was meant to leave, and to the moment of its acknowledgement. */
  #intendedAt: number[] = [];
  #ackedAt: number[] = [];
  readonly #received: { messages: number[]; places: number[] }[];
  #acked = 0;
  #delivered = 0;
  #onAck: (message: number) => void = () => undefined;
  readonly #troubles: string[] = [];

  constructor(side: Side, people: People, postmaster: number, seed: number) {
    this.#side = side;
    this.#pids = [side.pid, postmaster];
    this.#random = new Random(seed);
    this.#devices = people.seats.length;
    this.#received = people.seats.map(() => ({ messages: [], places: [] }));
  }

  get hearing(): Hearing {
    return {
      acked: (message) => {
        this.#ackedAt[message] = performance.now();
        this.#acked++;
        this.#onAck(message);
      },
      refused: (message, why) => {
        this.#trouble(`message ${message} was refused: ${why}`);
        this.#onAck(message);
      },
      delivered: (device, message, place) => {
        this.#delivered++;
        const received = this.#received[device];
        received?.messages.push(message);
        received?.places.push(place);
      },
      lost: (device, why) => this.#trouble(`device ${device} lost its connection: ${why}`),
    };
  }

  #trouble(text: string): void {
    if (this.#troubles.length < shownTroubles) this.#troubles.push(text);
  }

  #send(device: number, intendedAt: number): number {
    const message = this.#intendedAt.push(intendedAt) - 1;
    this.#side.send(device, message, textOf(message));
    return message;
  }

  /** Open loop: sends come when they come, whether earlier ones were answered or not. */
  async poisson(rate: number, plan: StepPlan): Promise<Step> {
    const gapMs = () => (-Math.log(1 - this.#random.unit()) * 1000) / rate;
    return this.#measure(rate, plan, async (endAt) => {
      for (let next = performance.now() + gapMs(); next < endAt; await sleep(1))
        for (const now = performance.now(); next <= now && next < endAt; next += gapMs())
          this.#send(this.#random.int(0, this.#devices - 1), next);
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
    const cpu = cpuSeconds(this.#pids);
    return { at: performance.now(), acked: this.#acked, delivered: this.#delivered, cpu, own: user + system };
  }

  /** Of what was meant to leave in the measured time; an unanswered one counts as endless. */
  #latencies(first: number, startAt: number, endAt: number): { p50: number; p99: number } {
    const found: number[] = [];
    for (let i = first; i < this.#intendedAt.length; i++) {
      const intendedAt = this.#intendedAt[i] as number;
      if (intendedAt < startAt || intendedAt >= endAt) continue;
      found.push((this.#ackedAt[i] ?? Number.POSITIVE_INFINITY) - intendedAt);
    }
    found.sort((a, b) => a - b);
    const at = (share: number) => found[Math.min(found.length - 1, Math.floor(found.length * share))] ?? Number.NaN;
    return { p50: at(0.5), p99: at(0.99) };
  }

  /** Order and loss: "ok", or the first thing that is wrong. Call it when nothing is under way. */
  async check(people: People): Promise<string> {
    if (this.#troubles.length > 0) return this.#troubles.join("; ");
    const members = new Map<string, number[]>();
    for (const [device, { conversation }] of people.seats.entries())
      members.set(conversation, [...(members.get(conversation) ?? []), device]);
    const seen = new Uint8Array(this.#intendedAt.length);
    for (const devices of members.values()) {
      const [one = [], ...others] = devices.map((device) => this.#received[device]?.messages ?? []);
      for (const message of one) seen[message] = (seen[message] ?? 0) + 1;
      for (const other of others)
        if (other.length !== one.length || other.some((message, index) => message !== one[index]))
          return `two devices were shown different orders (${one.length} and ${other.length} messages)`;
    }
    const lost = this.#ackedAt.findIndex((at, message) => at !== undefined && seen[message] !== 1);
    if (lost >= 0) return `message ${lost} was acknowledged and shown ${seen[lost]} times`;
    const stored = await this.#side.stored();
    if (stored.rows !== stored.distinct) return `${stored.rows - stored.distinct} messages are stored twice`;
    if (stored.rows < this.#acked) return `${this.#acked} were acknowledged, ${stored.rows} are stored`;
    const turned = this.#turned();
    return turned > 0 ? `${turned} of ${this.#delivered} deliveries came in another order than stored` : "ok";
  }

  /** How many messages were shown, on some device, after one that stands behind them in the database. */
  #turned(): number {
    let turned = 0;
    for (const { places } of this.#received) {
      let highest = 0;
      for (const place of places) {
        if (place < highest) turned++;
        else highest = place;
      }
    }
    return turned;
  }
}
