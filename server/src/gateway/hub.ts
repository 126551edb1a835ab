import type { AccountId, Event, Seq, StreamId } from "@aftercare/protocol";
import type { Bell } from "../bus.ts";
import type { Ctx } from "../context.ts";
import type { KnownStreams } from "../log/known.ts";
import type { StreamSnapshot } from "../log/store.ts";
import { Channel, type Reader, type Subscription } from "./channel.ts";
import { createStreamReader } from "./stream-reader.ts";
import type { Trace } from "./trace.ts";
import { turnOf } from "./turns.ts";

type HubCtx = Pick<Ctx, "store" | "bus" | "clock" | "settings" | "log"> & { trace?: Trace | undefined };

/** Events read from the log in one go. */
const catchUpEvents = 200;
/** A stream nobody watches leaves the memory after this. */
const idleChannelMs = 300_000;
const maxIdleChannels = 20_000;
/** Streams whose receipts are compared in one query. */
const receiptStreams = 500;

export type HubEvents = {
  /** The database was restored: nothing in memory holds. */
  epoch(): void;
  opened(stream: StreamId): void;
  closed(stream: StreamId): void;
  /** Somebody became a member who may have read here before. */
  joined(channel: Channel, account: AccountId): void;
};

type Slot = {
  channel?: Channel;
  loading?: Promise<Channel | undefined> | undefined;
  /** The highest seq that a bell or the log told of. */
  heard: Seq;
  catching: Promise<void> | undefined;
};

/** The active streams of this node, fed by bells and, wherever a bell is missing, by the log. */
export class Hub {
  private readonly ctx: HubCtx;
  private readonly known: KnownStreams;
  private readonly on: HubEvents;
  private readonly slots = new Map<StreamId, Slot>();
  /** Opened lately: their bells may have rung before this node's interest had reached the others. */
  private fresh = new Set<StreamId>();
  private readonly readStream: (id: StreamId) => Promise<StreamSnapshot | undefined>;
  private epochNow: number;
  /** Stops listening to the bus. */
  readonly stop: () => void;

  constructor(ctx: HubCtx, known: KnownStreams, epoch: number, on: HubEvents) {
    this.ctx = ctx;
    this.known = known;
    this.epochNow = epoch;
    this.on = on;
    this.readStream = createStreamReader(ctx);
    this.stop = ctx.bus.subscribe((bell) => this.onBell(bell));
  }

  readonly epoch = (): number => this.epochNow;

  /** The streams in memory. */
  ids(): StreamId[] {
    return [...this.slots.keys()];
  }

  /** A channel already in memory. */
  active(id: StreamId): Channel | undefined {
    return this.slots.get(id)?.channel;
  }

  /** The channel of a stream, loaded when it is not active; undefined when there is no such stream. */
  open(id: StreamId): Promise<Channel | undefined> {
    const slot = this.slots.get(id);
    if (slot?.channel) {
      slot.channel.usedAt = this.ctx.clock.elapsed();
      return Promise.resolve(slot.channel);
    }
    if (slot?.loading) return slot.loading;
    const fresh: Slot = { heard: 0, catching: undefined };
    this.slots.set(id, fresh);
    // Before the row is read: what is committed after the reading is told by a bell.
    this.ctx.bus.watch(id);
    fresh.loading = this.load(id, fresh);
    return fresh.loading;
  }

  private async load(id: StreamId, slot: Slot): Promise<Channel | undefined> {
    try {
      const epoch = this.epochNow;
      const snapshot = await this.readStream(id);
      // What is of another log must not be told under this one's epoch.
      if (snapshot && snapshot.epoch !== epoch) {
        if (snapshot.epoch !== undefined) this.moveTo(snapshot.epoch);
        throw new Error("the row is of another epoch");
      }
      if (!snapshot || epoch !== this.epochNow) {
        this.forget(id, slot);
        return undefined;
      }
      this.known.learnWhole(epoch, snapshot);
      const channel = new Channel(snapshot, epoch, this.ctx.settings.ringEvents, this.ctx.clock.elapsed());
      slot.channel = channel;
      this.fresh.add(id);
      this.on.opened(id);
      // Bells that rang while the row was read may have told of more.
      void this.catchUp(slot, channel);
      return channel;
    } catch (error) {
      this.forget(id, slot);
      throw error;
    } finally {
      slot.loading = undefined;
    }
  }

