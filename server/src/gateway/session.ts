import {
  type ClientFrame,
  type CloseReason,
  type Cursor,
  clientFrame,
  closeCodes,
  inboxOf,
  jsonDepth,
  limits,
  negotiate,
  parseCommand,
  type ServerFrame,
  type StreamId,
  safeParse,
} from "@aftercare/protocol";
import { homeOf } from "../actions/needs.ts";
import type { Ctx, Principal } from "../context.ts";
import type { Appender } from "../log/appender.ts";
import type { Unanswered } from "./alarms.ts";
import type { Channel } from "./channel.ts";
import { Holds } from "./holds.ts";
import type { Hub } from "./hub.ts";
import type { InspectCtx } from "./inspect.ts";
import type { Identify, NodeStats, Outlet, Session } from "./link.ts";
import type { Presence } from "./presence.ts";
import { Bucket, type Buckets } from "./rate.ts";
import { answerRead } from "./reads.ts";
import type { ReceiptLane } from "./receipts.ts";
import type { Holder, Rights } from "./rights.ts";
import { takeSignal } from "./signals.ts";
import { SessionSubscription, startSubscription } from "./subscription.ts";
import type { Trace } from "./trace.ts";
import type { Viewing } from "./viewing.ts";

export type SessionCtx = Pick<Ctx, "store" | "bus" | "clock" | "settings" | "log"> & {
  hub: Hub;
  appender: Appender;
  receipts: ReceiptLane;
  rates: Buckets;
  stats: NodeStats;
  trace?: Trace | undefined;
  inspector?: InspectCtx | undefined;
  /** The account's first or last subscription of a stream on this node came or went. */
  presence: Pick<Presence, "changed">;
  viewing: Viewing;
  rights: Pick<Rights, "count" | "recheck">;
};

/** Frames of any kind that one link may send, however cheap; more where the operator lets accounts send more commands. */
const framesPerSecond = 200;
const framesBurst = 2_000;
const framesPerCommand = 2;
/** Reads of one link that wait while the database is slow; each may be as large as a frame. */
const readsAtOnce = 500;
/** Frames kept while the first one is being identified. */
const greetingFrames = 64;
/** A catch-up puts no more than this into a link before the link has drained. */
const catchUpBytes = 262_144;

/** Shorter waits are not worth a frame. */
const leastRetryMs = 1_000;

const beat = JSON.stringify({ t: "beat" } satisfies ClientFrame);

type Live = { state: "live"; principal: Principal };
type State = { state: "greeting"; waiting: string[]; identifying: boolean } | Live | { state: "closed" };

/** The one session machine under every transport. */
export class LiveSession implements Session, Holder {
  private readonly ctx: SessionCtx;
  private readonly outlet: Outlet;
  private readonly identify: Identify;
  /** When in the heartbeat's interval its turn comes. */
  readonly turn: number;
  private readonly onClosed: (session: LiveSession) => void;
  private readonly bucket: Bucket;
  private readonly subscriptions = new Map<StreamId, SessionSubscription>();
  /** Streams being opened, with what the client has of each: a doubled frame opens none twice, what is let go meanwhile stays shut. */
  private readonly opening = new Map<StreamId, Cursor>();
  private readonly holds = new Holds();
  /** Commands received so far. */
  private received = 0;
  private readonly hello: unknown;
  /** Resolves when the reads asked for so far are answered. */
  private reading: Promise<void> = Promise.resolve();
  private readsWaiting = 0;
  private state: State = { state: "greeting", waiting: [], identifying: false };
  private heardAt: number;
  /** Events sent since the client was last heard, and when the first of them was. */
  private owed = 0;
  private owedSince = { at: 0, elapsedMs: 0 };
  /** The client was heard after its hello: only who acknowledged can stop. */
  private acknowledges = false;

  constructor(
    ctx: SessionCtx,
    outlet: Outlet,
    identify: Identify,
    turn: number,
    onClosed: (session: LiveSession) => void,
  ) {
    this.ctx = ctx;
    this.outlet = outlet;
    this.identify = identify;
    this.turn = turn;
    this.onClosed = onClosed;
    this.heardAt = ctx.clock.elapsed();
    this.bucket = new Bucket(
      Math.max(framesPerSecond, framesPerCommand * ctx.settings.rateAccountPerSecond),
      Math.max(framesBurst, framesPerCommand * ctx.settings.rateAccountBurst),
      this.heardAt,
    );
    this.hello = ctx.clock.setTimer(() => {
      if (this.state.state === "greeting") this.end("hello-missing");
    }, limits.helloTimeoutMs);
  }

