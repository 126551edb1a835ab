import type { Seq, StreamId } from "@aftercare/protocol";
import type { TraceStore } from "../../server/src/gateway/trace.ts";
import {
  type Changes,
  type Loaded,
  type LogStore,
  type LogTransaction,
  type MessageAppend,
  noChanges,
  StaleEpoch,
  StoreUnavailable,
  type StreamRow,
  type Wanted,
} from "../../server/src/log/store.ts";
import {
  loads,
  readDesk,
  readInbox,
  readMessages,
  readPage,
  readReceipts,
  readRights,
  readSnapshot,
  readStaff,
} from "./model-reads.ts";
import type { Random } from "./random.ts";
import type { Delay, Life, Scheduler } from "./scheduler.ts";
import { ConstraintViolation, type EventRow, stored, Tables } from "./tables.ts";

type Pending = { readonly client: Life; readonly settle: (end: () => void) => void; reject: (error: unknown) => void };
type Tx = {
  readonly client: Life;
  readonly locks: Set<StreamId>;
  readonly staged: Changes[];
  state: "open" | "committing" | "ended";
};
type Lock = { holder: Tx; waiting: { tx: Tx; granted: () => void }[] };

/** Where a process may die: before a step reaches the rows, after it did, and after its asker went on with the answer. */
export type Point = "before" | "after" | "answered";

const deadCommitChance = 0.5;
const traceMs = 3;
const unavailable = (why: string): StoreUnavailable => new StoreUnavailable(why);

/**
 * PostgreSQL as the log uses it: row locks in order of asking, read committed, writes seen by others from the commit on,
 * a commit that is durable at one instant though its answer may be lost. Each operation is a task of the scheduler.
 */
export class ModelDatabase {
  tables = new Tables();
  up = true;
  /** `full`: writes fail, reads do not. `refusing`: no connection is free. */
  mode: "well" | "slow" | "full" | "refusing" = "well";
  /** Constraints that were met. */
  readonly violations: string[] = [];
  /** Called at every place where a process may die. */
  onPoint: ((client: Life, point: Point) => void) | undefined;
  onCommit: ((events: readonly EventRow[]) => void) | undefined;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #delay: Delay;
  readonly #pending = new Set<Pending>();
  readonly #open = new Set<Tx>();
  readonly #locks = new Map<StreamId, Lock>();

