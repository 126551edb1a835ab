import { type Actor, apply, type StreamState, trim } from "@aftercare/core";
import type { CommandId, Event, ListLine, Seq, StreamId } from "@aftercare/protocol";
import type { Done, Entry, LocalDraft } from "./change.ts";
import { Source } from "./observable.ts";
import type { Clock, Store, StoreWrite, TransportName } from "./types.ts";

/** Raised when what is kept changes its form: an older cache is cleared and read again. */
const FORMAT = 1;
const RETRY_MS = 5_000;
/** How long ago something may have been sent that is sent again when the log went back: backups and replicas lag less. */
export const AGAIN_MS = 3_600_000;
/** Timeline items kept of one stream. */
export const KEPT_ITEMS = 200;
/** Rows of one stream after which they are folded into its state. */
const FOLD_ROWS = 64;

const GONE = Symbol("deleted");
type Edits = Map<string, unknown>;

export type Loaded = {
  me: Actor | undefined;
  streams: StreamState[];
  outbox: Entry[];
  drafts: [StreamId, LocalDraft][];
  reads: [StreamId, Seq][];
  /** First lines of lists, by their whole key. */
  lists: [string, ListLine[]][];
  transport: TransportName | undefined;
};

const nothing = (): Loaded => ({
  me: undefined,
  streams: [],
  outbox: [],
  drafts: [],
  reads: [],
  lists: [],
  transport: undefined,
});

const pad = (value: number): string => String(value).padStart(16, "0");
const streamPrefix = (stream: StreamId): string => `stream/${stream}/`;
export const outKey = (entry: Entry): string => `out/${pad(entry.order)}/${entry.id}`;
export const doneKey = (id: CommandId): string => `done/${id}`;
export const draftKey = (stream: StreamId): string => `draft/${stream}`;
export const readKey = (stream: StreamId): string => `read/${stream}`;

/** What is kept of an entry: how it stood on a link that is gone does not matter. */
export function outRow(entry: Entry): unknown {
  const { acked: _, found: __, status, ...rest } = entry;
  return { ...rest, status: status.state === "failed" ? status : { state: "waiting" } };
}

const keptAt = (done: Done): number => done.keptAt ?? done.at;

/**
 * The layout of the store, and its only writer in this tab. Writes are merged while one is under way and stay in order.
 * A store that fails is told by `storage`; what it did not take is kept here and offered again.
 */