  get principal(): Principal | undefined {
    return this.state.state === "live" ? this.state.principal : undefined;
  }

  receive(text: string): void {
    if (this.state.state === "closed") return;
    const now = this.ctx.clock.elapsed();
    this.heardAt = now;
    this.owed = 0;
    this.ctx.stats.framesIn++;
    if (this.bucket.take(now) > 0) return this.end("rate-limited");
    if (this.state.state === "live") return this.handle(this.state, text);
    if (!this.state.identifying) return this.greet(this.state, text);
    this.state.waiting.push(text);
    if (this.state.waiting.length > greetingFrames) this.end("bad-frame");
  }

  private parse(text: string): ClientFrame | undefined {
    if (isTooLarge(text)) {
      this.end("frame-too-large");
      return undefined;
    }
    const frame = parseFrame(text);
    if (!frame) this.end("bad-frame");
    return frame;
  }

  private greet(state: Extract<State, { state: "greeting" }>, text: string): void {
    const frame = this.parse(text);
    if (!frame) return;
    if (frame.t !== "hello") return this.end("hello-missing");
    const version = negotiate(frame.versions);
    if (version === undefined) return this.end("version-unsupported");
    state.identifying = true;
    const heard = this.ctx.rights.count();
    this.identify(frame.ticket).then(
      (principal) => {
        if (this.state !== state) return;
        if (!principal) return this.end("unauthorised");
        this.welcome(principal, version, frame.cursors);
        if (heard !== this.ctx.rights.count()) this.ctx.rights.recheck(this);
        for (const waiting of state.waiting) this.receive(waiting);
      },
      (error) => {
        this.ctx.log.warn({ error: String(error) }, "identifying failed");
        this.end("busy");
      },
    );
  }

  private welcome(principal: Principal, version: number, cursors: Cursor[]): void {
    this.ctx.clock.clearTimer(this.hello);
    this.state = { state: "live", principal };
    const { account, name, kind, may = [], role, shop, formerly } = principal;
    this.sendFrame({
      t: "welcome",
      version,
      account,
      name,
      kind,
      may: [...may],
      ...(role !== undefined && { role }),
      ...(shop !== undefined && { shop }),
      ...(formerly && { formerly: [...formerly] }),
      at: this.ctx.clock.now(),
      epoch: this.ctx.hub.epoch(),
      heartbeatMs: this.ctx.settings.heartbeatMs,
      limits,
    });
    const inbox = inboxOf(account);
    if (!cursors.some((cursor) => cursor.stream === inbox)) this.subscribe({ stream: inbox });
    for (const cursor of cursors) this.subscribe(cursor);
  }

  /** From now on the holder is this one: the client is told where it makes a difference. */
  renew(principal: Principal): void {
    if (this.state.state !== "live" || this.state.principal.account !== principal.account) return;
    const { principal: before } = this.state;
    this.state.principal = principal;
    // What was read by a right that is gone ends here (law 5).
    for (const one of [...this.subscriptions.values()]) if (one.channel.floor(principal) === undefined) one.gone();
    const { name, may = [], role, shop } = principal;
    const isSame = before.name === name && before.role === role && before.shop === shop;
    if (!isSame || (before.may ?? []).join() !== may.join()) this.remind();
  }

  remind(): void {
    if (this.state.state !== "live") return;
    const { name, may = [], role, shop } = this.state.principal;
    this.sendFrame({
      t: "rights",
      name,
      may: [...may],
      ...(role !== undefined && { role }),
      ...(shop !== undefined && { shop }),
    });
  }

  private handle(state: Live, text: string): void {
    this.acknowledges = true;
    // What each client says every few seconds, and all there is to it.
    if (text === beat) return;
    const frame = this.parse(text);
    if (!frame) return;
    switch (frame.t) {
      case "hello":
        return this.end("bad-frame");
      case "command":
        return this.command(state, frame.command);
      case "subscribe":
        for (const cursor of frame.cursors) this.subscribe(cursor);
        return;
      case "unsubscribe":
        for (const stream of frame.streams) {
          this.opening.delete(stream);
          this.drop(stream);
        }
        return;
      case "receipt": {
        const subscription = this.subscriptions.get(frame.stream);
        if (!subscription) return;
        this.ctx.trace?.receipt(subscription.channel, subscription, frame);
        return this.ctx.receipts.note(subscription.channel, state.principal.account, frame);
      }
      case "signal": {
        const { account } = state.principal;
        const subscription = this.subscriptions.get(frame.stream);
        if (subscription?.live && this.ctx.rates.take(account) === 0)
          takeSignal(this.ctx, subscription.channel, account, this, frame);
        return;
      }
      case "read":
        return this.read(state.principal, frame.n, frame.read);
      case "beat":
        return;
      default:
        return frame satisfies never;
    }
  }

