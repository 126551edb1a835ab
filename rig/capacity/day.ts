import { Random } from "../sim/random.ts";
import { costs, habits } from "./constants.ts";
import { ackedSeconds, type Plan } from "./model.ts";

/** What is run: cores may be a part of one, as a slower core. */
export type Sizes = { readonly nodeCores: number; readonly databaseCores: number; readonly connections: number };

export type DayReport = {
  readonly messages: number;
  readonly connects: number;
  /** Connections that found no place. */
  readonly refused: number;
  readonly mostConnections: number;
  /** Of the busiest hour. */
  readonly nodeUtilisation: number;
  readonly databaseUtilisation: number;
  /** Waiting of a message before nodes and database worked at it, all day. */
  readonly queueingP99Ms: number;
  /** Conversations that waited for an agent, at most. */
  readonly waitingForStaff: number;
};

/** The work of each hour of a day against the mean hour. The peak is at 20, and so is the incident. */
const hours = [
  0.3, 0.2, 0.1, 0.1, 0.1, 0.2, 0.4, 0.7, 1, 1.2, 1.3, 1.3, 1.2, 1.1, 1.1, 1.1, 1.2, 1.3, 1.6, 2.3, 3, 2.2, 1.3, 0.7,
];
const peakHour = 20;

/** Several servers with one queue, first come first served: the next free one takes the next job. */
class Station {
  readonly #freeAt: number[];
  readonly #speed: number;
  readonly busyByHour = new Array<number>(25).fill(0);

  constructor(cores: number) {
    const count = Math.max(1, Math.floor(cores));
    this.#freeAt = new Array<number>(count).fill(0);
    this.#speed = cores / count;
  }

  get cores(): number {
    return this.#freeAt.length;
  }

  /** When the job is done, and how long it waited. */
  serve(at: number, seconds: number): { done: number; waited: number } {
    let first = 0;
    for (let i = 1; i < this.#freeAt.length; i++)
      if ((this.#freeAt[i] as number) < (this.#freeAt[first] as number)) first = i;
    const start = Math.max(at, this.#freeAt[first] as number);
    const needed = seconds / this.#speed;
    this.#freeAt[first] = start + needed;
    const hour = Math.min(24, Math.floor(at / 3_600));
    this.busyByHour[hour] = (this.busyByHour[hour] ?? 0) + needed;
    return { done: start + needed, waited: start - at };
  }

  utilisation(): number {
    return Math.max(...this.busyByHour.slice(0, 24)) / (3_600 * this.cores);
  }
}

type Happening =
  | { kind: "visit" | "leave" | "ask"; at: number }
  | { kind: "message"; at: number; left: number }
  | { kind: "write"; at: number; waited: number; left: number };

/** What happens next, first. */
class Agenda {
  readonly #heap: Happening[] = [];

  get size(): number {
    return this.#heap.length;
  }

  add(one: Happening): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(one);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((heap[parent] as Happening).at <= one.at) break;
      heap[at] = heap[parent] as Happening;
      at = parent;
    }
    heap[at] = one;
  }

  take(): Happening | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!last || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as Happening).at < (heap[child] as Happening).at) child++;
      if ((heap[child] as Happening).at >= last.at) break;
      heap[at] = heap[child] as Happening;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

/** A day of so many customers, with an incident in its peak hour: the same seed is the same day. */
export class Day {
  readonly #plan: Plan;
  readonly #sizes: Sizes;
  readonly #random: Random;
  readonly #agenda = new Agenda();
  readonly #nodes: Station;
  readonly #database: Station;
  readonly #waits: number[] = [];
  readonly #costs: { node: number; database: number; deliver: number };
  #connections: number;
  #mostConnections = 0;
  #connects = 0;
  #refused = 0;
  #serving = 0;
  #hour = { endAt: 0, ask: 0, visit: 0 };
  #waiting = 0;
  #mostWaiting = 0;

  constructor(plan: Plan, sizes: Sizes, seed: number) {
    this.#plan = plan;
    this.#sizes = sizes;
    this.#random = new Random(seed);
    this.#nodes = new Station(sizes.nodeCores);
    this.#database = new Station(sizes.databaseCores);
    this.#connections = 2 * plan.staff;
    const acked = ackedSeconds(plan.messagesPerSecond);
    this.#costs = {
      node: acked * (1 - costs.databaseShare.value),
      database: acked * costs.databaseShare.value,
      deliver: (habits.devicesPerMessage.value * costs.deliveryCpuSeconds.value) / 1_000,
    };
  }

