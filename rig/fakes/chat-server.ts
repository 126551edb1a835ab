import {
  type Actor,
  apply,
  type ConversationState,
  decide,
  fromSnapshot,
  growReceipt,
  type InboxState,
  messageAt,
} from "@aftercare/core";
import {
  type AccountId,
  type Ack,
  type ClientFrame,
  type Command,
  clientFrame,
  closeCodes,
  type Event,
  inboxOf,
  limits,
  type Refusal,
  type ServerFrame,
  type StreamId,
  safeParse,
} from "@aftercare/protocol";
import type { Link, LinkEvents, Transport, TransportName } from "@aftercare/sdk";
import type { VirtualClock } from "./clock.ts";

type Logged = ConversationState | InboxState;
type Stream = { epoch: number; events: Event[]; state: Logged; start: Logged };
type Kind = { account: AccountId; name: string; kind: "staff" | "customer" };

/**
 * A small server in memory that speaks the protocol truly, with one log and no limits, and faults that a test turns on.
 * It is for tests of the client; the laws of the server are tested on the server.
 */
export class ChatServer {
  readonly clock: VirtualClock;
  readonly streams = new Map<StreamId, Stream>();
  readonly sessions = new Set<Session>();
  readonly acks = new Map<string, Ack>();
  /** Every command frame that arrived, in order. */
  readonly arrived: string[] = [];
  /** What to refuse instead of deciding; used up one by one. */
  readonly refusals: { when: (command: Command) => boolean; refusal: Refusal }[] = [];
  /** Events whose live frame is lost. */
  loseNextEvents = 0;
  repeatEvents = false;
  epoch = 1;
  /** Commands are taken but their answers never leave. */
  mute = false;
  /** Streams of which nothing comes, however often they are asked for. */
  readonly withheld = new Set<StreamId>();
  accepts: (transport: TransportName) => boolean = () => true;
  gapEvents: number = limits.gapEvents;
  /** How long the next frame is under way; frames of one direction of one link never overtake each other. */
  latencyMs: () => number = () => 0;

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  account(who: Kind): void {
    const stream = inboxOf(who.account);
    const state = fromSnapshot({ kind: "inbox", stream, epoch: 1, seq: 0, entries: [], drafts: {}, invitations: [] });
    this.streams.set(stream, { epoch: 1, events: [], state, start: state });
  }

  /** A group of these people, listed in their inboxes. */
  group(stream: StreamId, people: readonly Kind[]): void {
    const members = people.map(({ account, name }) => ({ account, name, role: "member" as const, fromSeq: 1 }));
    const meta = {
      kind: "group" as const,
      title: "Team",
      history: "all" as const,
      createdAt: this.clock.now(),
      pins: [],
    };
    const empty = {
      kind: "conversation" as const,
      stream,
      epoch: 1,
      seq: 0,
      meta,
      members,
      receipts: {},
      items: [],
      from: 1,
      refs: [],
    };
    const state = fromSnapshot(empty);
    this.streams.set(stream, { epoch: 1, events: [], state, start: state });
    this.append(stream, "conversation.opened", people[0]?.account ?? "", { meta, members });
    for (const { account } of people)
      this.append(inboxOf(account), "inbox.joined", account, { stream, kind: "group", role: "member" });
  }

  append(stream: StreamId, type: string, by: AccountId, body: object, commandId?: string): Event {
    const log = this.streams.get(stream);
    if (!log) throw new Error(`no stream ${stream}`);
    const seq = log.events.length + 1;
    const event = { stream, seq, type, by, at: this.clock.now(), ...(commandId && { commandId }), body } as Event;
    log.events.push(event);
    log.state = apply(log.state, event);
    const lost = this.loseNextEvents > 0;
    if (lost) this.loseNextEvents--;
    for (const session of this.sessions) {
      if (lost || !session.subscribed.has(stream)) continue;
      session.tell({ t: "event", epoch: log.epoch, event });
      if (this.repeatEvents) session.tell({ t: "event", epoch: log.epoch, event });
    }
    return event;
  }

  say(stream: StreamId, by: AccountId, text: string): Event {
    return this.append(stream, "message.sent", by, { parts: [{ type: "text", text }] });
  }

  /** A replica took over: another epoch, and the log of one stream is shorter. */
  restore(stream: StreamId, keep: number): void {
    this.cut();
    this.epoch++;
    for (const [id, log] of this.streams) {
      const events = id === stream ? log.events.slice(0, keep) : log.events;
      const state = events.reduce((before, event) => apply(before, event), log.start);
      this.streams.set(id, { ...log, epoch: this.epoch, events, state: { ...state, epoch: this.epoch } });
    }
    for (const [key, ack] of this.acks) if (ack.stream === stream && ack.seq > keep) this.acks.delete(key);
  }

  beat(): void {
    for (const session of this.sessions) {
      const heads: Record<string, number> = {};
      for (const stream of session.subscribed) heads[stream] = this.streams.get(stream)?.events.length ?? 0;
      session.tell({ t: "beat", at: this.clock.now(), heads });
    }
  }

