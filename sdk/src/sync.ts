import { fromSnapshot, supersedes } from "@aftercare/core";
import {
  type ClientFrame,
  type Cursor,
  type Event,
  isStreamId,
  limits,
  notesOf,
  type Seq,
  type ServerFrame,
  type Snapshot,
  type StreamId,
  streamKind,
} from "@aftercare/protocol";
import type { PlanAgain } from "./again.ts";
import type { Ctx } from "./context.ts";
import { newPlan, type Plan, planWrite } from "./plan.ts";
import { keepReceipts } from "./slot.ts";

/** A batch of frames that are persisted in one transaction. */
const BATCH_FRAMES = 256;
/** Wait before a stream is asked again, when an answer has left it behind; grows where the answer is no. */
const REASK_MS = 1_000;
const MOST_REASK_MS = 60_000;
const IDLE_FOLD_MS = 30_000;
const IDLE_FOLD_ROWS = 8;
/** Streams followed because a page looked at them, beside those of the inbox. */
const WATCHED_STREAMS = 200;

/** Puts right what a log that went back has lost: rarely needed. */
export const loadAgain = () => import("./again.ts");

/** Where this client stands with a stream, persisted or being persisted: ahead of what is shown. */
type Standing = { epoch: number; seq: Seq; asked: boolean; live: boolean; waiting: boolean };

export type SyncEvents = {
  send(frame: ClientFrame): void;
  /** Frames about commands and reads go to those who keep them. */
  other(frame: ServerFrame, plan: Plan): void;
  /** Events, a snapshot or the end of a stream are about to be persisted: what they confirm can go. */
  confirmed(stream: StreamId, events: readonly Event[], seq: Seq, gone: boolean, plan: Plan): void;
  /** A stream has moved, persisted and applied. */
  moved(stream: StreamId): void;
  /** A bug while taking frames: the link begins anew. */
  failed(): void;
};

/** Brings frames of the server into the streams, in order, never across a gap (law 4): persist, apply, emit. */
export class Sync {
  readonly #ctx: Ctx;
  readonly #events: SyncEvents;
  readonly #standings = new Map<StreamId, Standing>();
  /** Streams that the server does not give, with how often it said so. */
  readonly #refused = new Map<StreamId, number>();
  readonly #watched = new Set<StreamId>();
  readonly #timers = new Set<unknown>();
  #queue: ServerFrame[] = [];
  #named: readonly StreamId[] = [];
  #running = false;
  #online = false;
  #stopped = false;
  /** Grows when everything is forgotten: a batch from before changes nothing after. */
  #age = 0;
  #idle: unknown;
  /** Puts right what a log that went back under a new epoch has lost. */
  #planAgain: PlanAgain | undefined;
  #againFor = 0;

  constructor(ctx: Ctx, events: SyncEvents) {
    this.#ctx = ctx;
    this.#events = events;
    this.#load();
  }

  #load(): void {
    for (const { stream, state } of this.#ctx.model.slots.values())
      if (state)
        this.#standings.set(stream, { epoch: state.epoch, seq: state.seq, asked: false, live: false, waiting: false });
  }

  /* ---- the link ---- */

  /** For the hello: the inbox first, then as many as a frame may carry. */
  cursors(): Cursor[] {
    const inbox = this.#ctx.model.inboxStream;
    const streams = [...this.#standings].filter(([, { epoch }]) => epoch > 0).map(([stream]) => stream);
    streams.sort((a, b) => Number(b === inbox) - Number(a === inbox));
    this.#named = streams.slice(0, limits.cursorsPerFrame);
    return this.#named.map((stream) => this.#cursor(stream));
  }

  #cursor(stream: StreamId): Cursor {
    const standing = this.#standings.get(stream);
    return standing && standing.epoch > 0 ? { stream, epoch: standing.epoch, seq: standing.seq } : { stream };
  }