  /** Runs from one hour to another; the whole day by default. */
  run(fromHour = 0, toHour = 24): DayReport {
    for (let hour = fromHour; hour < toHour; hour++) {
      this.#arrivals(hour);
      while (this.#agenda.size > 0) {
        const next = this.#agenda.take();
        if (!next) break;
        if (next.at >= (hour + 1) * 3_600) {
          this.#agenda.add(next);
          break;
        }
        this.#happen(next);
      }
    }
    const sorted = this.#waits.sort((a, b) => a - b);
    return {
      messages: sorted.length,
      connects: this.#connects,
      refused: this.#refused,
      mostConnections: this.#mostConnections,
      nodeUtilisation: this.#nodes.utilisation() + this.#idleShare(),
      databaseUtilisation: this.#database.utilisation(),
      queueingP99Ms: (sorted[Math.floor(sorted.length * 0.99)] ?? 0) * 1_000,
      waitingForStaff: this.#mostWaiting,
    };
  }

  /** Heartbeats of what is connected: a small job too often to be followed one by one. */
  #idleShare(): number {
    return (this.#mostConnections * costs.idleCpuSeconds.value) / 1_000 / 15 / this.#sizes.nodeCores;
  }

  #arrivals(hour: number): void {
    const factor = (hours[hour % 24] ?? 1) * (hour % 24 === peakHour ? habits.incident.value : 1);
    const { messagesPerYear, customers } = this.#plan;
    const conversations = messagesPerYear / habits.messagesPerConversation.value / (365 * 24);
    const visits = (customers * habits.visitsPerCustomerMonth.value) / (30 * 24);
    this.#hour = { endAt: (hour + 1) * 3_600, ask: conversations * factor, visit: visits * factor };
    this.#arrive("ask", hour * 3_600);
    this.#arrive("visit", hour * 3_600);
  }

  /** The next arrival of a kind within the hour: one at a time, so that the agenda stays short. */
  #arrive(kind: "ask" | "visit", after: number): void {
    const at = after + this.#gap(3_600 / this.#hour[kind]);
    if (at < this.#hour.endAt) this.#agenda.add({ kind, at });
  }

  #gap(meanSeconds: number): number {
    return -Math.log(1 - this.#random.unit()) * meanSeconds;
  }

  #happen(next: Happening): void {
    switch (next.kind) {
      case "visit":
        this.#arrive("visit", next.at);
        return this.#visit(next.at);
      case "leave":
        this.#connections--;
        return;
      case "ask":
        this.#arrive("ask", next.at);
        if (this.#serving < this.#plan.staff * habits.conversationsPerAgent.value) return this.#serve(next.at);
        this.#waiting++;
        this.#mostWaiting = Math.max(this.#mostWaiting, this.#waiting);
        return;
      case "message": {
        const { done, waited } = this.#nodes.serve(next.at, this.#costs.node + this.#costs.deliver);
        this.#agenda.add({ kind: "write", at: done, waited, left: next.left });
        return;
      }
      case "write":
        return this.#write(next);
      default:
        next satisfies never;
    }
  }

  #visit(at: number): void {
    if (this.#connections >= this.#sizes.connections) {
      this.#refused++;
      return;
    }
    this.#connects++;
    this.#connections++;
    this.#mostConnections = Math.max(this.#mostConnections, this.#connections);
    this.#nodes.serve(at, costs.connectCpuSeconds.value / 1_000);
    this.#database.serve(at, costs.connectDatabaseCpuSeconds.value / 1_000);
    this.#agenda.add({ kind: "leave", at: at + this.#gap(habits.visitMinutes.value * 60) });
  }

  #serve(at: number): void {
    this.#serving++;
    this.#agenda.add({ kind: "message", at, left: habits.messagesPerConversation.value - 1 });
  }

  #write({ at, waited, left }: Extract<Happening, { kind: "write" }>): void {
    const write = this.#database.serve(at, this.#costs.database);
    this.#waits.push(waited + write.waited);
    if (left > 0) {
      this.#agenda.add({
        kind: "message",
        at: write.done + this.#gap(habits.messageGapSeconds.value),
        left: left - 1,
      });
      return;
    }
    this.#serving--;
    if (this.#waiting === 0) return;
    this.#waiting--;
    this.#serve(write.done);
  }
}

/** The sizes to run, one node missing. */
export const recommended = (plan: Plan, socketsPerNode: number): Sizes => {
  const up = Math.max(1, plan.nodes - 1);
  return { nodeCores: up, databaseCores: plan.databaseCores, connections: up * socketsPerNode };
};

/** Half of what the worst hour uses, to see that the model does not ask for more than it must. */
export const half = (plan: Plan): Sizes => ({
  nodeCores: plan.nodeLoadCores / 2,
  databaseCores: plan.databaseLoadCores / 2,
  connections: plan.sockets / 2,
});
