import type { Sql } from "postgres";
import type { Clock } from "../context.ts";
import { type PageQuery, StoreUnavailable } from "../log/store.ts";
import { type FoundPage, readReplicaPage } from "./log-page.ts";

/** Lets so many at a time do their work; the others wait their turn. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** Reads waiting for their turn beyond which the next one is told that the database cannot take it. */
const waitingReads = 5_000;

export function createGate(seats: number): Gate {
  const waiting: (() => void)[] = [];
  let free = seats;
  return async (work) => {
    if (free > 0) free--;
    else {
      if (waiting.length >= waitingReads) throw new StoreUnavailable("too many reads wait");
      // The seat is handed over, not given back.
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}

/** An operation that found no end: whatever it waits for is taken for dead. */
export class AnswerOverdue extends Error {
  readonly code = "ETIMEDOUT";
}

/** Bounds the time of operations; `onOverdue` is told of each that passes it. */
export function createDeadline(clock: Clock, limitMs: number, onOverdue: () => void) {
  return <T>(work: () => Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const timer = clock.setTimer(() => {
        reject(new AnswerOverdue(`no answer within ${limitMs} ms`));
        onOverdue();
      }, limitMs);
      work()
        .then(resolve, reject)
        .finally(() => clock.clearTimer(timer));
    });
}

/** What replicas did, since the start. */
export type ReplicaStats = { reads: number; behind: number; failures: number };

export type Replicas = {
  readonly stats: ReplicaStats;
  /** A page from a replica that has all the query needs; undefined when none can give it now. */
  page(query: PageQuery): Promise<FoundPage | undefined>;
};

type Replica = { readonly pool: Sql; readonly within: Gate };

/** A replica that failed is left alone for this long. */
const restMs = 5_000;

/** Streaming replicas for pages of history, in turn. Whatever one cannot do, the primary does. */
export function createReplicas(pools: readonly Replica[], seats: number, clock: Pick<Clock, "elapsed">): Replicas {
  const all = pools.map((replica) => ({ ...replica, restUntil: 0, gate: createGate(seats) }));
  const stats: ReplicaStats = { reads: 0, behind: 0, failures: 0 };
  let turn = 0;
  return {
    stats,
    async page(query) {
      if (!query.atLeast) return undefined;
      const replica = all[turn++ % all.length];
      if (!replica || replica.restUntil > clock.elapsed()) return undefined;
      try {
        const found = await replica.gate(() => replica.within(() => readReplicaPage(replica.pool, query)));
        if (found) stats.reads++;
        else stats.behind++;
        return found;
      } catch {
        stats.failures++;
        replica.restUntil = clock.elapsed() + restMs;
        return undefined;
      }
    },
  };
}