  private command(state: Live, input: unknown): void {
    const parsed = parseCommand(input);
    if (!parsed.ok) return this.refuse(commandIdOf(input), parsed.refusal);
    const { command } = parsed;
    const home = homeOf(command, state.principal);
    const n = ++this.received;
    const now = this.ctx.clock.elapsed();
    const acceptedAt = this.ctx.clock.now();
    if (this.holds.mustWait(home, command.id, n, now))
      return this.refuse(command.id, { code: "busy", retryAfterMs: leastRetryMs });
    const retryAfterMs = this.ctx.rates.take(state.principal.account);
    if (retryAfterMs > 0) {
      this.holds.putOff(home, command.id, n, now);
      return this.refuse(command.id, { code: "rate-limited", retryAfterMs: Math.max(leastRetryMs, retryAfterMs) });
    }
    void this.ctx.appender.submit(state.principal, command).then((answer) => {
      if ("refusal" in answer) {
        if (answer.refusal.code === "busy") this.holds.putOff(home, command.id, n, this.ctx.clock.elapsed());
        else this.holds.ended(home, command.id);
        return this.refuse(command.id, answer.refusal);
      }
      this.holds.ended(home, command.id);
      this.ctx.stats.commandsAcked++;
      this.ctx.trace?.accepted(answer.ack, acceptedAt);
      this.sendFrame({ t: "ack", ack: answer.ack });
    });
  }

  private refuse(id: string, refusal: Extract<ServerFrame, { t: "refused" }>["refusal"]): void {
    this.ctx.stats.commandsRefused++;
    this.sendFrame({ t: "refused", id, refusal });
  }

  private read(principal: Principal, n: number, read: unknown): void {
    const retryAfterMs = this.ctx.rates.take(principal.account);
    if (retryAfterMs > 0) return this.sendFrame({ t: "answer", n, refusal: { code: "rate-limited", retryAfterMs } });
    if (this.readsWaiting >= readsAtOnce)
      return this.sendFrame({ t: "answer", n, refusal: { code: "busy", retryAfterMs: 1_000 } });
    // One after another, or the pages that somebody asks for and never fetches would all be in memory at once (law 15).
    this.readsWaiting++;
    this.reading = this.reading.then(async () => {
      await this.answer(n, read);
      this.readsWaiting--;
    });
  }

  private async answer(n: number, read: unknown): Promise<void> {
    if (this.state.state !== "live") return;
    try {
      this.sendFrame({ t: "answer", n, ...(await answerRead(this.ctx, this.state.principal, read)) });
    } catch (error) {
      this.ctx.log.warn({ error: String(error) }, "read failed");
      this.sendFrame({ t: "answer", n, refusal: { code: "busy", retryAfterMs: 1_000 } });
    }
  }

  private subscribe(cursor: Cursor): void {
    const { stream } = cursor;
    if (this.opening.has(stream)) return void this.opening.set(stream, cursor);
    this.drop(stream);
    if (this.subscriptions.size + this.opening.size >= limits.streamsPerSession)
      return this.sendFrame({ t: "gone", stream });
    this.opening.set(stream, cursor);
    // A stream that is in memory is answered in this very turn, in the order of the cursors.
    const active = this.ctx.hub.active(stream);
    const who = this.principal;
    if (!who) return;
    if (active?.floor(who) !== undefined) return void this.start(stream, active);
    this.ctx.hub.openFor(stream, who).then(
      (channel) => this.start(stream, channel),
      () => this.end("restart"),
    );
  }

