import type { Event, Seq, StreamId } from "@aftercare/protocol";
import type { Bell } from "../bus.ts";
import type { Ctx } from "../context.ts";
import type { StreamSnapshot } from "../log/store.ts";
import { Channel, type Subscription } from "./channel.ts";

type HubCtx = Pick<Ctx, "store" | "bus" | "clock" | "settings" | "log">;

/** Streams read in one query when many become active at once. */
const loadBatch = 200;
/** Events read from the log in one go. */
const catchUpEvents = 200;
/** A stream nobody watches leaves the memory after this. */
const idleChannelMs = 300_000;
const maxIdleChannels = 20_000;

type Slot = { channel?: Channel; loading?: Promise<Channel | undefined>; heard: Seq; catching: boolean };

export type Hub = ReturnType<typeof createHub>;

/** The active streams of this node, fed by bells and, wherever a bell is missing, by the log. */
export function createHub(ctx: HubCtx, initialEpoch: number, onEpoch: (epoch: number) => void) {
  const slots = new Map<StreamId, Slot>();
  let epoch = initialEpoch;
  let wanted: {
    id: StreamId;
    found: (snapshot: StreamSnapshot | undefined) => void;
    failed: (error: unknown) => void;
  }[] = [];
  let reading = false;

  /** Collects what is asked for while a query runs: a storm of first looks costs few queries. */
  function readStream(id: StreamId): Promise<StreamSnapshot | undefined> {
    return new Promise((found, failed) => {
      wanted.push({ id, found, failed });
      if (!reading) void readWanted();
    });
  }

  async function readWanted(): Promise<void> {
    reading = true;
    // Everything asked for in this turn goes into the first query too.
    await Promise.resolve();
    while (wanted.length > 0) {
      const batch = wanted.slice(0, loadBatch);
      wanted = wanted.slice(loadBatch);
      try {
        const snapshots = await ctx.store.streams([...new Set(batch.map((one) => one.id))]);
        const byId = new Map(snapshots.map((snapshot) => [snapshot.row.id, snapshot]));
        for (const one of batch) one.found(byId.get(one.id));
      } catch (error) {
        for (const one of batch) one.failed(error);
      }
    }
    reading = false;
  }

  async function load(id: StreamId, slot: Slot): Promise<Channel | undefined> {
    try {
      const snapshot = await readStream(id);
      if (!snapshot) {
        slots.delete(id);
        return undefined;
      }
      const channel = new Channel(snapshot, epoch, ctx.settings.ringEvents, ctx.clock.now());
      slot.channel = channel;
      if (slot.heard > channel.head) void catchUp(slot, channel);
      return channel;
    } catch (error) {
      slots.delete(id);
      throw error;
    } finally {
      slot.loading = undefined;
    }
  }

  /** The channel of a stream, loaded when it is not active; undefined when there is no such stream. */
  function open(id: StreamId): Promise<Channel | undefined> {
    const slot = slots.get(id);
    if (slot?.channel) {
      slot.channel.usedAt = ctx.clock.now();
      return Promise.resolve(slot.channel);
    }
    if (slot?.loading) return slot.loading;
    const fresh: Slot = { heard: 0, catching: false };
    slots.set(id, fresh);
    fresh.loading = load(id, fresh);
    return fresh.loading;
  }

  function hear(stream: StreamId, events: readonly Event[]): void {
    const slot = slots.get(stream);
    if (!slot) return;
    slot.heard = Math.max(slot.heard, events.at(-1)?.seq ?? 0);
    const channel = slot.channel;
    if (!channel || slot.catching) return;
    for (const event of events) if (event.seq === channel.head + 1) channel.take(event);
    if (slot.heard > channel.head) void catchUp(slot, channel);
  }

  /** Reads what bells did not bring. Bells that ring meanwhile only raise the mark to reach. */
  async function catchUp(slot: Slot, channel: Channel): Promise<void> {
    if (slot.catching) return;
    slot.catching = true;
    try {
      while (slot.heard > channel.head && slot.channel === channel) {
        const events = await ctx.store.events(channel.stream, channel.head, slot.heard, catchUpEvents);
        if (events.length === 0) break;
        for (const event of events) if (event.seq === channel.head + 1) channel.take(event);
      }
    } catch (error) {
      ctx.log.warn(
        { error: String(error), stream: channel.stream },
        "catching up failed; the next heartbeat tries again",
      );
    } finally {
      slot.catching = false;
    }
  }

  function onBell(bell: Bell): void {
    switch (bell.kind) {
      case "events":
        if (bell.epoch === epoch) hear(bell.stream, bell.events);
        return;
      case "receipts": {
        const channel = slots.get(bell.stream)?.channel;
        if (!channel) return;
        for (const [account, receipt] of Object.entries(bell.receipts)) {
          const grown = channel.members.has(account) && channel.grow(account, receipt);
          if (grown) channel.tell(JSON.stringify({ t: "receipt", stream: bell.stream, account, receipt: grown }));
        }
        return;
      }
      case "signal":
        slots
          .get(bell.signal.stream)
          ?.channel?.tell(JSON.stringify({ t: "signal", signal: bell.signal }), bell.signal.by);
        return;
      case "revoked":
        return;
      default:
        return bell satisfies never;
    }
  }

  /** Compares the heads of the watched streams with the log: finds lost bells, and a restored database (law 9). */
  async function checkHeads(): Promise<void> {
    const watched = [...slots]
      .filter(([, slot]) => slot.channel && slot.channel.subscriptions.size > 0)
      .map(([id]) => id);
    const found = await ctx.store.heads(watched);
    if (found.epoch !== epoch) {
      epoch = found.epoch;
      slots.clear();
      onEpoch(epoch);
      return;
    }
    for (const [id, head] of found.heads) {
      const slot = slots.get(id);
      if (!slot?.channel || head <= slot.channel.head) continue;
      slot.heard = Math.max(slot.heard, head);
      void catchUp(slot, slot.channel);
    }
  }

  function sweep(): void {
    const now = ctx.clock.now();
    const idleSince = now - idleChannelMs;
    for (const slot of slots.values()) slot.channel?.forgetUnused(now);
    const idle = [...slots].filter(([, slot]) => slot.channel && slot.channel.subscriptions.size === 0);
    for (const [index, [id, slot]] of idle.entries())
      if ((slot.channel?.usedAt ?? 0) < idleSince || index < idle.length - maxIdleChannels) slots.delete(id);
  }

  function subscribe(channel: Channel, subscription: Subscription): boolean {
    const first = !channel.present().includes(subscription.account);
    channel.subscriptions.add(subscription);
    return first;
  }

  /** Ends a subscription; tells whether it was the account's last one here. */
  function unsubscribe(channel: Channel, subscription: Subscription): boolean {
    subscription.closed = true;
    channel.subscriptions.delete(subscription);
    channel.usedAt = ctx.clock.now();
    return !channel.present().includes(subscription.account);
  }

  const stop = ctx.bus.subscribe(onBell);
  return {
    open,
    checkHeads,
    sweep,
    subscribe,
    unsubscribe,
    epoch: () => epoch,
    /** A channel already in memory. */
    active: (id: StreamId): Channel | undefined => slots.get(id)?.channel,
    stop,
    size: () => slots.size,
  };
}
