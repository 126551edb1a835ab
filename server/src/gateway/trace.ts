import type { AccountId, Seq, StreamId, TraceTransport } from "@aftercare/protocol";
import type { Ctx } from "../context.ts";
import type { Channel, Subscription } from "./channel.ts";
import { type DeviceMarks, Marks, pack, type StreamMarks, type TraceRow } from "./trace-pack.ts";
import { inTurns, turnOf } from "./turns.ts";

/** Where marks are kept, and what the inspector asks besides. */
export interface TraceStore {
  /** How long marks are kept; 0 keeps none. */
  readonly keepMs: number;
  /** Marks speak of the log of an epoch: into another one none is written. */
  save(rows: readonly TraceRow[], epoch: number): Promise<void>;
  /** Rows that may speak of an event, oldest first. */
  rows(stream: StreamId, seq: Seq, fromAt: number, limit: number): Promise<TraceRow[]>;
  /** Deletes rows that ended before a time; tells how many. */
  forget(before: number, limit: number): Promise<number>;
  names(accounts: readonly AccountId[]): Promise<Map<AccountId, string>>;
  /** When devices signed in. */
  firstSeen(devices: readonly string[]): Promise<Map<string, number>>;
}

/** Whose device it is, and how it is connected. */
export type Endpoint = { readonly account: AccountId; readonly device: string; readonly transport: TraceTransport };
type Stepping = Endpoint & Pick<Subscription, "sent" | "stepFrom">;

export const flushEveryMs = 30_000;
const forgetEveryMs = 3_600_000;
/** Rows of one statement, written or deleted. */
const rowsPerStatement = 500;
/** Marks in memory at which they are written early. */
const marksInMemory = 100_000;
/** Windows kept for the next try while the database is away; the oldest go first. */
const windowsWaiting = 20_000;

type Open = StreamMarks & { readonly stream: StreamId; channel?: Channel; marks: number };

/**
 * Marks of what reached whom and when: collected in memory, a few numbers an event, and written together. A delivery in step
 * costs nothing of its own: the stream is marked once, and each subscription knows from where to where it was in step.
 */
export class Trace {
  private readonly ctx: Pick<Ctx, "clock" | "log">;
  readonly store: TraceStore;
  private readonly open = new Map<StreamId, Open>();
  private count = 0;
  private closing = false;
  private closed: Open[] = [];
  private saving: Promise<void> = Promise.resolve();
  private readonly stopFlushing: () => void = () => undefined;
  private forgetting: unknown;
  private stopped = false;
  private epoch: number;

  constructor(ctx: Pick<Ctx, "clock" | "log">, store: TraceStore, epoch: number) {
    this.ctx = ctx;
    this.store = store;
    this.epoch = epoch;
    if (store.keepMs === 0) return;
    this.stopFlushing = inTurns(ctx, flushEveryMs, (turn) => void this.flush((stream) => turnOf(stream) === turn));
    this.forgetting = ctx.clock.setTimer(() => void this.forget(), forgetEveryMs);
  }

  /** The log is another one: what is in memory speaks of events that it may not have. */
  restart(epoch: number): void {
    this.epoch = epoch;
    this.open.clear();
    this.closed = [];
    this.count = 0;
  }

  private of(stream: StreamId): Open {
    let open = this.open.get(stream);
    if (!open) {
      open = { stream, taken: [], out: new Marks(), devices: new Map(), marks: 0 };
      this.open.set(stream, open);
    }
    return open;
  }

  /** What a link still has to say of the log of before, as it ends, is not of this one. */
  private isTraced({ stream, epoch = this.epoch }: { stream: StreamId; epoch?: number }): boolean {
    const isKept = epoch === this.epoch && this.store.keepMs > 0 && !this.stopped;
    return isKept && (stream.startsWith("c_") || stream.startsWith("n_"));
  }

  private counted(open: Open, added: boolean): void {
    if (!added) return;
    open.marks++;
    if (++this.count >= marksInMemory && !this.closing) void this.flush();
  }

  /** A command was answered. One that came again got an older answer, and says nothing new. */
  accepted(ack: { stream: StreamId; seq: Seq; at: number }, acceptedAt: number): void {
    if (ack.seq === 0 || ack.at < acceptedAt || !this.isTraced(ack)) return;
    const open = this.of(ack.stream);
    open.taken.push(ack.seq, acceptedAt, this.ctx.clock.now());
    this.counted(open, true);
  }