export class Cache {
  readonly storage = new Source<"ok" | "failing">("ok");
  readonly #store: Store;
  readonly #clock: Clock;
  /** Rows in the store by stream, oldest first. Known to the leader alone, as only it writes them. */
  readonly #rows = new Map<StreamId, Seq[]>();
  #next: { edits: Edits; done: (() => void)[] } | undefined;
  #failed: Edits = new Map();
  #wipe = false;
  #running = false;
  #retry: unknown;
  #closed = false;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Resolves when the change is in the store, or the store has failed and it is kept in memory. */
  write(change: StoreWrite): Promise<void> {
    this.#next ??= { edits: new Map(), done: [] };
    for (const key of change.delete ?? []) this.#next.edits.set(key, GONE);
    for (const [key, value] of change.put ?? []) this.#next.edits.set(key, value);
    const { done } = this.#next;
    const written = new Promise<void>((resolve) => done.push(resolve));
    if (!this.#running) void this.#run();
    return written;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#next) {
      const { edits, done } = this.#next;
      this.#next = undefined;
      const all: Edits = new Map([...this.#failed, ...edits]);
      const failed = await this.#attempt(all);
      this.#failed = failed ? all : new Map();
      this.storage.set(failed ? "failing" : "ok");
      if (failed) this.#retryLater();
      for (const resolve of done) resolve();
    }
    this.#running = false;
  }

  /** An error of the store is the world's: it is shown as `failing`, and the client goes on in memory. */
  async #attempt(edits: Edits): Promise<boolean> {
    const put: [string, unknown][] = [];
    const gone: string[] = [];
    for (const [key, value] of edits) {
      if (value === GONE) gone.push(key);
      else put.push([key, value]);
    }
    try {
      if (this.#wipe) {
        await this.#store.clear();
        this.#wipe = false;
      }
      if (put.length + gone.length > 0) await this.#store.write({ put, delete: gone });
      return false;
    } catch {
      return true;
    }
  }

  #retryLater(): void {
    if (this.#retry !== undefined || this.#closed) return;
    this.#retry = this.#clock.setTimer(() => {
      this.#retry = undefined;
      void this.write({});
    }, RETRY_MS);
  }

  /** Whether the store has not taken what was written under this key. */
  unsaved(key: string): boolean {
    return this.#failed.has(key);
  }

  clear(): Promise<void> {
    this.#failed.clear();
    this.#next?.edits.clear();
    this.#rows.clear();
    this.#wipe = true;
    return this.write({ put: [["format", FORMAT]] });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#clock.clearTimer(this.#retry);
    await this.write({});
    await this.#store.close();
  }

  /** Everything kept, in one read. What cannot be understood is deleted and comes from the server again. */
  async load(): Promise<Loaded> {
    let entries: [string, unknown][];
    try {
      entries = await this.#store.list("");
    } catch {
      this.storage.set("failing");
      return nothing();
    }
    const format = entries.find(([key]) => key === "format")?.[1];
    if (format !== FORMAT) {
      if (entries.length > 0) await this.clear();
      else await this.write({ put: [["format", FORMAT]] });
      return nothing();
    }
    const { loaded, bad } = this.#understand(entries);
    if (bad.length > 0) await this.write({ delete: bad });
    return loaded;
  }

  #understand(entries: readonly [string, unknown][]): { loaded: Loaded; bad: string[] } {
    const loaded = nothing();
    const bad: string[] = [];
    const streams = new Map<StreamId, [string, unknown][]>();
    for (const [key, value] of entries) {
      const [room = "", id = ""] = key.split("/");
      if (room === "stream") {
        const of = streams.get(id) ?? [];
        of.push([key, value]);
        streams.set(id, of);
      } else if (room === "me" && isRecord(value)) loaded.me = value as Actor;
      else if (room === "out" && isRecord(value) && isRecord(value.status) && typeof value.order === "number")
        loaded.outbox.push({ ...(value as Entry), found: true });
      else if (room === "draft" && isRecord(value)) loaded.drafts.push([id, value as LocalDraft]);
      else if (room === "read" && typeof value === "number") loaded.reads.push([id, value]);
      else if (room === "list" && Array.isArray(value)) loaded.lists.push([key, value as ListLine[]]);
      else if (room === "transport") loaded.transport = value as TransportName;
      else if (room === "done" && keptAt(value as Done) > this.#clock.now() - AGAIN_MS) continue;
      else if (room !== "format") bad.push(key);
    }
    for (const [stream, rows] of streams) {
      const built = rebuild(stream, rows);
      if (built) {
        loaded.streams.push(built.state);
        this.#rows.set(stream, built.rows);
      } else bad.push(...rows.map(([key]) => key));
    }
    return { loaded, bad };
  }

  /* ---- edits of one stream, to go into one transaction ---- */

  appendEdit(stream: StreamId, epoch: number, events: readonly Event[]): Required<StoreWrite> {
    const rows = this.#rows.get(stream) ?? [];
    this.#rows.set(stream, rows);
    const put: [string, unknown][] = [];
    for (const event of events) {
      rows.push(event.seq);
      put.push([eventKey(stream, event.seq), event]);
    }
    put.push([cursorKey(stream), { epoch, seq: rows.at(-1) }]);
    return { put, delete: [] };
  }

  stateEdit(state: StreamState): Required<StoreWrite> {
    const { stream, epoch, seq } = state;
    const kept = state.kind === "conversation" ? trim(state, KEPT_ITEMS) : state;
    const gone = (this.#rows.get(stream) ?? []).map((row) => eventKey(stream, row));
    this.#rows.set(stream, []);
    return {
      put: [
        [stateKey(stream), kept],
        [cursorKey(stream), { epoch, seq }],
      ],
      delete: gone,
    };
  }

  dropEdit(stream: StreamId): Required<StoreWrite> {
    const gone = (this.#rows.get(stream) ?? []).map((row) => eventKey(stream, row));
    this.#rows.delete(stream);
    return { put: [], delete: [stateKey(stream), cursorKey(stream), ...gone] };
  }

  /** Everything but what was typed here: what was read, and as whom. */
  readEdit(reads: Iterable<StreamId>): Required<StoreWrite> {
    const gone = [...this.#rows.keys()].flatMap((stream) => this.dropEdit(stream).delete);
    return { put: [], delete: ["me", ...gone, ...[...reads].map(readKey)] };
  }

  rowCount(stream: StreamId): number {
    return this.#rows.get(stream)?.length ?? 0;
  }

  wantsFold(stream: StreamId): boolean {
    return this.rowCount(stream) >= FOLD_ROWS;
  }
}

const stateKey = (stream: StreamId): string => `${streamPrefix(stream)}state`;
const cursorKey = (stream: StreamId): string => `${streamPrefix(stream)}cursor`;
const eventKey = (stream: StreamId, seq: Seq): string => `${streamPrefix(stream)}event/${pad(seq)}`;
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** The state with its later rows; undefined when they do not make the whole that the cursor says. */
function rebuild(
  stream: StreamId,
  entries: readonly [string, unknown][],
): { state: StreamState; rows: Seq[] } | undefined {
  const byKey = new Map(entries);
  const cursor = byKey.get(cursorKey(stream));
  let state = byKey.get(stateKey(stream)) as StreamState;
  if (!isRecord(state) || !isRecord(cursor) || !Number.isSafeInteger(state.seq) || state.stream !== stream)
    return undefined;
  const rows: Seq[] = [];
  const prefix = `${streamPrefix(stream)}event/`;
  try {
    for (const [key, value] of entries) {
      if (!key.startsWith(prefix)) continue;
      rows.push(Number(key.slice(prefix.length)));
      state = apply(state, value as Event);
    }
  } catch {
    // A gap or a broken row: not a bug of ours to assert, a damaged disk to recover from.
    return undefined;
  }
  return state.seq === cursor.seq && state.epoch === cursor.epoch ? { state, rows } : undefined;
}