  /** Cuts every link. */
  cut(code?: number): void {
    for (const session of [...this.sessions]) session.end(code);
  }

  take(session: Session, command: Command): void {
    this.arrived.push(command.id);
    const known = this.acks.get(`${session.who.account} ${command.id}`);
    if (known) return session.answer({ t: "ack", ack: known });
    // What was sent behind a command that must come again waits with it (law 12).
    const home = command.stream ?? inboxOf(session.who.account);
    const held = session.held.get(home);
    if (held !== undefined && held !== command.id)
      return session.answer({ t: "refused", id: command.id, refusal: { code: "busy", retryAfterMs: 500 } });
    session.held.delete(home);
    const at = this.refusals.findIndex(({ when }) => when(command));
    const [planned] = at >= 0 ? this.refusals.splice(at, 1) : [];
    if (planned?.refusal.code === "busy" || planned?.refusal.code === "rate-limited")
      session.held.set(home, command.id);
    const decision = planned ? { refusal: planned.refusal } : decide(command, this.#facts(session.who));
    if ("refusal" in decision) return session.answer({ t: "refused", id: command.id, refusal: decision.refusal });
    let ack: Ack | undefined;
    for (const { stream, type, by, body } of decision.events) {
      if (!this.streams.has(stream)) continue;
      const event = this.append(stream, type, by ?? session.who.account, body, ack ? undefined : command.id);
      ack ??= { id: command.id, stream, seq: event.seq, at: event.at };
    }
    if (!ack) return;
    this.acks.set(`${session.who.account} ${command.id}`, ack);
    session.answer({ t: "ack", ack });
  }

  #facts(actor: Actor): Parameters<typeof decide>[1] {
    const conversation = (id: StreamId) => {
      const state = this.streams.get(id)?.state;
      return state?.kind === "conversation" ? state : undefined;
    };
    return {
      now: this.clock.now(),
      actor,
      recallWindowMs: limits.recallWindowMs,
      newConversation: "c_0000000000000000000000",
      stream: (id) => {
        const state = conversation(id);
        return state && { meta: state.meta, memberCount: Object.keys(state.members).length, lastSeq: state.seq };
      },
      member: (id, account) => conversation(id)?.members[account],
      invited: () => false,
      message: (id, seq) => {
        const state = conversation(id);
        return state && messageAt(state, seq);
      },
      account: () => undefined,
      desk: () => undefined,
    };
  }

  transport(who: Kind, name: TransportName = "websocket"): Transport {
    return { name, open: (events) => new Session(this, who, name, events) };
  }
}

/** One link of one client. Frames cross it in later microtasks, as texts. */
export class Session implements Link {
  readonly who: Kind;
  readonly subscribed = new Set<StreamId>();
  readonly received: ClientFrame[] = [];
  /** Streams with a command that was told to come again. */
  readonly held = new Map<StreamId, string>();
  readonly #server: ChatServer;
  readonly #events: LinkEvents;
  readonly #busyUntil = { up: 0, down: 0 };
  #ended = false;

