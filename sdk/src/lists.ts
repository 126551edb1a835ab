import { canonical, plainText, previewText } from "@aftercare/core";
import {
  type Event,
  type ListCounts,
  type ListLine,
  type ListPage,
  type ListQuery,
  limits,
  type Part,
  type Read,
  type StreamId,
} from "@aftercare/protocol";
import type { Cache } from "./cache.ts";
import type { Change, ReadOutcome } from "./change.ts";
import type { ListHandle, ListState } from "./list.ts";
import { Source } from "./observable.ts";
import type { Clock, Observable } from "./types.ts";

/** Lines of a page, and of what is kept on the device. */
const PAGE_LINES = 50;
/** A list is read anew at most this often, and the counts at most that often. */
const AGAIN_MS = 1_000;
const COUNTS_MS = 3_000;
/** Conversations that this device does not follow change unheard: so often the first page is read anew without a reason. */
const QUIET_MS = 15_000;
/** What is found by words costs the server a look through many conversations. */
const QUIET_FOUND_MS = 60_000;
/** Pages looked at in one go for the next line of a list that is filtered by words. */
const EMPTY_PAGES = 5;

type Ask = (read: Read) => Promise<ReadOutcome>;
export type ListsCtx = { readonly cache: Pick<Cache, "write">; readonly clock: Clock; readonly ask: Ask };

export const listKey = (query: ListQuery): string => `list/${encodeURIComponent(canonical(query))}`;

/** The lists on screen of one tab. Each is read by the tab that shows it; what changes is heard from whatever is followed. */
export class Lists {
  readonly #ctx: ListsCtx;
  readonly #open = new Map<string, { list: List; handles: number }>();
  readonly #kept = new Map<string, ListLine[]>();
  readonly #counts = new Source<ListCounts | undefined>(undefined);
  readonly #countsPace: Pace;

  constructor(ctx: ListsCtx) {
    this.#ctx = ctx;
    this.#countsPace = new Pace(ctx.clock, COUNTS_MS, () => this.#count());
  }

  /** Takes what the device kept. */
  fill(kept: readonly [string, ListLine[]][]): void {
    for (const [key, lines] of kept) {
      this.#kept.set(key, lines);
      this.#open.get(key)?.list.fill(lines);
    }
  }

