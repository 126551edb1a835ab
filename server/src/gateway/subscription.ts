import { type AccountId, type Cursor, type Event, limits, type Seq, type TraceTransport } from "@aftercare/protocol";
import type { Ctx, Principal } from "../context.ts";
import type { Channel, Reader, Subscription } from "./channel.ts";
import type { Hub } from "./hub.ts";
import type { NodeStats } from "./link.ts";
import { snapshotOf } from "./reads.ts";
import type { Trace } from "./trace.ts";

export type SubscriptionCtx = Pick<Ctx, "store" | "clock"> & { hub: Hub; stats: NodeStats; trace?: Trace | undefined };

/** What a subscription needs of its session. */
export type SubscriptionLink = {
  /** Takes a frame of one event, or of some. */
  send(frame: string, events?: number): void;
  /** Takes any other frame. */
  tell(frame: string): void;
  readonly transport: TraceTransport;
  /** Whether the link has as much unsent as a catch-up may put there. */
  full(): boolean;
  /** Something failed that a new connection will mend. */
  broken(): void;
  /** The stream ended for this session. */
  ended(): void;
};

/** Events in one `events` frame. */
const pageEvents = 100;

/** A session's share of a channel: what was sent, and how the rest gets there. */
export class SessionSubscription implements Subscription {
  readonly channel: Channel;
  readonly account: AccountId;
  readonly device: string;
  readonly send: (frame: string) => void;
  readonly tell: (frame: string) => void;
  sent: Seq = 0;
  stepFrom: Seq = Number.MAX_SAFE_INTEGER;
  /** The head that a heartbeat told last. */
  beatHead: Seq = 0;
  live = false;
  pumping = false;
  closed = false;
  private readonly ctx: SubscriptionCtx;
  private readonly link: SubscriptionLink;

  constructor(ctx: SubscriptionCtx, channel: Channel, who: Principal, link: SubscriptionLink) {
    this.ctx = ctx;
    this.channel = channel;
    this.account = who.account;
    this.link = link;
    this.device = who.credential;
    this.send = link.send;
    this.tell = link.tell;
  }

  get transport(): TraceTransport {
    return this.link.transport;
  }

  pump(): void {
    if (this.pumping || this.closed) return;
    this.pumping = true;
    this.run()
      .catch(() => this.link.broken())
      .finally(() => {
        this.pumping = false;
        // An event may have come between the last look and here.
        if (this.live && this.behind()) this.pump();
      });
  }

  private behind(): boolean {
    return !this.closed && this.sent < this.channel.head && !this.link.full();
  }

  /** Sends the gap from memory, or from the log where memory does not reach, as fast as the link takes it. */
  private async run(): Promise<void> {
    const { channel, ctx } = this;
    while (this.behind()) {
      const ready = channel.after(this.sent);
      if (ready) {
        ctx.stats.resumesFromMemory++;
        this.sendEvents(ready.slice(0, 2 * pageEvents));
        continue;
      }
      ctx.stats.resumesFromLog++;
      const events = await ctx.store.events(channel.stream, this.sent, channel.head, 2 * pageEvents, channel.epoch);
      // Meanwhile the account may have left, or lost its right; what it may not see is not sent.
      if (this.closed) return;
      if (events[0]?.seq !== this.sent + 1) throw new Error("the log has a gap, or is another");
      this.sendEvents(events);
    }
    if (!this.closed && !this.live && this.sent >= channel.head) this.tellLive();
  }

  private sendEvents(events: readonly Event[]): void {
    const { stream, epoch, head } = this.channel;
    const last = events.at(-1)?.seq ?? this.sent;
    this.ctx.trace?.caughtUp(this.channel, this, last);
    for (let i = 0; i < events.length; i += pageEvents) {
      const page = events.slice(i, i + pageEvents);
      this.link.send(JSON.stringify({ t: "events", stream, epoch, events: page, head }), page.length);
    }
    this.sent = last;
  }

  private tellLive(): void {
    const { stream, epoch, receipts } = this.channel;
    this.live = true;
    this.beatHead = this.sent;
    const present = [...this.channel.present];
    this.tellJson({ t: "live", stream, epoch, seq: this.sent, receipts: Object.fromEntries(receipts), present });
  }

  gone(): void {
    if (this.closed) return;
    this.closed = true;
    this.tellJson({ t: "gone", stream: this.channel.stream });
    this.link.ended();
  }

  private tellJson(frame: object): void {
    this.link.tell(JSON.stringify(frame));
  }
}

/** Starts where the cursor says, or with a snapshot when it cannot (law 7). False: the account may not read this stream. */
export async function startSubscription(
  ctx: SubscriptionCtx,
  subscription: SessionSubscription,
  who: Reader,
  cursor: Cursor,
  send: (frame: string) => void,
): Promise<boolean> {
  const { channel } = subscription;
  const floor = channel.floor(who);
  if (floor === undefined) return false;
  const { epoch, seq } = cursor;
  // Who has not seen its own joining has what it has from being a member before.
  const first = floor > 1 ? floor : 0;
  const fits =
    epoch === channel.epoch &&
    seq !== undefined &&
    seq >= Math.max(first, channel.head - limits.gapEvents) &&
    seq <= channel.head;
  if (fits) {
    subscription.sent = seq;
    subscription.stepFrom = seq + 1;
    subscription.pump();
    return true;
  }
  // Until the snapshot is there nothing else may go out on this stream.
  subscription.pumping = true;
  try {
    const snapshot = await snapshotOf(ctx, who, channel.stream);
    if (subscription.closed) return true;
    if ("refusal" in snapshot) return false;
    ctx.stats.resets++;
    ctx.trace?.caughtUp(channel, subscription, snapshot.seq);
    send(JSON.stringify({ t: "reset", snapshot }));
    subscription.sent = snapshot.seq;
  } finally {
    subscription.pumping = false;
  }
  subscription.pump();
  return true;
}