  constructor(server: ChatServer, who: Kind, name: TransportName, events: LinkEvents) {
    this.#server = server;
    this.who = who;
    this.#events = events;
    queueMicrotask(() => {
      if (this.#ended) return;
      if (server.accepts(name)) events.opened("ticket");
      else this.#close({ failed: true });
    });
  }

  send(text: string): void {
    this.#carry("up", () => this.#take(JSON.parse(text) as ClientFrame));
  }

  #carry(way: "up" | "down", deliver: () => void): void {
    const { clock, latencyMs } = this.#server;
    const at = Math.max(this.#busyUntil[way], clock.elapsed() + latencyMs());
    this.#busyUntil[way] = at;
    const arrive = () => {
      if (!this.#ended) deliver();
    };
    if (at === clock.elapsed()) queueMicrotask(arrive);
    else clock.setTimer(arrive, at - clock.elapsed());
  }

  close(): void {
    this.#ended = true;
    this.#server.sessions.delete(this);
  }

  end(code?: number): void {
    this.#close(code === undefined ? {} : { code });
  }

  #close(why: Parameters<LinkEvents["closed"]>[0]): void {
    if (this.#ended) return;
    this.close();
    this.#events.closed(why);
  }

  tell(frame: ServerFrame): void {
    const text = JSON.stringify(frame);
    this.#carry("down", () => this.#events.frame(text));
  }

  answer(frame: ServerFrame): void {
    if (!this.#server.mute) this.tell(frame);
  }

  #take(frame: ClientFrame): void {
    this.received.push(frame);
    if (!safeParse(clientFrame, frame).success) return this.end(closeCodes["bad-frame"]);
    switch (frame.t) {
      case "hello": {
        const { account, name, kind } = this.who;
        const { clock, epoch } = this.#server;
        const at = clock.now();
        this.#server.sessions.add(this);
        this.tell({ t: "welcome", version: 1, account, name, kind, at, epoch, heartbeatMs: 15_000, limits });
        const inbox = inboxOf(account);
        const named = frame.cursors.some(({ stream }) => stream === inbox);
        return this.#subscribe(named ? frame.cursors : [{ stream: inbox }, ...frame.cursors]);
      }
      case "subscribe":
        return this.#subscribe(frame.cursors);
      case "unsubscribe":
        for (const stream of frame.streams) this.subscribed.delete(stream);
        return;
      case "command":
        return this.#server.take(this, frame.command as unknown as Command);
      case "receipt":
        return this.#receipt(frame);
      case "read":
        return this.#read(frame);
      default:
        return;
    }
  }

  #subscribe(cursors: readonly { stream: StreamId; epoch?: number | undefined; seq?: number | undefined }[]): void {
    for (const { stream, epoch, seq = 0 } of cursors) {
      if (this.#server.withheld.has(stream)) continue;
      const log = this.#server.streams.get(stream);
      const member = log?.state.kind === "inbox" || log?.state.members[this.who.account];
      if (!log || !member) {
        this.tell({ t: "gone", stream });
        continue;
      }
      const head = log.events.length;
      if (epoch !== log.epoch || head - seq > this.#server.gapEvents)
        this.tell({ t: "reset", snapshot: snapshotOf(log) });
      else if (head > seq) {
        // Two pages, to show that a gap may come in parts.
        const middle = seq + Math.ceil((head - seq) / 2);
        for (const part of [log.events.slice(seq, middle), log.events.slice(middle)])
          if (part.length > 0) this.tell({ t: "events", stream, epoch: log.epoch, events: part, head });
      }
      this.subscribed.add(stream);
      const receipts = log.state.kind === "conversation" ? log.state.receipts : {};
      this.tell({ t: "live", stream, epoch: log.epoch, seq: head, receipts, present: [] });
    }
  }

  #receipt({ stream, deliveredSeq, readSeq }: ClientFrame & { t: "receipt" }): void {
    const log = this.#server.streams.get(stream);
    if (log?.state.kind !== "conversation") return;
    const grown = growReceipt(log.state.receipts[this.who.account], {
      ...(deliveredSeq !== undefined && { deliveredSeq }),
      ...(readSeq !== undefined && { readSeq }),
    });
    log.state = { ...log.state, receipts: { ...log.state.receipts, [this.who.account]: grown } };
    for (const session of this.#server.sessions)
      if (session.subscribed.has(stream))
        session.tell({ t: "receipt", stream, account: this.who.account, receipt: grown });
  }

  #read({ n, read }: ClientFrame & { t: "read" }): void {
    const { stream, limit = 50, ...where } = read as Asked;
    const log = this.#server.streams.get(stream);
    if (log?.state.kind !== "conversation") return this.answer({ t: "answer", n, refusal: { code: "not-found" } });
    const { epoch } = log;
    const head = log.events.length;
    const answer = { stream, epoch, refs: [], head, ...pageOf(log.state.items, where, limit, head) };
    this.answer({ t: "answer", n, answer });
  }
}

type Asked = { stream: StreamId; before?: number; after?: number; around?: number; at?: number; limit?: number };

/** A page of the timeline as the server cuts it; the page says between which seqs it is whole. */
export function pageOf(all: readonly Event[], where: Omit<Asked, "stream" | "limit">, limit: number, head: number) {
  const after =
    where.after ??
    (where.at !== undefined ? (all.find(({ at }) => at >= (where.at ?? 0))?.seq ?? head + 1) - 1 : undefined);
  if (after !== undefined) {
    const above = all.filter(({ seq }) => seq > after);
    const items = above.slice(0, limit);
    const to = above.length > limit ? (items.at(-1)?.seq ?? head) : head;
    return { items, from: after + 1, to, older: all.some(({ seq }) => seq <= after) };
  }
  const half = where.around === undefined ? 0 : Math.floor(limit / 2);
  const to = where.around === undefined ? (where.before ?? head + 1) - 1 : Math.min(head, where.around + half);
  const below = all.filter(({ seq }) => seq <= to);
  const items = below.slice(-limit);
  const older = below.length > limit;
  return { items, from: older ? (items[0]?.seq ?? 1) : 1, to, older };
}

/** The state as a snapshot, with a short last page. */
function snapshotOf({ state, events }: Stream): (ServerFrame & { t: "reset" })["snapshot"] {
  if (state.kind === "inbox")
    return { ...state, entries: Object.values(state.entries), drafts: { ...state.drafts }, invitations: [] };
  const items = state.items.slice(-limits.snapshotItems);
  const from = items.length < state.items.length ? (items[0]?.seq ?? 1) : 1;
  const members = Object.values(state.members);
  return { ...state, seq: events.length, members, receipts: { ...state.receipts }, items, from, refs: [] };
}