  open(query: ListQuery): ListHandle {
    const key = listKey(query);
    const known = this.#open.get(key);
    const one = known ?? { list: new List(this.#ctx, query, this.#kept.get(key) ?? []), handles: 0 };
    one.handles++;
    this.#open.set(key, one);
    if (!known) one.list.pace.want();
    this.#countsPace.want();
    let isOpen = true;
    return {
      query,
      view: one.list.view,
      counts: this.#counts as Observable<ListCounts | undefined>,
      more: () => one.list.more(),
      refresh: () => one.list.refresh(),
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        if (--one.handles > 0) return;
        // What was searched for is seldom searched for again.
        if (query.query === undefined) this.#kept.set(key, one.list.view.value.lines.slice(0, PAGE_LINES));
        one.list.stop();
        this.#open.delete(key);
        if (this.#open.size === 0) this.#countsPace.stop();
      },
    };
  }

  took(changes: readonly Change[]): void {
    if (changes.some(({ t }) => t === "wiped")) {
      this.#kept.clear();
      this.#counts.set(undefined);
      for (const { list } of this.#open.values()) list.clear();
    }
    for (const change of changes) if (change.t === "events") this.#amend(change.stream, change.events);
    if (this.#open.size === 0) return;
    const touched = new Set<StreamId>();
    let all = false;
    for (const change of changes) {
      if (change.t === "connection") all ||= change.connection.state === "online";
      else if (change.t === "read") this.#read(change.stream);
      else if (change.t === "wiped") all = true;
      if (change.t === "events" || change.t === "reset" || change.t === "gone" || change.t === "receipts")
        touched.add(change.t === "reset" ? change.state.stream : change.stream);
    }
    if (!all && touched.size === 0) return;
    for (const { list } of this.#open.values()) list.touch(touched, all);
    this.#countsPace.want();
  }

  /** A text that was edited or recalled stays in no list, not in one that is closed either, nor in the store (law 14). */
  #amend(stream: StreamId, events: readonly Event[]): void {
    const folds = events.filter(({ type }) => type === "message.edited" || type === "message.recalled");
    if (folds.length === 0) return;
    for (const { list } of this.#open.values()) list.amend(stream, folds);
    for (const [key, lines] of this.#kept) {
      const next = amended(lines, stream, folds);
      if (next === lines) continue;
      this.#kept.set(key, next);
      // What an open one has in the store is its own.
      if (!this.#open.has(key)) void this.#ctx.cache.write({ put: [[key, next]] });
    }
  }

  /** Read on this device: shown at once. */
  #read(stream: StreamId): void {
    for (const { list } of this.#open.values()) list.read(stream);
  }

  async #count(): Promise<void> {
    const outcome = await this.#ctx.ask({ type: "counts" });
    if ("answer" in outcome && this.#open.size > 0) this.#counts.set(outcome.answer as ListCounts);
  }

  stop(): void {
    this.#countsPace.stop();
    for (const { list } of this.#open.values()) list.stop();
    this.#open.clear();
  }
}

/** The lines with what became of the message that one of them tells of; the same ones where it tells of no such. */
function amended<L extends readonly ListLine[]>(lines: L, stream: StreamId, folds: readonly Event[]): L | ListLine[] {
  const index = lines.findIndex((line) => line.stream === stream);
  const line = lines[index];
  if (!line?.last) return lines;
  let { last } = line;
  for (const { type, body } of folds) {
    const { seq, parts } = body as { seq?: number; parts?: Part[] };
    if (seq !== last.seq) continue;
    last =
      type === "message.edited"
        ? { ...last, text: previewText(plainText(parts ?? [])) }
        : { ...last, text: "", recalled: true };
  }
  return last === line.last ? lines : lines.with(index, { ...line, last });
}

/** Does some work when it is wanted, one at a time and never sooner after the last time began than the given time. */
class Pace {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #work: () => Promise<void>;
  #beganAt = Number.NEGATIVE_INFINITY;
  #timer: unknown;
  #busy = false;
  #wanted = false;

  constructor(clock: Clock, everyMs: number, work: () => Promise<void>) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#work = work;
  }

  want(): void {
    this.#wanted = true;
    if (this.#busy || this.#timer !== undefined) return;
    const waitMs = Math.max(0, this.#everyMs - (this.#clock.elapsed() - this.#beganAt));
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = undefined;
      void this.#run();
    }, waitMs);
  }

  async #run(): Promise<void> {
    this.#wanted = false;
    this.#busy = true;
    this.#beganAt = this.#clock.elapsed();
    try {
      await this.#work();
    } finally {
      this.#busy = false;
    }
    if (this.#wanted) this.want();
  }

  stop(): void {
    this.#wanted = false;
    this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }
}

/** One list: the pages read so far, made right by reading again from the top as far as something changed. */
class List {
  readonly view: Source<ListState>;
  readonly pace: Pace;
  readonly #ctx: ListsCtx;
  readonly #query: ListQuery;
  #next: string | undefined;
  /** Reads follow one another: each begins with the lines that the one before left. */
  #work: Promise<void> = Promise.resolve();
  #touched = new Set<StreamId>();
  #quiet: unknown;
  #stopped = false;
  #isLive = false;
  /** The link was lost since the lines were read: whatever is on screen is read anew. */
  #isOld = false;

  constructor(ctx: ListsCtx, query: ListQuery, kept: ListLine[]) {
    this.#ctx = ctx;
    this.#query = query;
    this.view = new Source<ListState>({ status: kept.length > 0 ? "filling" : "loading", lines: kept, more: "none" });
    this.pace = new Pace(ctx.clock, AGAIN_MS, () => this.#again());
  }

  get #quietMs(): number {
    return this.#query.query === undefined ? QUIET_MS : QUIET_FOUND_MS;
  }

  fill(lines: ListLine[]): void {
    if (this.view.value.status === "loading") this.#set({ status: "filling", lines });
  }

  clear(): void {
    this.#isLive = false;
    this.#next = undefined;
    this.view.set({ status: "loading", lines: [], more: "none" });
  }

  /** `all`: anything may have changed. */
  touch(streams: ReadonlySet<StreamId>, all: boolean): void {
    for (const stream of streams) this.#touched.add(stream.replace(/^n/, "c"));
    this.#isOld ||= all;
    // A conversation that the words do not find is no reason to look through all of them.
    const isFound = this.#query.query !== undefined;
    if (isFound && !all && !this.view.value.lines.some(({ stream }) => this.#touched.has(stream))) return;
    this.pace.want();
  }

  amend(stream: StreamId, folds: readonly Event[]): void {
    const lines = amended(this.view.value.lines, stream, folds);
    if (lines === this.view.value.lines) return;
    this.#set({ lines });
    this.#keep();
  }

  read(stream: StreamId): void {
    const { lines } = this.view.value;
    const index = lines.findIndex((line) => line.stream === stream);
    const line = lines[index];
    if (!line || line.unread.count === 0) return;
    this.#set({ lines: lines.with(index, { ...line, unread: { count: 0, more: false } }) });
  }

  refresh(): Promise<void> {
    return this.#then(async () => void (await this.#readTo(this.view.value.lines.length)));
  }

  more(): Promise<void> {
    if (this.view.value.more !== "more") return Promise.resolve();
    this.#set({ more: "reading" });
    return this.#then(async () => {
      for (let pages = 0; pages < EMPTY_PAGES && this.#next !== undefined; pages++) {
        const page = await this.#page(PAGE_LINES, this.#next);
        if (!page) break;
        this.#next = page.next;
        const { lines } = this.view.value;
        const known = new Set(lines.map(({ stream }) => stream));
        const fresh = page.lines.filter(({ stream }) => !known.has(stream));
        if (fresh.length > 0) this.#set({ lines: [...lines, ...fresh] });
        if (fresh.length > 0) break;
      }
      this.#set({ more: this.#next === undefined ? "none" : "more" });
    });
  }

  stop(): void {
    this.#stopped = true;
    this.pace.stop();
    this.#ctx.clock.clearTimer(this.#quiet);
  }

  #then(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(() => (this.#stopped ? undefined : work()));
    // One that fails is told to whoever asked; those after it are done all the same.
    this.#work = done.catch(() => undefined);
    return done;
  }

  #again(): Promise<void> {
    this.#ctx.clock.clearTimer(this.#quiet);
    return this.#then(async () => {
      const touched = this.#touched;
      const isOld = this.#isOld;
      this.#touched = new Set();
      this.#isOld = false;
      const { lines } = this.view.value;
      const depth = isOld ? lines.length : lines.findLastIndex(({ stream }) => touched.has(stream)) + 1;
      if (!(await this.#readTo(depth))) this.#isOld = true;
      if (!this.#stopped) this.#quiet = this.#ctx.clock.setTimer(() => this.pace.want(), this.#quietMs);
    });
  }

  /** Reads from the top until so many lines are known anew, and puts those behind them that were known before. */
  async #readTo(count: number): Promise<boolean> {
    const anew: ListLine[] = [];
    const seen = new Set<StreamId>();
    let next: string | undefined;
    do {
      const page = await this.#page(Math.min(limits.pageItems, Math.max(PAGE_LINES, count - anew.length)), next);
      if (!page) {
        this.#set({ status: "failed" });
        return false;
      }
      // What moved while the pages were read is shown where it was met first.
      anew.push(...page.lines.filter(({ stream }) => !seen.has(stream)));
      for (const { stream } of page.lines) seen.add(stream);
      next = page.next;
    } while (next !== undefined && anew.length < count);
    this.#take(anew, seen, next);
    return true;
  }

  #take(anew: ListLine[], seen: ReadonlySet<StreamId>, next: string | undefined): void {
    const before = this.view.value.lines;
    const known = new Map(before.map((line) => [line.stream, line]));
    const lines = anew.map((line) => {
      const old = known.get(line.stream);
      return old && canonical(old) === canonical(line) ? old : line;
    });
    // Lines from the device's store end where they were cut, not where a page ends.
    const tail =
      next === undefined || !this.#isLive
        ? []
        : before.filter((line) => !seen.has(line.stream) && this.#isBeyond(line, next as string));
    if (tail.length === 0) this.#next = next;
    this.#isLive = true;
    this.#set({ status: "live", lines: [...lines, ...tail], more: this.#next === undefined ? "none" : "more" });
    this.#keep();
  }

  #keep(): void {
    const { lines } = this.view.value;
    if (this.#query.query === undefined)
      void this.#ctx.cache.write({ put: [[listKey(this.#query), lines.slice(0, PAGE_LINES)]] });
  }

  /** Whether a line stands behind the place where the pages read anew end. */
  #isBeyond(line: ListLine, cursor: string): boolean {
    const [at, stream = ""] = cursor.split("~");
    const { sort = "newest" } = this.#query;
    const mine = sort === "waiting-longest" ? (line.waitingSince ?? 0) : line.lastAt;
    const after = mine === Number(at) ? line.stream > stream : mine > Number(at);
    return sort === "newest" ? !after && line.stream !== stream : after;
  }

  async #page(limit: number, after: string | undefined): Promise<ListPage | undefined> {
    const read = { type: "list" as const, ...this.#query, limit, ...(after !== undefined && { after }) };
    const outcome = await this.#ctx.ask(read);
    return "answer" in outcome && !this.#stopped ? (outcome.answer as ListPage) : undefined;
  }

  #set(change: Partial<ListState>): void {
    const { value } = this.view;
    const next = { ...value, ...change };
    const isSame =
      next.status === value.status &&
      next.more === value.more &&
      next.lines.length === value.lines.length &&
      next.lines.every((line, index) => line === value.lines[index]);
    if (!isSame && !this.#stopped) this.view.set(next);
  }
}
