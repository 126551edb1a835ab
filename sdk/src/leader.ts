import { trim } from "@aftercare/core";
import { type ClientSignal, isStreamId, type Read, type ServerFrame, type StreamId } from "@aftercare/protocol";
import { assert } from "./assert.ts";
import type { Welcome } from "./attempt.ts";
import { KEPT_ITEMS } from "./cache.ts";
import type { Change, ReadOutcome, TabMessage } from "./change.ts";
import { Connection } from "./connection.ts";
import type { Ctx } from "./context.ts";
import type { Drafts } from "./drafts.ts";
import type { Plan } from "./plan.ts";
import { ANSWER_TIMEOUT_MS, type Reads } from "./reads.ts";
import { Receipts } from "./receipts.ts";
import type { Role } from "./role.ts";
import { Sender } from "./sender.ts";
import { Sync } from "./sync.ts";
import type { TransportName } from "./types.ts";

/** Further off than this, the clock was set: the new offset is taken as it is. */
const CLOCK_JUMP_MS = 5_000;
const CLOCK_SHARE = 0.25;
const ASKED_READS = 1_000;

/** The tab that owns the connection, the sending and the cache; the others follow it (law 13). */
export class Leader implements Role {
  readonly #ctx: Ctx;
  readonly #reads: Reads;
  readonly #drafts: Drafts;
  readonly #connection: Connection;
  readonly #sync: Sync;
  readonly #sender: Sender;
  readonly #receipts: Receipts;
  /** Questions of all tabs, by their number on the link, oldest first. */
  readonly #asked = new Map<number, { read: Read; answer: (outcome: ReadOutcome) => void; at: number }>();
  #lastAsked = 0;
  #limits: Welcome["limits"] | undefined;

