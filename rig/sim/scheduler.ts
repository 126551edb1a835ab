import { drainMicrotasks } from "bun:jsc";
import type { Random } from "./random.ts";

/** Something that can die: a process, a tab. What was scheduled for it dies with it. */
export type Life = { readonly name: string; alive: boolean };

export const makeLife = (name: string): Life => ({ name, alive: true });

type Task = { at: number; order: number; work: (() => void) | undefined; life: Life | undefined };

/** Milliseconds between which a step's delay is drawn; rarely `longMs` instead. */
export type Delay = { lowMs: number; highMs: number; longMs?: number; longChance?: number };

/**
 * Virtual time. Every asynchronous step of a world is a task here; a task runs to its end, with all the microtasks it
 * caused, before the next one, so that a run is one order of steps and nothing else.
 */
export class Scheduler {
  now: number;
  readonly startMs: number;
  /** Tasks run so far: the steps of a run. */
  steps = 0;
  readonly #heap: Task[] = [];
  readonly #random: Random;
  #order = 0;
  /** A digest of the order of the steps, by which two runs are compared. */
  digest = 0x811c9dc5;

  constructor(startMs: number, random: Random) {
    this.now = startMs;
    this.startMs = startMs;
    this.#random = random;
  }

  at(time: number, work: () => void, life?: Life): Task {
    const task: Task = { at: Math.max(time, this.now), order: this.#order++, work, life };
    push(this.#heap, task);
    return task;
  }

  after(delayMs: number, work: () => void, life?: Life): Task {
    return this.at(this.now + Math.max(0, delayMs), work, life);
  }

  /** After a time drawn from `delay`. */
  soon(delay: Delay, work: () => void, life?: Life): Task {
    return this.after(this.draw(delay), work, life);
  }

  draw({ lowMs, highMs, longMs, longChance }: Delay): number {
    const random = this.#random;
    const high = longMs !== undefined && random.chance(longChance ?? 0.02) ? longMs : highMs;
    return lowMs + random.unit() * (high - lowMs);
  }

  cancel(task: unknown): void {
    if (task !== undefined) (task as Task).work = undefined;
  }

  /** Runs what is due until `until`, or until `stop` says so after a step. Leaves the time at `until`. */
  run(until: number, stop?: () => boolean): void {
    for (;;) {
      const next = this.#heap[0];
      if (!next || next.at > until) break;
      pop(this.#heap);
      if (!next.work || next.life?.alive === false) continue;
      this.now = Math.max(this.now, next.at);
      this.steps++;
      this.note(next.order);
      next.work();
      drainMicrotasks();
      if (stop?.()) return;
    }
    this.now = Math.max(this.now, until);
  }

  /** Adds to the digest. */
  note(value: number): void {
    this.digest = Math.imul(this.digest ^ (value | 0), 0x01000193);
    this.digest = Math.imul(this.digest ^ Math.floor(this.now * 1000), 0x01000193) >>> 0;
  }

  noteText(text: string): void {
    for (let i = 0; i < text.length; i++) this.digest = Math.imul(this.digest ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
}

/**
 * Runs `work` outside every microtask: the scheduler drains the microtasks of each step itself, which only the outermost
 * turn of the runtime can do.
 */
export function inOwnTurn<T>(work: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(work());
      } catch (error) {
        reject(error);
      }
    });
  });
}

const before = (a: Task, b: Task): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

function push(heap: Task[], task: Task): void {
  let index = heap.length;
  heap.push(task);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!before(task, heap[parent] as Task)) break;
    heap[index] = heap[parent] as Task;
    index = parent;
  }
  heap[index] = task;
}

function pop(heap: Task[]): void {
  const last = heap.pop() as Task;
  if (heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1] as Task, heap[child] as Task)) child++;
    if (!before(heap[child] as Task, last)) break;
    heap[index] = heap[child] as Task;
    index = child;
  }
  heap[index] = last;
}