  constructor(scheduler: Scheduler, random: Random, delay: Delay) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#delay = delay;
  }

  /** The store as one process sees it. */
  connect(client: Life): LogStore {
    const read = <T>(run: () => T) => this.#call(client, run);
    return {
      transaction: (work, epoch) => this.#transaction(client, work, epoch),
      append: (messages) => this.#append(client, messages),
      streams: (ids) =>
        read(() => {
          const { epoch } = this.tables;
          const found = [...new Set(ids)].sort().flatMap((stream) => readSnapshot(this.tables, stream) ?? []);
          return found.map((snapshot) => ({ ...snapshot, epoch }));
        }),
      events: (stream, after, to, limit, epoch) =>
        read(() => {
          if (epoch !== undefined && epoch !== this.tables.epoch) return [];
          const rows = this.tables.events(stream).filter((row) => row.seq > after && row.seq <= to);
          return rows.slice(0, limit).map(({ fingerprint: _, ...event }) => event);
        }),
      page: (query) => read(() => readPage(this.tables, query)),
      lookup: {
        messages: (stream, seqs) => read(() => readMessages(this.tables, stream, seqs)),
        inbox: (account, limit) => read(() => readInbox(this.tables, account, limit)),
        desk: (at) => read(() => readDesk(this.tables, at)),
        staff: () => read(() => readStaff(this.tables)),
        rights: (mark) => read(() => readRights(this.tables, mark)),
        receipts: (sums) => read(() => readReceipts(this.tables, sums)),
      },
      saveReceipts: (rows, epoch) =>
        read(() => {
          this.#assertRoom();
          if (epoch !== undefined && epoch !== this.tables.epoch) return 0;
          const raised = rows.map((row) => this.tables.raiseReceipt(row.stream, row.account, row.receipt));
          return raised.filter(Boolean).length;
        }),
      heads: (streams) =>
        read(() => {
          const heads = new Map<StreamId, number>();
          for (const id of streams) {
            const row = this.tables.streams.get(id);
            if (row) heads.set(id, row.lastSeq);
          }
          return { epoch: this.tables.epoch, heads };
        }),
    };
  }

  /** The process is gone: what it had open is rolled back, unless the commit was on its way and arrives. */
  abandon(client: Life): void {
    for (const pending of [...this.#pending]) if (pending.client === client) this.#pending.delete(pending);
    for (const tx of [...this.#open]) {
      if (tx.client !== client) continue;
      if (tx.state === "committing" && this.#random.chance(deadCommitChance)) continue;
      this.#end(tx);
    }
  }

  /** The server stops: open transactions are rolled back; a commit on its way may be done, but nobody is told. */
  crash(): void {
    this.up = false;
    for (const tx of [...this.#open]) {
      if (tx.state === "committing" && this.#random.chance(deadCommitChance)) this.#commit(tx);
      else this.#end(tx);
    }
    for (const { settle, reject } of [...this.#pending]) settle(() => reject(unavailable("57P01")));
  }

  restart(): void {
    this.up = true;
  }

  /** The inspector's marks; a statement of theirs takes part in no kill: the way of a message does not wait for it. */
  traces(client: Life): TraceStore {
    const ask = <T>(run: () => T): Promise<T> =>
      new Promise((resolve, reject) => {
        const work = (): void => {
          if (!this.up || this.mode === "refusing") reject(unavailable("ECONNREFUSED"));
          else resolve(run());
        };
        this.#scheduler.after(traceMs, work, client);
      });
    return {
      keepMs: 7 * 86_400_000,
      save: (rows, epoch) =>
        ask(() => {
          if (epoch === this.tables.epoch) this.tables.traces.push(...rows);
        }),
      rows: (stream, seq, fromAt, limit) =>
        ask(() =>
          this.tables.traces
            .filter((row) => row.stream === stream && row.untilAt >= fromAt && row.lastSeq >= seq)
            .slice(0, limit),
        ),
      forget: () => ask(() => 0),
      names: () => ask(() => new Map()),
      firstSeen: () => ask(() => new Map()),
    };
  }

  /** An older state comes back under a new epoch. */
  restore(backup: Tables): void {
    const epoch = this.tables.epoch + 1;
    this.tables = backup.copy();
    this.tables.epoch = epoch;
  }

  /** Somebody else holds a stream's row for a while. */
  hold(stream: StreamId, holder: Life, holdMs: number): void {
    if (!this.up || this.#locks.has(stream)) return;
    const tx: Tx = { client: holder, locks: new Set([stream]), staged: [], state: "open" };
    this.#open.add(tx);
    this.#locks.set(stream, { holder: tx, waiting: [] });
    this.#scheduler.after(holdMs, () => this.#end(tx));
  }

  #point(client: Life, point: Point): void {
    this.onPoint?.(client, point);
  }

  #assertRoom(): void {
    if (this.mode === "full") throw unavailable("53100");
  }

  #wait(): Delay {
    return this.mode === "slow" ? { lowMs: 5, highMs: 200, longMs: 2_000, longChance: 0.05 } : this.#delay;
  }

  /** One statement: sent, run at one moment, answered. `run` may give a promise when it waits for a lock. */
  #call<T>(client: Life, run: () => T | Promise<T>, tx?: Tx): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settle = (end: () => void): void => {
        if (!this.#pending.delete(pending)) return;
        this.#scheduler.soon(
          this.#wait(),
          () => {
            end();
            this.#scheduler.after(0, () => this.#point(client, "answered"), client);
          },
          client,
        );
      };
      const pending: Pending = { client, settle, reject };
      this.#pending.add(pending);
      const arrive = (): void => {
        if (!this.#pending.has(pending) && tx?.state !== "committing") return;
        if (!this.up) return settle(() => reject(unavailable("ECONNREFUSED")));
        if (tx?.state === "ended") return settle(() => reject(unavailable("57P01")));
        this.#point(client, "before");
        if (!this.up || (tx === undefined && !client.alive) || tx?.state === ("ended" as Tx["state"])) return;
        try {
          const value = run();
          const done = (answer: T): void => {
            this.#point(client, "after");
            settle(() => resolve(answer));
          };
          if (value instanceof Promise) value.then(done, (error) => settle(() => reject(error)));
          else done(value);
        } catch (error) {
          settle(() => reject(error));
        }
      };
      // A commit on its way arrives also when its sender is dead.
      this.#scheduler.soon(this.#wait(), arrive, tx?.state === "committing" ? undefined : client);
    });
  }

  async #transaction<T>(client: Life, work: (tx: LogTransaction) => Promise<T>, epoch: number | undefined): Promise<T> {
    const tx: Tx = { client, locks: new Set(), staged: [], state: "open" };
    await this.#call(client, () => {
      if (this.mode === "refusing") throw unavailable("53300");
      this.#open.add(tx);
    });
    let result: T;
    try {
      result = await work(this.#statements(client, tx, epoch));
    } catch (error) {
      await this.#call(client, () => this.#end(tx)).catch(() => undefined);
      throw error;
    }
    if (tx.state === "open") tx.state = "committing";
    await this.#call(client, () => this.#commit(tx), tx);
    return result;
  }

  /** One statement that commits by itself: whoever asked for it may be dead when it is done. */
  #append(client: Life, { epoch, versions, messages, at }: MessageAppend): Promise<Map<StreamId, Seq> | undefined> {
    const tx: Tx = { client, locks: new Set(), staged: [], state: "committing" };
    const decline = (): undefined => void this.#end(tx);
    return this.#call(
      client,
      async () => {
        if (this.mode === "refusing") throw unavailable("53300");
        this.#open.add(tx);
        try {
          const rows = await this.#lock(tx, [...versions.keys()]);
          if (tx.state === "ended") throw unavailable("57P01");
          if (epoch !== this.tables.epoch || rows.length < versions.size) return decline();
          if (rows.some(({ id, version }) => versions.get(id) !== version)) return decline();
          if (messages.some(({ commandId }) => this.tables.hasCommandId(commandId))) return decline();
          const heads = new Map(rows.map(({ id, lastSeq }) => [id, lastSeq]));
          const next = new Map(heads);
          const events = messages.map(({ stream, ...message }) => {
            const seq = (next.get(stream) ?? 0) + 1;
            next.set(stream, seq);
            return { stream, seq, type: "message.sent" as const, at, ...message };
          });
          const moved = [...next].map(([id, lastSeq]) => ({ id, lastSeq }));
          this.#stage(tx, { ...noChanges(), events, heads: moved });
          this.#commit(tx);
          return heads;
        } catch (error) {
          this.#end(tx);
          throw error;
        }
      },
      tx,
    );
  }

  #statements(client: Life, tx: Tx, epoch: number | undefined): LogTransaction {
    const lock = async (streams: readonly StreamId[]): Promise<StreamRow[]> => {
      const rows = await this.#lock(tx, streams);
      if (epoch !== undefined && epoch !== this.tables.epoch) throw new StaleEpoch("another epoch");
      return rows;
    };
    return {
      lock: (streams) => this.#call(client, () => lock(streams), tx),
      load: async (wanted) => {
        const part = <K extends keyof Wanted>(name: K): Promise<Loaded[K]> | Loaded[K] =>
          wanted[name].length === 0
            ? ([] as Loaded[K])
            : this.#call(client, () => loads[name](this.tables, wanted[name]), tx);
        const [commands, members, messages, accounts] = await Promise.all([
          part("commands"),
          part("members"),
          part("messages"),
          part("accounts"),
        ]);
        return { commands, members, messages, accounts };
      },
      write: (changes) => this.#call(client, () => this.#stage(tx, changes), tx),
    };
  }

  /** Row locks one after another in order of id, then the rows as they are once all are held. */
  async #lock(tx: Tx, streams: readonly StreamId[]): Promise<StreamRow[]> {
    const there = [...new Set(streams)].filter((id) => this.tables.streams.has(id)).sort();
    for (const id of there) await this.#take(tx, id);
    return there.map((id) => ({ ...(this.tables.streams.get(id) as StreamRow) }));
  }

  #take(tx: Tx, id: StreamId): Promise<void> | void {
    if (tx.state === "ended") throw unavailable("57P01");
    const lock = this.#locks.get(id);
    if (lock?.holder === tx) return;
    if (lock) return new Promise((granted) => lock.waiting.push({ tx, granted }));
    this.#locks.set(id, { holder: tx, waiting: [] });
    tx.locks.add(id);
  }

  #stage(tx: Tx, changes: Changes): void {
    this.#assertRoom();
    this.#guard(() => this.tables.check(changes));
    tx.staged.push(stored(changes));
  }

  #commit(tx: Tx): void {
    if (tx.state === "ended") throw unavailable("57P01");
    try {
      for (const changes of tx.staged) this.#guard(() => this.tables.check(changes));
      for (const changes of tx.staged) this.tables.apply(changes);
    } finally {
      this.#end(tx);
    }
    for (const { events } of tx.staged) this.onCommit?.(events);
  }

  #guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      if (error instanceof ConstraintViolation) this.violations.push(error.message);
      throw error;
    }
  }

  #end(tx: Tx): void {
    tx.state = "ended";
    this.#open.delete(tx);
    for (const lock of this.#locks.values()) lock.waiting = lock.waiting.filter((one) => one.tx !== tx);
    for (const id of tx.locks) {
      const next = this.#locks.get(id)?.waiting.shift();
      const lock = this.#locks.get(id);
      if (!next || !lock) {
        this.#locks.delete(id);
        continue;
      }
      lock.holder = next.tx;
      next.tx.locks.add(id);
      this.#scheduler.soon(this.#wait(), next.granted);
    }
    tx.locks.clear();
  }
}