  private forget(id: StreamId, slot: Slot): void {
    if (this.slots.get(id) !== slot) return;
    this.slots.delete(id);
    this.fresh.delete(id);
    this.ctx.bus.unwatch(id);
    this.on.closed(id);
  }

  /** Takes the stream up to this seq at least, if it is in memory: the log has it. */
  reach(stream: StreamId, head: Seq): void {
    this.hear(stream, head, []);
  }

  private hear(stream: StreamId, head: Seq, events: readonly Event[]): void {
    const slot = this.slots.get(stream);
    if (!slot) return;
    slot.heard = Math.max(slot.heard, head);
    const channel = slot.channel;
    if (!channel || slot.catching) return;
    this.take(channel, events);
    void this.catchUp(slot, channel);
  }

  private take(channel: Channel, events: readonly Event[]): void {
    const before = channel.head;
    const now = this.ctx.clock.elapsed();
    for (const event of events) {
      if (event.seq !== channel.head + 1) continue;
      channel.take(event, now);
      if (event.type === "member.joined") this.on.joined(channel, event.body.member.account);
    }
    if (channel.head > before) this.ctx.trace?.out(channel);
  }

  /** Reads what bells did not bring. Bells that ring meanwhile only raise the mark to reach. */
  private catchUp(slot: Slot, channel: Channel): Promise<void> {
    if (slot.heard <= channel.head) return Promise.resolve();
    slot.catching ??= this.readMissing(slot, channel);
    return slot.catching;
  }

  private async readMissing(slot: Slot, channel: Channel): Promise<void> {
    try {
      while (slot.heard > channel.head && slot.channel === channel) {
        const { stream, head, epoch } = channel;
        const events = await this.ctx.store.events(stream, head, slot.heard, catchUpEvents, epoch);
        if (events.length === 0) break;
        this.take(channel, events);
      }
    } catch (error) {
      const { stream } = channel;
      this.ctx.log.warn({ error: String(error), stream }, "catching up failed; the next heartbeat tries again");
    } finally {
      slot.catching = undefined;
    }
  }

  /**
   * The channel of a stream for an account. Memory that says no may lag behind a joining whose bell was lost: before
   * anybody is turned away, the log is asked.
   */
  async openFor(id: StreamId, who: Reader): Promise<Channel | undefined> {
    const channel = await this.open(id);
    const slot = this.slots.get(id);
    if (!channel || !slot || slot.channel !== channel || channel.floor(who) !== undefined) return channel;
    const { epoch, heads } = await this.ctx.store.heads([id]);
    if (this.moveTo(epoch)) throw new Error("the epoch changed");
    slot.heard = Math.max(slot.heard, heads.get(id) ?? 0);
    await this.catchUp(slot, channel);
    if (channel.head < slot.heard) throw new Error("the log could not be read");
    return channel;
  }

  private onBell(bell: Bell): void {
    switch (bell.kind) {
      case "events":
        if (bell.epoch === this.epochNow) this.hear(bell.stream, bell.head, bell.events);
        return;
      case "receipts":
        // Of the log of before, they may run ahead of this one.
        if ((bell.epoch ?? this.epochNow) === this.epochNow) this.takeReceipts(bell);
        return;
      case "signal": {
        const { stream, by } = bell.signal;
        // Who typed in the log of before may be no member in this one.
        if ((bell.epoch ?? this.epochNow) !== this.epochNow) return;
        return this.active(stream)?.tell(JSON.stringify({ t: "signal", signal: bell.signal }), by);
      }
      case "revoked":
      case "rights":
      case "looks":
      case "kept":
      case "present":
      case "alive":
      case "spent":
      case "trace":
      case "alarms":
        return;
      default:
        return bell satisfies never;
    }
  }

