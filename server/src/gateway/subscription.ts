import { type AccountId, type Cursor, type Event, limits, type Seq } from "@aftercare/protocol";
import type { Ctx, Principal } from "../context.ts";
import type { Channel, Subscription } from "./channel.ts";
import type { Hub } from "./hub.ts";
import type { NodeStats } from "./link.ts";
import { snapshotOf } from "./reads.ts";

export type SubscriptionCtx = Pick<Ctx, "store" | "clock"> & { hub: Hub; stats: NodeStats };

/** What a subscription needs of its session. */
export type SubscriptionLink = {
  send(frame: string): void;
  /** Whether the link has as much unsent as a catch-up may put there. */
  full(): boolean;
  /** Something failed that a new connection will mend. */
  broken(): void;
  /** The stream ended for this session. */
  ended(): void;
};

/** Events in one `events` frame. */
const pageEvents = 100;

export type SessionSubscription = Subscription & { channel: Channel; beatHead: Seq };

export function createSubscription(
  ctx: SubscriptionCtx,
  channel: Channel,
  who: Principal,
  link: SubscriptionLink,
): SessionSubscription {
  const sendJson = (frame: object) => link.send(JSON.stringify(frame));

  function sendEvents(events: readonly Event[]): void {
    const { stream, epoch, head } = channel;
    for (let i = 0; i < events.length; i += pageEvents)
      sendJson({ t: "events", stream, epoch, events: events.slice(i, i + pageEvents), head });
    subscription.sent = events.at(-1)?.seq ?? subscription.sent;
  }

  function tellLive(): void {
    subscription.live = true;
    subscription.beatHead = subscription.sent;
    const receipts = Object.fromEntries(channel.receipts);
    const { stream, epoch } = channel;
    sendJson({ t: "live", stream, epoch, seq: subscription.sent, receipts, present: channel.present() });
  }

  /** Sends the gap from memory, or from the log where memory does not reach, as fast as the link takes it. */
  async function run(): Promise<void> {
    while (!subscription.closed && subscription.sent < channel.head && !link.full()) {
      const ready = channel.after(subscription.sent);
      if (ready) {
        ctx.stats.resumesFromMemory++;
        sendEvents(ready.slice(0, 2 * pageEvents));
        continue;
      }
      ctx.stats.resumesFromLog++;
      const events = await ctx.store.events(channel.stream, subscription.sent, channel.head, 2 * pageEvents);
      // Meanwhile the account may have left; what it may not see is not sent.
      if (subscription.closed || channel.floor(who.account) === undefined) return;
      if (events[0]?.seq !== subscription.sent + 1) throw new Error("the log has a gap");
      sendEvents(events);
    }
    if (!subscription.closed && !subscription.live && subscription.sent >= channel.head) tellLive();
  }

  const subscription: SessionSubscription = {
    account: who.account,
    channel,
    sent: 0,
    beatHead: 0,
    live: false,
    pumping: false,
    closed: false,
    send: link.send,
    pump() {
      if (subscription.pumping || subscription.closed) return;
      subscription.pumping = true;
      run()
        .catch(() => link.broken())
        .finally(() => {
          subscription.pumping = false;
          // An event may have come between the last look and here.
          if (subscription.live && subscription.sent < channel.head && !link.full()) subscription.pump();
        });
    },
    gone() {
      if (subscription.closed) return;
      subscription.closed = true;
      sendJson({ t: "gone", stream: channel.stream });
      link.ended();
    },
  };
  return subscription;
}

/** Starts where the cursor says, or with a snapshot when it cannot (law 7). False: the account may not read this stream. */
export async function startSubscription(
  ctx: SubscriptionCtx,
  subscription: SessionSubscription,
  who: { account: AccountId },
  cursor: Cursor,
  send: (frame: string) => void,
): Promise<boolean> {
  const { channel } = subscription;
  const floor = channel.floor(who.account);
  if (floor === undefined) return false;
  const { epoch, seq } = cursor;
  const fits =
    epoch === channel.epoch &&
    seq !== undefined &&
    seq >= Math.max(floor - 1, channel.head - limits.gapEvents) &&
    seq <= channel.head;
  if (fits) {
    subscription.sent = seq;
    subscription.pump();
    return true;
  }
  // Until the snapshot is there nothing else may go out on this stream.
  subscription.pumping = true;
  try {
    const snapshot = await snapshotOf(ctx, who.account, channel.stream);
    if (subscription.closed) return true;
    if ("refusal" in snapshot) return false;
    ctx.stats.resets++;
    send(JSON.stringify({ t: "reset", snapshot }));
    subscription.sent = snapshot.seq;
  } finally {
    subscription.pumping = false;
  }
  subscription.pump();
  return true;
}