  /** The channel took events and sent them to every subscription in step. */
  out(channel: Channel): void {
    if (channel.subscriptions.size === 0 || !this.isTraced(channel)) return;
    const open = this.of(channel.stream);
    open.channel = channel;
    this.counted(open, open.out.note(channel.head, this.ctx.clock.now()));
  }

  /** A gap or a snapshot up to `seq` is about to be sent; `sent` is still where the subscription stood. */
  caughtUp(channel: Channel, subscription: Stepping, seq: Seq): void {
    this.left(channel, subscription);
    subscription.stepFrom = seq + 1;
    if (seq === 0 || !this.isTraced(channel)) return;
    const open = this.of(channel.stream);
    this.counted(open, this.device(open, subscription, channel).sent.note(seq, this.ctx.clock.now()));
  }

  /** The subscription ends, falls out of step, or goes on in the next window. */
  left(channel: Channel, subscription: Stepping): void {
    const { stepFrom, sent } = subscription;
    if (stepFrom > sent || !this.isTraced(channel)) return;
    const open = this.of(channel.stream);
    this.device(open, subscription, channel).ranges.push(stepFrom, sent);
    subscription.stepFrom = sent + 1;
    this.counted(open, true);
  }

  /** A device's own receipt came. */
  receipt(
    channel: Channel,
    from: Endpoint,
    { deliveredSeq = 0, readSeq = 0 }: { deliveredSeq?: Seq | undefined; readSeq?: Seq | undefined },
  ): void {
    if (!this.isTraced(channel) || !channel.members.has(from.account)) return;
    const at = this.ctx.clock.now();
    const open = this.of(channel.stream);
    const marks = this.device(open, from, channel);
    if (deliveredSeq > 0) this.counted(open, marks.delivered.note(Math.min(deliveredSeq, channel.head), at));
    if (readSeq > 0) this.counted(open, marks.read.note(Math.min(readSeq, channel.head), at));
  }

  /** Whoever left and joined again later may read from another seq on, and has marks of their own. */
  private device({ devices }: Open, { account, device, transport }: Endpoint, channel: Channel): DeviceMarks {
    // Of one that is out already the ranges are told, which are exact.
    const from = channel.members.get(account)?.fromSeq ?? 1;
    const place = `${device} ${transport} ${from}`;
    let marks = devices.get(place);
    if (!marks) {
      const lists = { sent: new Marks(), delivered: new Marks(), read: new Marks() };
      marks = { account, device, transport, from, ranges: [], ...lists };
      devices.set(place, marks);
    }
    return marks;
  }

  /** Writes what is in memory of some streams, or of all. Resolves when it is written, or could not be. */
  flush(wanted: (stream: StreamId) => boolean = () => true): Promise<void> {
    this.closing = true;
    for (const [stream, open] of this.open) {
      if (!wanted(stream)) continue;
      this.close(open);
      this.open.delete(stream);
      this.count -= open.marks;
    }
    this.closing = false;
    this.saving = this.saving.then(() => this.save());
    return this.saving;
  }

  private close(open: Open): void {
    const { channel } = open;
    if (channel) for (const subscription of channel.subscriptions) this.left(channel, subscription);
    this.closed.push(open);
  }

  private async save(): Promise<void> {
    while (this.closed.length > 0) {
      const some = this.closed.slice(0, rowsPerStatement);
      try {
        const rows = some.flatMap((open) => pack(open.stream, open) ?? []);
        if (rows.length > 0) await this.store.save(rows, this.epoch);
      } catch (error) {
        const dropped = this.closed.splice(0, Math.max(0, this.closed.length - windowsWaiting)).length;
        this.ctx.log.warn({ error: String(error), dropped }, "delivery marks not written; kept for the next try");
        return;
      }
      // Unless all that waited was thrown away meanwhile.
      if (this.closed[0] === some[0]) this.closed.splice(0, some.length);
    }
  }

  private async forget(): Promise<void> {
    try {
      const before = this.ctx.clock.now() - this.store.keepMs;
      while (!this.stopped && (await this.store.forget(before, rowsPerStatement)) === rowsPerStatement);
    } catch (error) {
      this.ctx.log.warn({ error: String(error) }, "old delivery marks not deleted");
    }
    if (!this.stopped) this.forgetting = this.ctx.clock.setTimer(() => void this.forget(), forgetEveryMs);
  }

  async stop(): Promise<void> {
    this.stopFlushing();
    this.ctx.clock.clearTimer(this.forgetting);
    await this.flush();
    this.stopped = true;
  }
}
