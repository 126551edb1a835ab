import type {
  CommandBody,
  CommandId,
  CommandType,
  ListQuery,
  Read,
  ReadAnswers,
  Refusal,
  Seq,
  StreamId,
} from "@aftercare/protocol";
import { Cache, type Loaded, outKey, readKey } from "./cache.ts";
import type { Change, TabMessage } from "./change.ts";
import type { Ctx } from "./context.ts";
import { Drafts } from "./drafts.ts";
import { Follower } from "./follower.ts";
import { History } from "./history.ts";
import { Leader } from "./leader.ts";
import type { ListHandle } from "./list.ts";
import type { Lists } from "./lists.ts";
import { Model } from "./model.ts";
import { Source } from "./observable.ts";
import { Outbox } from "./outbox.ts";
import { Reads } from "./reads.ts";
import type { Role } from "./role.ts";
import { TypingOut } from "./signals.ts";
import { conversationOf } from "./slot.ts";
import type { Client, ClientPorts, Observable, Sent, StreamHandle } from "./types.ts";

/** The credential is awaited this long before the cache is shown without knowing whose it is. */
const CREDENTIAL_WAIT_MS = 3_000;
/** What another tab than the leader may change. */
const ofFollowers: readonly Change["t"][] = ["queued", "ended", "draft", "read", "wiped"];

export const createClient = (ports: ClientPorts): Client => new Shell(ports);

/** The composition: owns every part, and is the face that pages see. */
class Shell implements Client {
  readonly leader = new Source(false);
  readonly storage: Observable<"ok" | "failing">;
  readonly #ports: ClientPorts;
  readonly #ctx: Ctx;
  readonly #model: Model;
  readonly #cache: Cache;
  readonly #outbox: Outbox;
  readonly #drafts: Drafts;
  readonly #reads: Reads;
  readonly #history: History;
  readonly #lists: Lists | undefined;
  readonly #typing: TypingOut;
  #role: Role | undefined;
  /** Typed before the store was read: it goes on behind what was typed before, here or on another device. */
  readonly #typed = new Map<StreamId, [text: string, replyTo: Seq | undefined]>();
  /** Messages of other tabs that came while the store was read; undefined when they are taken at once. */
  #held: TabMessage[] | undefined = [];
  #state: "new" | "running" | "stopped" = "new";