  constructor(ctx: Ctx, reads: Reads, drafts: Drafts) {
    this.#ctx = ctx;
    this.#reads = reads;
    this.#drafts = drafts;
    const send: Connection["send"] = (frame) => this.#connection.send(frame);
    this.#connection = new Connection(ctx.ports, {
      cursors: () => this.#sync.cursors(),
      state: (connection) => ctx.publish([{ t: "connection", connection }]),
      welcome: (welcome) => this.#welcomed(welcome),
      frame: (frame) => this.#frame(frame),
      cut: () => this.#cut(),
      worked: (transport) => void ctx.cache.write({ put: [["transport", transport]] }),
    });
    this.#sync = new Sync(ctx, {
      send,
      other: (frame, plan) => this.#other(frame, plan),
      confirmed: (...confirmed) => this.#sender.planConfirmed(...confirmed),
      moved: (stream) => this.#receipts.note(stream),
      failed: () => this.#connection.fail(),
    });
    this.#sender = new Sender(ctx, {
      send,
      online: () => this.#connection.online,
      seqOf: (stream) => this.#sync.seqOf(stream),
      follows: (stream) => this.#sync.follows(stream),
    });
    this.#receipts = new Receipts(ctx, { send, isLive: (stream) => this.#sync.isLive(stream) });
  }

  start(remembered: TransportName | undefined): void {
    for (const { stream, handles } of this.#ctx.model.slots.values()) if (handles > 0) this.#sync.watch(stream);
    this.#ctx.post({ t: "leader" });
    this.#drafts.adopt();
    this.#reads.again();
    this.#connection.start(remembered);
  }

  stop(): void {
    this.#connection.stop();
    this.#sync.stop();
    this.#sender.stop();
    this.#receipts.stop();
  }

  /* ---- the link ---- */

  #welcomed(welcome: Welcome): void {
    const { account, at, limits, formerly = [] } = welcome;
    this.#limits = limits;
    const { model, ports, publish } = this.#ctx;
    const before = model.me.value?.account;
    if (before !== undefined && before !== account)
      return void (formerly.includes(before) ? this.#become() : this.#forgetAccount());
    publish([this.#own(welcome), { t: "clock", offsetMs: at - ports.clock.now() }]);
    this.#sync.welcomed();
    this.#forgetOverdue();
    for (const [n, { read }] of this.#asked) this.#connection.send({ t: "read", n, read });
    this.#sender.welcomed(welcome.epoch);
  }

  /** Keeps who the account is and what it may do. */
  #own({ account, name, kind, may = [], role }: Pick<Welcome, "account" | "name" | "kind" | "may" | "role">): Change {
    const me = { account, name, kind, may, ...(role !== undefined && { role }) };
    void this.#ctx.cache.write({ put: [["me", me]] });
    return { t: "me", me };
  }

  /** Somebody else is signed in: nothing of the account before may stay or be sent. */
  async #forgetAccount(): Promise<void> {
    this.#connection.stop();
    const cleared = this.#ctx.cache.clear();
    this.#ctx.publish([{ t: "wiped" }]);
    await cleared;
    this.#connection.start(undefined);
  }

  /** The shop's site said who the visitor is: a known customer goes on with what the visitor has begun. */
  async #become(): Promise<void> {
    const { cache, model, publish } = this.#ctx;
    this.#connection.stop();
    const written = cache.write(cache.readEdit(model.reads.keys()));
    publish([{ t: "became" }]);
    await written;
    this.#connection.start(undefined);
  }

  /** Begins anew with the credential of now. */
  renew(): void {
    this.#connection.stop();
    this.#connection.start(undefined);
  }

  #cut(): void {
    this.#sync.cut();
    this.#sender.cut();
    this.#receipts.cut();
    this.#ctx.publish([{ t: "cut" }]);
  }

  /** What the account may do has changed while the link lives. */
  #rights(rights: Extract<ServerFrame, { t: "rights" }>): void {
    const { model, publish } = this.#ctx;
    const me = model.me.value;
    if (me) publish([this.#own({ ...rights, account: me.account, kind: me.kind })]);
  }

  #frame(frame: ServerFrame): void {
    if (frame.t === "rights") return this.#rights(frame);
    if (frame.t === "beat") this.#hearTime(frame.at);
    this.#sync.take(frame);
  }

  #hearTime(at: number): void {
    const { model, ports, publish } = this.#ctx;
    const off = at - ports.clock.now() - model.offsetMs;
    const share = Math.abs(off) > CLOCK_JUMP_MS ? 1 : CLOCK_SHARE;
    if (Math.abs(off) > 1) publish([{ t: "clock", offsetMs: model.offsetMs + off * share }]);
  }

  #other(frame: ServerFrame, plan: Plan): void {
    switch (frame.t) {
      case "ack":
        return this.#sender.planAck(frame.ack, plan);
      case "refused":
        return this.#sender.planRefused(frame.id, frame.refusal, plan);
      case "answer":
        // After the events that came before it: they are in the state that a page is put before.
        plan.after.push(() => this.#answered(frame));
        return;
      default:
        // What a newer server says beside this is not for us (law 19).
        return;
    }
  }

  #answered({ n, answer, refusal }: ServerFrame & { t: "answer" }): void {
    const asked = this.#asked.get(n);
    this.#asked.delete(n);
    asked?.answer(refusal ? { refusal } : { answer });
  }

  /** Nobody waits for the answers of these any more: on the next link they would only be in the way of those that count. */
  #forgetOverdue(): void {
    const since = this.#ctx.ports.clock.elapsed() - ANSWER_TIMEOUT_MS;
    for (const [n, { at }] of this.#asked)
      if (at < since) this.#asked.delete(n);
      else return;
  }

  #askServer(read: Read, answer: (outcome: ReadOutcome) => void): void {
    this.#forgetOverdue();
    if (this.#asked.size >= ASKED_READS) return answer({ refusal: { code: "busy" } });
    const n = ++this.#lastAsked;
    this.#asked.set(n, { read, answer, at: this.#ctx.ports.clock.elapsed() });
    this.#connection.send({ t: "read", n, read });
  }

  /* ---- this tab ---- */

  ask(n: number, read: Read): void {
    this.#askServer(read, (outcome) => this.#reads.answered(n, outcome));
  }

  /** A server that does not tell the limit of a signal does not know the signal. */
  signal(signal: ClientSignal): void {
    if (this.#limits?.[`${signal.type}TtlMs`] && isStreamId(signal.stream)) this.#connection.send(signal);
  }

  watch(stream: StreamId): void {
    this.#sync.watch(stream);
  }

  want(stream: StreamId): void {
    assert(false, `a change of ${stream} does not link in the leader`);
  }

  took(changes: readonly Change[]): void {
    if (changes.some(({ t }) => t === "wiped" || t === "became")) {
      this.#sync.forget();
      for (const { answer } of this.#asked.values()) answer({ refusal: { code: "unauthorised" } });
      this.#asked.clear();
    }
    for (const change of changes)
      if (change.t === "read" && change.seq !== undefined) this.#receipts.note(change.stream);
    this.#drafts.settle(changes);
    for (const change of changes)
      if (change.t === "draft" && change.draft?.id === undefined) this.#drafts.adoptLater(change.stream);
    if (changes.some(({ t }) => t === "queued" || t === "ended")) this.#sender.pump();
  }

  /* ---- the other tabs ---- */

  /** Another tab, or a page of this one, has cleared everything. */
  async restart(): Promise<void> {
    await this.#forgetAccount();
  }

  heard(message: Exclude<TabMessage, { t: "changes" }>): void {
    switch (message.t) {
      case "hello":
        return this.#tell(message.tab);
      case "renewed":
        return this.renew();
      case "want":
        return this.#give(message.tab, message.stream);
      case "watch":
        return this.watch(message.stream);
      case "signal":
        return this.signal(message);
      case "ask": {
        const { tab, n } = message;
        return this.#askServer(message.read, (outcome) => this.#ctx.post({ t: "answered", to: tab, n, outcome }));
      }
      default:
        return;
    }
  }

  /** How things stand, for a new follower: it has read the store, and may lack what came meanwhile. */
  #tell(to: string): void {
    const { model, post } = this.#ctx;
    const changes: Change[] = [];
    if (model.me.value) changes.push({ t: "me", me: model.me.value });
    changes.push({ t: "clock", offsetMs: model.offsetMs }, { t: "connection", connection: model.connection.value });
    for (const entry of model.outbox) changes.push({ t: "queued", entry });
    const heads: (TabMessage & { t: "heads" })["heads"] = {};
    for (const { stream, state, live, present } of model.slots.values()) {
      if (!state) continue;
      heads[stream] = { epoch: state.epoch, seq: state.seq };
      changes.push({ t: "present", stream, present: [...present] }, { t: "live", stream, live });
    }
    post({ t: "changes", to, changes });
    post({ t: "heads", to, heads, outbox: model.outbox.map(({ id }) => id), drafts: Object.fromEntries(model.drafts) });
  }

  #give(to: string, stream: StreamId): void {
    const { model, post } = this.#ctx;
    const { state, live } = model.slot(stream);
    if (!state) return;
    const whole = state.kind === "conversation" ? trim(state, KEPT_ITEMS) : state;
    post({
      t: "changes",
      to,
      changes: [
        { t: "reset", state: whole },
        { t: "live", stream, live },
      ],
    });
  }
}