  private async start(stream: StreamId, channel: Channel | undefined): Promise<void> {
    const cursor = this.opening.get(stream);
    this.opening.delete(stream);
    // Let go while it was read.
    if (!cursor || this.state.state !== "live") return;
    const who = this.state.principal;
    if (!channel || channel.floor(who) === undefined) return this.sendFrame({ t: "gone", stream });
    const { outlet } = this;
    const subscription = new SessionSubscription(this.ctx, channel, who, {
      send: (frame, events = 1) => {
        this.ctx.stats.eventsOut += events;
        if (this.owed === 0) this.owedSince = { at: this.ctx.clock.now(), elapsedMs: this.ctx.clock.elapsed() };
        this.owed += events;
        this.send(frame);
      },
      tell: (frame) => this.send(frame),
      get transport() {
        return outlet.transport ?? "other";
      },
      full: () => this.outlet.bufferedBytes() > catchUpBytes,
      broken: () => this.end("restart"),
      ended: () => this.drop(stream),
    });
    this.subscriptions.set(stream, subscription);
    if (this.ctx.hub.subscribe(channel, subscription)) this.ctx.presence.changed(channel, who.account, true);
    try {
      if (!(await startSubscription(this.ctx, subscription, who, cursor, (frame) => this.send(frame))))
        subscription.gone();
    } catch (error) {
      this.ctx.log.warn({ error: String(error), stream }, "subscribing failed");
      this.end("restart");
    }
  }

  private drop(stream: StreamId): void {
    const subscription = this.subscriptions.get(stream);
    if (!subscription) return;
    this.subscriptions.delete(stream);
    this.ctx.viewing.say(stream, subscription.account, this, false);
    if (this.ctx.hub.unsubscribe(subscription.channel, subscription))
      this.ctx.presence.changed(subscription.channel, subscription.account, false);
  }

  private sendFrame(frame: ServerFrame): void {
    this.send(JSON.stringify(frame));
  }

  private send(frame: string): void {
    if (this.state.state === "closed") return;
    this.outlet.send(frame);
    if (this.outlet.bufferedBytes() <= this.ctx.settings.socketBufferBytes) return;
    // It loses nothing: it comes back with its cursors (law 15).
    this.ctx.stats.slowClosed++;
    this.end("slow");
  }

  drained(): void {
    for (const subscription of this.subscriptions.values())
      if (!subscription.live || subscription.sent < subscription.channel.head) subscription.pump();
  }

  /** The heartbeat: ends a silent link, tells the heads that moved. */
  beat(elapsedMs: number): void {
    if (this.state.state !== "live") return;
    // Looked at once a heartbeat only: what would pass the bound before the next look has passed it.
    const { heartbeatMs } = this.ctx.settings;
    const silentMs = Math.max(limits.silenceTimeoutMs - heartbeatMs, 1.5 * heartbeatMs);
    if (elapsedMs - this.heardAt > silentMs) return this.end("silent");
    this.holds.sweep(elapsedMs);
    const heads: Record<StreamId, number> = {};
    for (const [stream, subscription] of this.subscriptions) {
      if (!subscription.live || subscription.channel.head === subscription.beatHead) continue;
      subscription.beatHead = subscription.channel.head;
      heads[stream] = subscription.channel.head;
    }
    this.sendFrame({ t: "beat", at: this.ctx.clock.now(), heads });
  }

  /** The transport heard the client without a frame: a poll counts. */
  heard(): void {
    this.heardAt = this.ctx.clock.elapsed();
    this.owed = 0;
  }

  /** Who let events go unanswered since before `since`; undefined for everybody else. */
  unanswered(since: number): Unanswered | undefined {
    if (this.owed === 0 || this.owedSince.elapsedMs > since || !this.acknowledges || this.state.state !== "live")
      return undefined;
    const { transport = "other" } = this.outlet;
    return { principal: this.state.principal, transport, sinceAt: this.owedSince.at, events: this.owed };
  }

  /** Tells the client to go elsewhere. */
  move(inMs: number): void {
    this.sendFrame({ t: "move", inMs });
  }

  end(reason: CloseReason): void {
    if (this.state.state === "closed") return;
    this.closed();
    this.outlet.close(closeCodes[reason], reason);
  }

  closed(): void {
    if (this.state.state === "closed") return;
    this.ctx.clock.clearTimer(this.hello);
    for (const stream of [...this.subscriptions.keys()]) this.drop(stream);
    this.state = { state: "closed" };
    this.onClosed(this);
  }
}

/** Counted in bytes, as the limit says; most frames need no counting. */
const isTooLarge = (text: string): boolean =>
  text.length > limits.frameBytes / 3 && Buffer.byteLength(text) > limits.frameBytes;

/** A frame as the schema has it, or undefined for anything else. */
export function parseFrame(text: string): ClientFrame | undefined {
  if (jsonDepth(text) > limits.frameDepth || /"__proto__"\s*:/.test(text)) return undefined;
  try {
    const parsed = safeParse(clientFrame, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

/** The id a refused command was sent under, as far as it has one. */
function commandIdOf(input: unknown): string {
  const id = typeof input === "object" && input !== null && "id" in input ? input.id : "";
  return typeof id === "string" ? id.slice(0, 64) : "";
}