  welcomed(): void {
    this.#online = true;
    this.#refused.clear();
    const inbox = this.#ctx.model.inboxStream;
    // The server answers for the inbox also when it was not named.
    for (const stream of inbox === undefined ? this.#named : [inbox, ...this.#named])
      this.#standing(stream).asked = true;
    const rest = [...this.#standings.keys()].filter((stream) => !this.#standing(stream).asked);
    this.#ask([...rest, ...[...this.#watched].filter((stream) => !this.#standings.has(stream))]);
    // An upgrade may take the file away before a new epoch asks for it.
    void loadAgain().catch(() => undefined);
  }

  /** The link is lost: what it still had to say comes again on the next one. */
  cut(): void {
    this.#online = false;
    this.#queue = [];
    for (const [stream, standing] of this.#standings) {
      standing.asked = false;
      standing.live = false;
      standing.waiting = false;
      if (standing.epoch === 0) this.#standings.delete(stream);
    }
  }

  forget(): void {
    this.#age++;
    this.#queue = [];
    this.#standings.clear();
    this.#refused.clear();
  }

  stop(): void {
    this.#stopped = true;
    this.#queue = [];
    for (const timer of this.#timers) this.#ctx.ports.clock.clearTimer(timer);
    this.#ctx.ports.clock.clearTimer(this.#idle);
  }

  isLive(stream: StreamId): boolean {
    return this.#standings.get(stream)?.live === true;
  }

  /** The last event that is persisted, or about to be; undefined where nothing is known. */
  seqOf(stream: StreamId): Seq | undefined {
    const standing = this.#standings.get(stream);
    return standing && standing.epoch > 0 ? standing.seq : undefined;
  }

  /** Whether the stream is known, asked for, or about to be. */
  follows(stream: StreamId): boolean {
    if (this.#standings.has(stream)) return true;
    return !this.#refused.has(stream) && (this.#watched.has(stream) || this.#listed().includes(stream));
  }

  /** A page looks at the stream: it is read also when it is not in the inbox (yet). What can be none would end the session. */
  watch(stream: StreamId): void {
    if (!isStreamId(stream)) return;
    const isKnown = this.#watched.delete(stream);
    this.#watched.add(stream);
    if (isKnown && !this.#refused.has(stream)) return;
    this.#refused.delete(stream);
    this.#unwatch();
    if (this.#online && !this.#standings.has(stream)) this.#ask([stream]);
  }

  /** What no page looks at any more makes room: the ones not looked at for longest first. */
  #unwatch(): void {
    const listed = new Set(this.#listed());
    const gone: StreamId[] = [];
    let over = this.#watched.size - WATCHED_STREAMS;
    for (const stream of this.#watched) {
      if (over <= 0) break;
      if ((this.#ctx.model.slots.get(stream)?.handles ?? 0) > 0) continue;
      this.#watched.delete(stream);
      over--;
      if (this.#standings.has(stream) && !listed.has(stream)) gone.push(stream);
    }
    if (gone.length > 0) void this.#drop(gone);
  }

  #standing(stream: StreamId): Standing {
    const known = this.#standings.get(stream);
    if (known) return known;
    const made: Standing = { epoch: 0, seq: 0, asked: false, live: false, waiting: false };
    this.#standings.set(stream, made);
    return made;
  }

  #ask(streams: readonly StreamId[]): void {
    if (!this.#online) return;
    for (let i = 0; i < streams.length; i += limits.cursorsPerFrame) {
      const some = streams.slice(i, i + limits.cursorsPerFrame);
      this.#events.send({ t: "subscribe", cursors: some.map((stream) => this.#cursor(stream)) });
      for (const stream of some) this.#standing(stream).asked = true;
    }
  }

  /** A gap was found: the log is asked, once at a time. */
  #fill(stream: StreamId, plan: Plan): void {
    const standing = this.#standings.get(stream);
    if (!standing || standing.asked || standing.waiting) return;
    standing.asked = true;
    standing.live = false;
    plan.changes.push({ t: "live", stream, live: false });
    plan.after.push(() => this.#ask([stream]));
  }

  #fillLater(stream: StreamId, standing: Standing): void {
    standing.waiting = true;
    const timer = this.#ctx.ports.clock.setTimer(() => {
      this.#timers.delete(timer);
      if (!standing.waiting || this.#standings.get(stream) !== standing) return;
      standing.waiting = false;
      if (!standing.asked) this.#ask([stream]);
    }, REASK_MS);
    this.#timers.add(timer);
  }

  /**
   * A node that is behind may end a stream for a leaving when the account has joined again since: while the inbox lists
   * it, it is asked for again.
   */
  #doubt(stream: StreamId): void {
    const times = (this.#refused.get(stream) ?? 0) + 1;
    this.#refused.set(stream, times);
    const timer = this.#ctx.ports.clock.setTimer(
      () => {
        this.#timers.delete(timer);
        if (this.#refused.get(stream) === times && !this.#standings.has(stream) && this.#listed().includes(stream))
          this.#ask([stream]);
      },
      Math.min(REASK_MS * 2 ** (times - 1), MOST_REASK_MS),
    );
    this.#timers.add(timer);
  }

  /* ---- frames ---- */

  take(frame: ServerFrame): void {
    this.#queue.push(frame);
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      while (this.#queue.length > 0 && !this.#stopped) {
        const restored = this.#queue.map((frame) => this.#restoredTo(frame)).find((epoch) => epoch > 0);
        // Once an epoch: on a link that is cut again and again each wait would cost all that has come.
        if (restored && restored !== this.#againFor) {
          this.#planAgain = await (await loadAgain()).readAgain(this.#ctx);
          this.#againFor = restored;
        }
        const plan = newPlan();
        for (const frame of this.#queue.splice(0, BATCH_FRAMES)) this.#plan(frame, plan);
        await this.#perform(plan);
      }
    } catch (error) {
      // A bug of ours, or a part that cannot be fetched, must not loop: the link begins anew after a wait, from what was persisted.
      this.#queue = [];
      this.#standings.clear();
      this.#load();
      this.#events.failed();
      throw error;
    } finally {
      this.#running = false;
    }
  }

  /** The epoch that a frame brings a stream to from another one, or 0. */
  #restoredTo(frame: ServerFrame): number {
    if (frame.t !== "reset") return 0;
    const { stream, epoch } = frame.snapshot;
    return (this.#standings.get(stream)?.epoch || epoch) === epoch ? 0 : epoch;
  }

  async #perform(plan: Plan): Promise<void> {
    const age = this.#age;
    if (plan.put.length + plan.delete.length > 0) await this.#ctx.cache.write(plan);
    if (age !== this.#age || this.#stopped) return;
    // What is live was judged before the wait: a link lost since then has made it untrue.
    const changes = plan.changes.filter((one) => {
      if (one.t === "signal") return this.isLive(one.signal.stream);
      return one.t === "present" || (one.t === "live" && one.live) ? this.isLive(one.stream) : true;
    });
    this.#ctx.publish(changes);
    for (const step of plan.after) step();
    await this.#fold(changes.flatMap((one) => (one.t === "events" ? [one] : [])));
  }

  #plan(frame: ServerFrame, plan: Plan): void {
    switch (frame.t) {
      case "event":
        return this.#planEvents(frame.event.stream, frame.epoch, [frame.event], plan);
      case "events":
        return this.#planEvents(frame.stream, frame.epoch, frame.events, plan);
      case "reset":
        return this.#planReset(frame.snapshot, plan);
      case "live":
        return this.#planLive(frame, plan);
      case "gone":
        this.#doubt(frame.stream);
        return this.#planGone(frame.stream, plan);
      case "receipt":
        plan.changes.push({ t: "receipts", stream: frame.stream, receipts: { [frame.account]: frame.receipt } });
        plan.after.push(() => this.#events.moved(frame.stream));
        return;
      case "signal":
        if (this.isLive(frame.signal.stream)) plan.changes.push({ t: "signal", signal: frame.signal });
        return;
      case "beat":
        for (const [stream, head] of Object.entries(frame.heads)) {
          const standing = this.#standings.get(stream);
          if (standing?.live && head > standing.seq) this.#fill(stream, plan);
        }
        return this.#events.other(frame, plan);
      default:
        return this.#events.other(frame, plan);
    }
  }

  #planEvents(stream: StreamId, epoch: number, events: readonly Event[], plan: Plan): void {
    const standing = this.#standings.get(stream);
    // Nothing is known of the stream yet: the snapshot that was asked for has these events, or their place.
    if (!standing || standing.epoch === 0) return;
    if (epoch !== standing.epoch) return this.#fill(stream, plan);
    const next: Event[] = [];
    for (const event of events) {
      if (event.seq <= standing.seq) continue;
      if (event.seq !== standing.seq + 1) {
        this.#fill(stream, plan);
        break;
      }
      standing.seq = event.seq;
      next.push(event);
    }
    if (next.length === 0) return;
    planWrite(plan, this.#ctx.cache.appendEdit(stream, epoch, next));
    const last = plan.changes.at(-1);
    if (last?.t === "events" && last.stream === stream && last.epoch === epoch) last.events.push(...next);
    else plan.changes.push({ t: "events", stream, epoch, events: next });
    this.#events.confirmed(stream, next, standing.seq, false, plan);
    plan.after.push(() => this.#moved(stream, next));
  }

  #planReset(snapshot: Snapshot, plan: Plan): void {
    const { stream, epoch, seq } = snapshot;
    const standing = this.#standings.get(stream);
    // Let go since it was asked for.
    if (!standing) return;
    if (standing.epoch > 0 && !supersedes(snapshot, standing)) return;
    const restored = standing.epoch > 0 && epoch !== standing.epoch;
    standing.epoch = epoch;
    standing.seq = seq;
    const state = keepReceipts(fromSnapshot(snapshot), this.#ctx.model.slots.get(stream)?.state);
    planWrite(plan, this.#ctx.cache.stateEdit(state));
    plan.changes.push({ t: "reset", state });
    const items = snapshot.kind === "conversation" ? snapshot.items : [];
    this.#events.confirmed(stream, items, restored ? 0 : seq, false, plan);
    if (restored) this.#planAgain?.(this.#ctx.model.slots.get(stream)?.state, snapshot, plan);
    plan.after.push(() => this.#moved(stream, []));
  }

  #planLive(frame: ServerFrame & { t: "live" }, plan: Plan): void {
    const { stream, epoch, seq, receipts, present } = frame;
    const standing = this.#standings.get(stream);
    if (!standing) return;
    standing.asked = false;
    if (standing.epoch !== epoch || standing.seq < seq) return this.#fillLater(stream, standing);
    standing.live = true;
    this.#refused.delete(stream);
    plan.changes.push({ t: "receipts", stream, receipts }, { t: "present", stream, present });
    plan.changes.push({ t: "live", stream, live: true });
    plan.after.push(() => this.#moved(stream, []));
  }

  #planGone(stream: StreamId, plan: Plan): void {
    this.#standings.delete(stream);
    planWrite(plan, this.#ctx.cache.dropEdit(stream));
    plan.changes.push({ t: "gone", stream });
    this.#events.confirmed(stream, [], 0, true, plan);
  }

  #moved(stream: StreamId, events: readonly Event[]): void {
    if (stream === this.#ctx.model.inboxStream) {
      for (const event of events) {
        if (event.type !== "inbox.joined" && event.type !== "inbox.role-set") continue;
        this.#refused.delete(event.body.stream);
        this.#refused.delete(notesOf(event.body.stream));
      }
      if (this.isLive(stream)) this.#reconcile();
    } else this.#events.moved(stream);
  }

  /** Reads what the inbox lists, and lets go what it lists no more. */
  #reconcile(): void {
    const inbox = this.#ctx.model.inboxState;
    if (!inbox) return;
    const known = new Set(this.#listed());
    const dropped = [...this.#standings.keys()].filter(
      (stream) => !known.has(stream) && stream !== inbox.stream && !this.#watched.has(stream),
    );
    if (dropped.length > 0) void this.#drop(dropped);
    this.#ask([...known].filter((stream) => !this.#standings.has(stream) && !this.#refused.has(stream)));
  }

  /** The streams that the inbox lists, as many as one link may have beside those that pages look at. */
  #listed(): StreamId[] {
    const entries = Object.values(this.#ctx.model.inboxState?.entries ?? {});
    const talks = entries.map(({ stream }) => stream);
    const notes = entries.flatMap(({ stream, role }) => (role === "agent" ? [notesOf(stream)] : []));
    return [...talks, ...notes].slice(0, limits.streamsPerSession - 1 - WATCHED_STREAMS);
  }

  async #drop(streams: readonly StreamId[]): Promise<void> {
    const plan = newPlan();
    for (let i = 0; i < streams.length; i += limits.cursorsPerFrame)
      this.#events.send({ t: "unsubscribe", streams: streams.slice(i, i + limits.cursorsPerFrame) });
    for (const stream of streams) this.#planGone(stream, plan);
    await this.#perform(plan);
  }

  /* ---- the cache ---- */

  /** Folds long tails of rows into their state. What an edit or a recall took the place of leaves the rows at once (law 14). */
  async #fold(moved: readonly { stream: StreamId; events: readonly Event[] }[]): Promise<void> {
    const { cache } = this.#ctx;
    const due = moved.filter(
      ({ stream, events }) => cache.wantsFold(stream) || events.some(({ type }) => /edited|recalled/.test(type)),
    );
    this.#foldWhenIdle();
    await this.#foldNow(due.map(({ stream }) => stream));
  }

  async #foldNow(streams: readonly StreamId[]): Promise<void> {
    const plan = newPlan();
    for (const stream of new Set(streams)) {
      const state = this.#ctx.model.slots.get(stream)?.state;
      const standing = this.#standings.get(stream);
      // Rows that are not applied yet stay: the next fold takes them.
      if (state && standing && standing.seq === state.seq && standing.epoch === state.epoch)
        planWrite(plan, this.#ctx.cache.stateEdit(state));
    }
    if (plan.put.length > 0) await this.#ctx.cache.write(plan);
  }

  #foldWhenIdle(): void {
    const { clock } = this.#ctx.ports;
    clock.clearTimer(this.#idle);
    this.#idle = clock.setTimer(() => {
      const long = [...this.#standings.keys()].filter((stream) => this.#ctx.cache.rowCount(stream) >= IDLE_FOLD_ROWS);
      void this.#foldNow(long);
    }, IDLE_FOLD_MS);
  }
}

/** Streams that carry receipts, typing and presence. */
export const isTalk = (stream: StreamId): boolean => {
  const kind = streamKind(stream);
  return kind === "conversation" || kind === "notes";
};
