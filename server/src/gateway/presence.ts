import type { AccountId, StreamId } from "@aftercare/protocol";
import type { Bell } from "../bus.ts";
import type { Ctx } from "../context.ts";
import type { Channel } from "./channel.ts";
import type { Hub } from "./hub.ts";
import { turnOf } from "./turns.ts";

/** An account counts as present for this long after its last link went: a reconnect is not a coming and going. */
const presenceGraceMs = 5_000;

type Told = { n: number; accounts: ReadonlySet<AccountId> };
type PresentBell = Extract<Bell, { kind: "present" }>;
type PresenceCtx = Pick<Ctx, "bus" | "clock">;

/** Streams of which somebody's being there is told: of a conversation who follows it, of notes who looks at them now. */
const isTold = (stream: StreamId): boolean => /^[cn]_/.test(stream);

/**
 * Who is there, from live subscriptions alone: never in the database. Each node says for each stream who is present with
 * it, at every change and again at every heartbeat; what it said holds until it says something else or falls silent. Of
 * notes it is who has the conversation before their eyes (`viewing.ts`), which colleagues alone hear.
 */
export class Presence {
  private readonly ctx: PresenceCtx;
  private readonly hub: Hub;
  private readonly node: string;
  private readonly here = new Map<StreamId, Set<AccountId>>();
  private readonly elsewhere = new Map<StreamId, Map<string, Told>>();
  private readonly going = new Map<string, unknown>();
  private said = 0;
  private readonly stopBus: () => void;

  constructor(ctx: PresenceCtx, hub: Hub, node: string) {
    this.ctx = ctx;
    this.hub = hub;
    this.node = node;
    this.stopBus = ctx.bus.subscribe((bell) => {
      if (bell.kind === "present") this.hear(bell);
    });
  }

  /** The account's first or last subscription of a stream on this node came or went. */
  changed(channel: Channel, account: AccountId, on: boolean): void {
    const { stream } = channel;
    if (!stream.startsWith("c_") || (on && !channel.isMember(account))) return;
    const { clock } = this.ctx;
    const place = `${stream} ${account}`;
    const timer = this.going.get(place);
    if (timer !== undefined) {
      clock.clearTimer(timer);
      this.going.delete(place);
      if (on) return;
    }
    if (on) return this.set(stream, account, true);
    const leave = () => {
      this.going.delete(place);
      if (!this.hub.active(stream)?.isHere(account)) this.set(stream, account, false);
    };
    this.going.set(place, clock.setTimer(leave, presenceGraceMs));
  }

  /** Who read by right has become a member. */
  joined(channel: Channel, account: AccountId): void {
    if (channel.isHere(account)) this.changed(channel, account, true);
  }

  /** A stream became active here: who is there on other nodes? */
  opened(stream: StreamId): void {
    if (!isTold(stream)) return;
    this.change(stream, () => undefined);
    this.say(stream, true);
  }

  /** A stream is not active here any more. */
  closed(stream: StreamId): void {
    this.elsewhere.delete(stream);
  }

  /** A node stopped or fell silent. */
  nodeGone(other: string): void {
    for (const [stream, nodes] of this.elsewhere) if (nodes.has(other)) this.change(stream, () => nodes.delete(other));
  }

  /** Says again what may have been lost, of all streams or of one turn's; after an interruption asks the others to do the same. */
  refresh(asks: boolean, turn?: number): void {
    const streams = asks ? this.hub.ids().filter(isTold) : [...this.here.keys()];
    for (const stream of streams) if (turn === undefined || turnOf(stream) === turn) this.say(stream, asks);
  }

  /** The log is another one, and every link has ended: who was there may be no member of what is there now. */
  restart(): void {
    for (const timer of this.going.values()) this.ctx.clock.clearTimer(timer);
    for (const known of [this.going, this.here, this.elsewhere]) known.clear();
  }

  stop(): void {
    this.stopBus();
    for (const timer of this.going.values()) this.ctx.clock.clearTimer(timer);
  }

  private say(stream: StreamId, asks: boolean): void {
    const { bus } = this.ctx;
    if (!bus.health.shared) return;
    const accounts = [...(this.here.get(stream) ?? [])];
    bus.publish({ kind: "present", stream, node: this.node, n: ++this.said, accounts, asks, epoch: this.hub.epoch() });
  }

  private hear({ stream, node: other, n, accounts, asks, epoch = this.hub.epoch() }: PresentBell): void {
    if (other === this.node || epoch !== this.hub.epoch() || !this.hub.active(stream)) return;
    const nodes = this.elsewhere.get(stream) ?? new Map<string, Told>();
    if (n <= (nodes.get(other)?.n ?? 0)) return;
    this.change(stream, () => {
      nodes.set(other, { n, accounts: new Set(accounts) });
      this.elsewhere.set(stream, nodes);
    });
    if (asks && this.here.has(stream)) this.say(stream, false);
  }

  set(stream: StreamId, account: AccountId, on: boolean): void {
    if ((this.here.get(stream)?.has(account) ?? false) === on) return;
    this.change(stream, () => {
      const accounts = this.here.get(stream) ?? new Set();
      if (on) accounts.add(account);
      else accounts.delete(account);
      if (accounts.size > 0) this.here.set(stream, accounts);
      else this.here.delete(stream);
    });
    this.say(stream, false);
  }

  private everywhere(stream: StreamId): Set<AccountId> {
    const all = new Set(this.here.get(stream));
    for (const { accounts } of this.elsewhere.get(stream)?.values() ?? [])
      for (const account of accounts) all.add(account);
    return all;
  }

  /** Makes a change, and tells those who are here what it changed. */
  private change(stream: StreamId, make: () => void): void {
    const before = this.everywhere(stream);
    make();
    const after = this.everywhere(stream);
    const channel = this.hub.active(stream);
    if (!channel) return;
    channel.present = after;
    const tell = (by: AccountId, on: boolean) =>
      channel.tell(JSON.stringify({ t: "signal", signal: { type: "presence", stream, by, on } }), by);
    for (const by of after) if (!before.has(by)) tell(by, true);
    for (const by of before) if (!after.has(by)) tell(by, false);
  }
}