  private takeReceipts({ stream, receipts }: Pick<Extract<Bell, { kind: "receipts" }>, "stream" | "receipts">): void {
    const channel = this.active(stream);
    if (!channel) return;
    for (const [account, receipt] of Object.entries(receipts)) {
      const grown = channel.members.has(account) && channel.grow(account, receipt);
      if (grown) channel.tell(JSON.stringify({ t: "receipt", stream, account, receipt: grown }));
    }
  }

  /** Whether a database of this epoch is another one: then all that is in memory goes, and every client resumes. */
  private moveTo(epoch: number): boolean {
    if (epoch === this.epochNow) return false;
    // Epochs only rise: a lower one is that of a server which was replaced and came back.
    if (epoch < this.epochNow) throw new Error(`the database is of epoch ${epoch}, older than ${this.epochNow}`);
    this.ctx.log.warn({ from: this.epochNow, to: epoch }, "a new epoch: clients read anew");
    this.epochNow = epoch;
    this.known.restart(epoch);
    for (const [id, slot] of [...this.slots]) this.forget(id, slot);
    this.ctx.trace?.restart(epoch);
    this.on.epoch();
    return true;
  }

  /**
   * Compares the heads of the streams in memory, of all or of one turn's, with the log: finds lost bells, and a restored
   * database (law 9).
   */
  async checkHeads(which: "all" | "watched" | "fresh" = "all", turn?: number): Promise<void> {
    const held: StreamId[] = [];
    for (const [id, { channel }] of this.slots) {
      if (turn !== undefined && turnOf(id) !== turn) continue;
      const wanted =
        which === "all" || this.fresh.has(id) || (which === "watched" && (channel?.subscriptions.size ?? 0) > 0);
      if (channel && wanted) held.push(id);
    }
    if (held.length === 0 && (which !== "all" || turn)) return;
    const looked = held.filter((id) => this.fresh.delete(id));
    const found = await this.ctx.store.heads(held).catch((error) => {
      for (const id of looked) if (this.slots.has(id)) this.fresh.add(id);
      throw error;
    });
    if (this.moveTo(found.epoch)) return;
    for (const [id, head] of found.heads) {
      const slot = this.slots.get(id);
      if (!slot?.channel) continue;
      slot.heard = Math.max(slot.heard, head);
      void this.catchUp(slot, slot.channel);
    }
  }

  /** Makes good the bells about receipts that were lost: where the marks do not add up, they are read. */
  async checkReceipts(turn: number): Promise<void> {
    const sums: [StreamId, number][] = [];
    for (const [id, { channel }] of this.slots) {
      const mayDiffer = channel && channel.subscriptions.size > 0 && channel.receipts.size > 0;
      if (mayDiffer && turnOf(id) === turn) sums.push([id, channel.marks()]);
    }
    for (let at = 0; at < sums.length; at += receiptStreams) {
      const found = await this.ctx.store.lookup.receipts(new Map(sums.slice(at, at + receiptStreams)));
      for (const [stream, receipts] of found) this.takeReceipts({ stream, receipts });
    }
  }

  /** Lets go of what nobody used lately. */
  sweep(): void {
    const now = this.ctx.clock.elapsed();
    const idle: [StreamId, Slot, Channel][] = [];
    for (const [id, slot] of this.slots) {
      const { channel } = slot;
      channel?.forgetUnused(now);
      if (channel && channel.subscriptions.size === 0) idle.push([id, slot, channel]);
    }
    for (const [index, [id, slot, channel]] of idle.entries())
      if (channel.usedAt < now - idleChannelMs || index < idle.length - maxIdleChannels) this.forget(id, slot);
  }

  /** Begins a subscription; tells whether it is the account's first one here. */
  subscribe(channel: Channel, subscription: Subscription): boolean {
    const first = !channel.subscribers().includes(subscription.account);
    channel.subscriptions.add(subscription);
    return first;
  }

  /** Ends a subscription; tells whether it was the account's last one here. */
  unsubscribe(channel: Channel, subscription: Subscription): boolean {
    subscription.closed = true;
    this.ctx.trace?.left(channel, subscription);
    channel.subscriptions.delete(subscription);
    channel.usedAt = this.ctx.clock.elapsed();
    return !channel.subscribers().includes(subscription.account);
  }
}