  constructor(ports: ClientPorts) {
    this.#ports = ports;
    const model = new Model(ports.clock, ports.law, (stream) => this.#role?.want(stream));
    const cache = new Cache(ports.store, ports.clock);
    const tab = [...ports.random(8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const ctx: Ctx = {
      ports,
      model,
      cache,
      tab,
      publish: (changes) => this.#publish(changes),
      post: (message) => ports.tabs.post(message),
      now: () => this.serverNow(),
    };
    this.#model = model;
    this.#cache = cache;
    this.#ctx = ctx;
    this.storage = cache.storage;
    this.#outbox = new Outbox(ctx);
    this.#drafts = new Drafts(ctx, this.#outbox);
    this.#reads = new Reads(ports.clock, (n, read) => this.#role?.ask(n, read));
    this.#history = new History(ctx, (read) => this.#reads.read(read));
    this.#lists = ports.lists && new ports.lists({ cache, clock: ports.clock, ask: (read) => this.#reads.read(read) });
    this.#typing = new TypingOut(ports.clock, (stream, on) =>
      this.#role?.signal({ t: "signal", stream, type: "typing", on }),
    );
  }

  get connection() {
    return this.#model.connection;
  }
  get me() {
    return this.#model.me;
  }
  get inbox() {
    return this.#model.inbox;
  }
  get pending() {
    return this.#model.pending;
  }

  /* ---- life ---- */

  async start(): Promise<void> {
    if (this.#state !== "new") return;
    this.#state = "running";
    const { tabs } = this.#ports;
    // The channel is open before the store is read: what changes meanwhile is heard, and taken after.
    tabs.onMessage((message) => this.#hear(message as TabMessage));
    const loaded = await this.#own(await this.#cache.load());
    if (this.#stopped()) return;
    this.#model.fill(loaded);
    for (const [stream, [text, replyTo]] of this.#typed) {
      const before = this.#model.slot(stream).draft.value;
      this.#drafts.set(stream, (before?.text ?? "") + text, replyTo ?? before?.replyTo);
    }
    this.#lists?.fill(loaded.lists);
    this.#model.emit();
    const follower = new Follower(this.#ctx, this.#reads);
    this.#role = follower;
    let first = true;
    tabs.elect(() => void this.#lead(first ? loaded : undefined));
    first = false;
    if (this.#role !== follower) return;
    this.#release();
    follower.start();
  }

  #stopped(): boolean {
    return this.#state === "stopped";
  }

  /** What is kept is shown to the account it belongs to, and cleared before another one (law 5). */
  async #own(loaded: Loaded): Promise<Loaded> {
    if (!loaded.me) return loaded;
    const { account, formerly = [] } = await this.#account();
    if (account === "unknown" || account === loaded.me.account || formerly.includes(loaded.me.account)) return loaded;
    if (account !== undefined) await this.#cache.clear();
    return { me: undefined, streams: [], outbox: [], drafts: [], reads: [], lists: [], transport: undefined };
  }

  #account(): Promise<{ account: string | undefined; formerly?: readonly string[] | undefined }> {
    const { auth, clock } = this.#ports;
    return new Promise((resolve) => {
      const timer = clock.setTimer(() => resolve({ account: "unknown" }), CREDENTIAL_WAIT_MS);
      const settle = (account: string | undefined, formerly?: readonly string[]) => {
        clock.clearTimer(timer);
        resolve({ account, formerly });
      };
      // Without a network nobody can say who it is: the device's own copy is shown.
      auth.credential().then(
        (credential) => settle(credential?.account, credential?.formerly),
        () => settle("unknown"),
      );
    });
  }

  /** This tab owns the connection now. Without `fresh` the store is read again: the leader before wrote it to its end. */
  async #lead(fresh: Loaded | undefined): Promise<void> {
    if (this.#stopped()) return;
    const loaded = fresh ?? (await this.#inherit());
    if (this.#stopped()) return;
    this.#role?.stop();
    const leader = new Leader(this.#ctx, this.#reads, this.#drafts);
    this.#role = leader;
    this.leader.set(true);
    this.#release();
    leader.start(loaded.transport);
  }

  async #inherit(): Promise<Loaded> {
    this.#held ??= [];
    const model = this.#model;
    const loaded = await this.#cache.load();
    if (this.#stopped()) return loaded;
    model.apply([{ t: "cut" }]);
    const failing = this.#cache.storage.value === "failing";
    const stored = new Map(loaded.streams.map((state) => [state.stream, state]));
    if (!failing) {
      const kept = new Set(loaded.outbox.map(({ id }) => id));
      for (const entry of model.outbox)
        if (!kept.has(entry.id) && !this.#outbox.awaits(entry.id) && !this.#cache.unsaved(outKey(entry)))
          model.apply([{ t: "ended", id: entry.id, outcome: { refusal: { code: "no-change" } } }]);
      for (const { stream, state } of [...model.slots.values()])
        if (state && !stored.has(stream)) model.apply([{ t: "gone", stream }]);
    }
    model.fill(loaded);
    // What the leader before told and could not keep is written now: a row after it must find its place.
    for (const { state } of model.slots.values())
      if (state && stored.get(state.stream)?.seq !== state.seq) void this.#cache.write(this.#cache.stateEdit(state));
    model.emit();
    return loaded;
  }

  async stop(): Promise<void> {
    if (this.#state !== "running") return;
    const role = this.#role;
    role?.stop();
    this.#state = "stopped";
    this.#typing.stop();
    this.#lists?.stop();
    this.#reads.stop();
    this.#model.stop();
    await this.#drafts.stop();
    await this.#cache.close();
    this.#ports.tabs.close();
  }

  async renew(): Promise<void> {
    if (this.#state !== "running") return;
    const { account, formerly = [] } = await this.#account();
    const before = this.me.value?.account;
    const isOther = before !== undefined && account !== before && !(account && formerly.includes(before));
    // Somebody else's must be out of sight at once, also without a network.
    if (isOther && account !== "unknown") return this.reset();
    if (this.#role instanceof Leader) this.#role.renew();
    else this.#ctx.post({ t: "renewed" });
  }

  async reset(): Promise<void> {
    if (this.#role instanceof Leader) return this.#role.restart();
    const cleared = this.#cache.clear();
    this.#publish([{ t: "wiped" }]);
    await cleared;
  }

  /* ---- changes ---- */

  #publish(changes: readonly Change[]): void {
    if (this.#stopped() || changes.length === 0) return;
    this.#model.apply(changes);
    this.#ctx.post({ t: "changes", changes: [...changes] });
    this.#took(changes);
  }

  #took(changes: readonly Change[]): void {
    this.#outbox.took(changes);
    this.#role?.took(changes);
    this.#lists?.took(changes);
    this.#model.emit();
  }

  #hear(message: TabMessage): void {
    if (this.#stopped()) return;
    if (this.#held) this.#held.push(message);
    else this.#take(message);
  }

  #take(message: TabMessage): void {
    if ("to" in message && message.to !== undefined && message.to !== this.#ctx.tab) return;
    if (message.t !== "changes") return this.#role?.heard(message);
    const leads = this.#role instanceof Leader;
    // A leader takes no orders about streams: a message of the one before may still be on its way.
    const changes = leads ? message.changes.filter(({ t }) => ofFollowers.includes(t)) : message.changes;
    if (leads && changes.some(({ t }) => t === "wiped")) return void this.reset();
    this.#model.apply(changes);
    this.#took(changes);
  }

  #release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const message of held) this.#take(message);
  }

  /* ---- the face ---- */

  stream(stream: StreamId): StreamHandle {
    const slot = this.#model.slot(stream);
    slot.handles++;
    this.#role?.watch(stream);
    let open = true;
    return {
      stream,
      view: slot.view,
      draft: slot.draft,
      older: () => this.#history.older(stream),
      newer: () => this.#history.newer(stream),
      latest: () => this.#history.latest(stream),
      reveal: (seq) => this.#history.reveal(stream, seq),
      revealAt: (at) => this.#history.revealAt(stream, at),
      need: (seqs) => this.#history.need(stream, seqs),
      markRead: (seq) => this.#markRead(stream, seq),
      typing: (on) => this.#typing.key(stream, on),
      viewing: (on) => this.#role?.signal({ t: "signal", stream, type: "viewing", on }),
      setDraft: (text, replyTo) =>
        void (this.#role ? this.#drafts.set(stream, text, replyTo) : this.#typed.set(stream, [text, replyTo])),
      close: () => {
        if (!open) return;
        open = false;
        slot.handles--;
        this.#model.release(stream);
        this.#model.emit();
      },
    };
  }

  list(query: ListQuery): ListHandle {
    if (!this.#lists) throw new Error("this client was made without lists");
    return this.#lists.open(query);
  }

  #markRead(stream: StreamId, seq: Seq): void {
    const state = conversationOf(this.#model.slots.get(stream));
    const me = this.me.value?.account ?? "";
    // Who reads by right has no receipt.
    if (!state?.members[me]) return;
    const read = Math.min(seq, state.seq);
    if (read <= Math.max(state.receipts[me]?.readSeq ?? 0, this.#model.reads.get(stream) ?? 0)) return;
    void this.#cache.write({ put: [[readKey(stream), read]] });
    this.#publish([{ t: "read", stream, seq: read }]);
  }

  newId(): CommandId {
    return this.#outbox.newId();
  }

  send<T extends CommandType>(type: T, stream: StreamId | undefined, body: CommandBody<T>, id?: CommandId): Sent {
    const known = this.#outbox.known(id);
    if (known) return known;
    const prepared = this.#outbox.prepare(type, stream, body, id);
    if (type !== "message.send" || stream === undefined) return this.#outbox.commit(prepared);
    this.#typing.sent(stream);
    this.#history.latest(stream);
    return this.#outbox.commit(prepared, id === undefined ? this.#drafts.clearing(stream) : undefined);
  }

  retry(id: CommandId): void {
    this.#outbox.retry(id);
  }

  discard(id: CommandId): void {
    this.#outbox.discard(id);
  }

  async read<T extends Read["type"]>(read: Extract<Read, { type: T }>): Promise<ReadAnswers[T] | { refusal: Refusal }> {
    const outcome = await this.#reads.read(read);
    return "answer" in outcome ? (outcome.answer as ReadAnswers[T]) : outcome;
  }

  serverNow(): number {
    return Math.round(this.#ports.clock.now() + this.#model.offsetMs);
  }
}
