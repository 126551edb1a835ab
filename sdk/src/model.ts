import {
  type Actor,
  apply,
  growReceipt,
  type InboxState,
  isFold,
  type Law,
  mergeRefs,
  prependPage,
  trim,
} from "@aftercare/core";
import {
  type AccountId,
  type Event,
  type HistoryPage,
  inboxOf,
  limits,
  type Receipt,
  type Seq,
  type Signal,
  type StreamId,
} from "@aftercare/protocol";
import { KEPT_ITEMS, type Loaded } from "./cache.ts";
import type { Change, Entry, LocalDraft } from "./change.ts";
import { Derived, Source } from "./observable.ts";
import { conversationOf, keepReceipts, lineOf, makeSlot, type Slot, type Track, WINDOW_ITEMS } from "./slot.ts";
import type { Clock, Connection, InboxView, Pending } from "./types.ts";

/** What this tab knows and shows. Changed only by `apply` and by what it reads for itself; watched through `emit`. */
export class Model {
  readonly slots = new Map<StreamId, Slot>();
  /** In order of sending. */
  outbox: readonly Entry[] = [];
  readonly drafts = new Map<StreamId, LocalDraft>();
  /** What was read here and the server has not confirmed. */
  readonly reads = new Map<StreamId, Seq>();
  readonly me = new Source<Actor | undefined>(undefined);
  readonly connection = new Source<Connection>({ state: "idle" });
  readonly inbox = new Derived<InboxView>(() => this.#inboxView());
  readonly pending = new Derived<readonly Pending[]>(() => this.outbox);
  offsetMs = 0;
  readonly #clock: Clock;
  /** Asks for a stream whose changes do not link with what this tab has. The leader has none: there it would be a bug. */
  readonly #want: (stream: StreamId) => void;
  readonly #dirty = new Set<Slot>();

  /** By which pending commands are shown before the server has taken them. */
  readonly law: Law;

  constructor(clock: Clock, law: Law, want: (stream: StreamId) => void) {
    this.#clock = clock;
    this.law = law;
    this.#want = want;
  }

  slot(stream: StreamId): Slot {
    const known = this.slots.get(stream);
    if (known) return known;
    const made = makeSlot(stream, this);
    this.slots.set(stream, made);
    return made;
  }

  get inboxStream(): StreamId | undefined {
    return this.me.value && inboxOf(this.me.value.account);
  }

  get inboxState(): InboxState | undefined {
    const state = this.inboxStream && this.slots.get(this.inboxStream)?.state;
    return state && state.kind === "inbox" ? state : undefined;
  }

  epochOf(stream: StreamId | undefined): number | undefined {
    return this.slots.get(stream ?? "")?.state?.epoch;
  }

  entry(id: string): Entry | undefined {
    return this.outbox.find((entry) => entry.id === id);
  }

  /** Takes what was kept. What this tab has made or heard meanwhile is newer, and stays. */
  fill(loaded: Loaded): void {
    if (loaded.me && !this.me.value) this.me.set(loaded.me);
    for (const state of loaded.streams) {
      const slot = this.slot(state.stream);
      if (!slot.state || slot.state.epoch !== state.epoch || slot.state.seq < state.seq)
        this.#replace({ t: "reset", state });
    }
    const known = new Set(this.outbox.map(({ id }) => id));
    this.outbox = [...loaded.outbox.filter(({ id }) => !known.has(id)), ...this.outbox].sort(byOrder);
    for (const [stream, draft] of loaded.drafts) if (!this.drafts.has(stream)) this.drafts.set(stream, draft);
    for (const [stream, seq] of loaded.reads) this.reads.set(stream, Math.max(seq, this.reads.get(stream) ?? 0));
    this.#touchAll();
  }

  /** The last page on a stream was closed: the window need not stay as long as it was read. */
  release(stream: StreamId): void {
    const slot = this.slot(stream);
    const state = conversationOf(slot);
    if (slot.handles > 0 || !state || (!slot.past && state.items.length <= KEPT_ITEMS)) return;
    slot.past = undefined;
    slot.state = trim(state, KEPT_ITEMS);
    slot.end = false;
    slot.needed.clear();
    this.#touch(stream);
  }

  apply(changes: readonly Change[]): void {
    for (const change of changes) this.#apply(change);
  }

  /** Tells everybody who watches; once after a batch of changes. */
  emit(): void {
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const slot of dirty) {
      slot.view.emit();
      slot.draft.emit();
    }
    this.inbox.emit();
    this.pending.emit();
  }

  #apply(change: Change): void {
    switch (change.t) {
      case "me":
        this.me.set(change.me);
        return this.#touchAll();
      case "connection":
        return this.connection.set(change.connection);
      case "clock":
        this.offsetMs = change.offsetMs;
        return;
      case "cut":
        return this.#cut();
      case "events":
        return this.#events(change.stream, change.epoch, change.events);
      case "reset":
      case "gone":
        return this.#replace(change);
      case "live":
        this.slot(change.stream).live = change.live;
        return this.#touch(change.stream);
      case "present":
        this.slot(change.stream).present = change.present;
        return this.#touch(change.stream);
      case "receipts":
        return this.#receipts(change.stream, change.receipts);
      case "signal":
        return this.#signal(change.signal);
      case "queued":
      case "standing":
      case "acked":
      case "ended":
        return this.#outbox(change);
      case "draft":
        if (change.draft) this.drafts.set(change.stream, change.draft);
        else this.drafts.delete(change.stream);
        return this.#touch(change.stream);
      case "read":
        if (change.seq === undefined) this.reads.delete(change.stream);
        else this.reads.set(change.stream, Math.max(change.seq, this.reads.get(change.stream) ?? 0));
        return this.#touch(change.stream);
      case "became":
        return this.#become();
      case "wiped":
        return this.#wipe();
      default:
        return change satisfies never;
    }
  }

  #events(stream: StreamId, epoch: number, events: readonly Event[]): void {
    const slot = this.slot(stream);
    let { state } = slot;
    const first = events[0];
    if (!state || !first || state.epoch !== epoch || first.seq > state.seq + 1) return this.#want(stream);
    const before = state;
    for (const event of events) {
      if (event.seq <= state.seq) continue;
      state = apply(state, event);
      if (event.type === "message.sent") this.#stopTyping(slot, event.by);
      if (isFold(event)) for (const track of slot.tracks) track.events.push(event);
    }
    // No window grows for ever; one that nobody looks at is shorter.
    const most = slot.handles === 0 ? KEPT_ITEMS : WINDOW_ITEMS;
    if (state.kind === "conversation" && state.items.length > 2 * most) {
      state = trim(state, most);
      if (!slot.past) slot.end = false;
    }
    slot.state = state;
    slot.past = slot.past?.fold(events);
    this.#touch(stream);
    if (before.kind === "inbox" && state.kind === "inbox") this.#touchDrafts(before, state);
  }

  #touchDrafts(before: InboxState, after: InboxState): void {
    if (before.drafts === after.drafts) return;
    for (const stream of new Set([...Object.keys(before.drafts), ...Object.keys(after.drafts)]))
      if (before.drafts[stream] !== after.drafts[stream]) this.#touch(stream);
  }

  #replace(change: Extract<Change, { t: "reset" | "gone" }>): void {
    const stream = change.t === "reset" ? change.state.stream : change.stream;
    const slot = this.slot(stream);
    slot.state = change.t === "reset" ? keepReceipts(change.state, slot.state) : undefined;
    slot.gone = change.t === "gone";
    slot.past = undefined;
    slot.end = false;
    slot.needed.clear();
    for (const track of slot.tracks) track.broken = true;
    if (slot.gone) {
      slot.live = false;
      slot.present = [];
      for (const account of [...slot.typing.keys()]) this.#stopTyping(slot, account);
    }
    if (change.t === "reset" && change.state.kind === "inbox") this.#touchAll();
    this.#touch(stream);
  }

  #receipts(stream: StreamId, receipts: Readonly<Record<AccountId, Receipt>>): void {
    const slot = this.slot(stream);
    const state = conversationOf(slot);
    if (!state) return;
    const grown = { ...state.receipts };
    for (const [account, receipt] of Object.entries(receipts))
      if (state.members[account]) grown[account] = growReceipt(grown[account], receipt);
    slot.state = { ...state, receipts: grown };
    this.#touch(stream);
  }

  #signal({ type, stream, by, on }: Signal): void {
    const slot = this.slot(stream);
    switch (type) {
      case "typing":
        this.#stopTyping(slot, by);
        if (on)
          slot.typing.set(
            by,
            this.#clock.setTimer(() => this.#typingEnds(slot, by), limits.typingTtlMs),
          );
        break;
      case "presence": {
        const others = slot.present.filter((account) => account !== by);
        slot.present = on ? [...others, by] : others;
        break;
      }
      default:
        // A newer server whispers what this build does not know.
        return type satisfies never;
    }
    this.#touchView(slot);
  }

  #stopTyping(slot: Slot, by: AccountId): void {
    if (!slot.typing.has(by)) return;
    this.#clock.clearTimer(slot.typing.get(by));
    slot.typing.delete(by);
  }

  #typingEnds(slot: Slot, by: AccountId): void {
    slot.typing.delete(by);
    this.#touchView(slot);
    this.emit();
  }

  #outbox(change: Extract<Change, { t: "queued" | "standing" | "acked" | "ended" }>): void {
    switch (change.t) {
      case "queued": {
        const rest = this.outbox.filter(({ id }) => id !== change.entry.id);
        this.outbox = [...rest, change.entry].sort(byOrder);
        return this.#touchOutbox([change.entry]);
      }
      case "ended": {
        const ended = this.outbox.filter(({ id }) => id === change.id);
        if (ended.length > 0) this.outbox = this.outbox.filter(({ id }) => id !== change.id);
        if ("ack" in change.outcome) this.#dropDraft(change.id);
        return this.#touchOutbox(ended);
      }
      case "standing":
        return this.#edit(change.ids, (entry) => ({ ...entry, status: change.status }));
      case "acked":
        return this.#edit([change.id], (entry) => ({ ...entry, acked: change.ack }));
      default:
        return change satisfies never;
    }
  }

  /** The server has this draft. Every tab sees to it for itself: tabs may have taken the changes of a draft in another order. */
  #dropDraft(id: string): void {
    for (const [stream, draft] of [...this.drafts]) {
      if (draft.id !== id) continue;
      this.drafts.delete(stream);
      this.#touch(stream);
    }
  }

  #edit(ids: readonly string[], edit: (entry: Entry) => Entry): void {
    const named = new Set(ids);
    this.outbox = this.outbox.map((entry) => (named.has(entry.id) ? edit(entry) : entry));
    this.#touchOutbox(this.outbox.filter((entry) => named.has(entry.id)));
  }

  #cut(): void {
    for (const slot of this.slots.values()) {
      slot.live = false;
      slot.present = [];
      for (const account of [...slot.typing.keys()]) this.#stopTyping(slot, account);
    }
    // Acknowledged in a stream of which nothing came on that link: the next one says whether the log still has it.
    const isOpen = ({ acked }: Entry) => acked === undefined || this.slots.get(acked.stream)?.state === undefined;
    const sending = this.outbox.filter((entry) => entry.status.state === "sending" && isOpen(entry));
    this.#edit(
      sending.map(({ id }) => id),
      (entry) => ({ ...entry, acked: undefined, status: { state: "waiting" } }),
    );
    this.#touchAll();
  }

  #wipe(): void {
    this.outbox = [];
    this.drafts.clear();
    this.#forgetRead();
  }

  /** An acknowledgement says nothing any more: the command is sent again under its id, and the log knows it. */
  #become(): void {
    this.#edit(
      this.outbox.filter(({ status }) => status.state !== "failed").map(({ id }) => id),
      (entry) => ({ ...entry, acked: undefined, status: { state: "waiting" } }),
    );
    this.#forgetRead();
  }

  #forgetRead(): void {
    for (const slot of this.slots.values()) {
      this.#replace({ t: "gone", stream: slot.stream });
      slot.gone = false;
    }
    this.reads.clear();
    this.me.set(undefined);
    this.#touchAll();
  }

  /** Ends the timers; nothing is shown after. */
  stop(): void {
    for (const slot of this.slots.values())
      for (const account of [...slot.typing.keys()]) this.#stopTyping(slot, account);
  }

  /* ---- what this tab reads for itself ---- */

  track(stream: StreamId): Track {
    const track: Track = { events: [], broken: false };
    this.slot(stream).tracks.add(track);
    return track;
  }

  prepend(stream: StreamId, page: HistoryPage, track: Track): void {
    const slot = this.slot(stream);
    const state = conversationOf(slot);
    if (!state || track.broken || page.epoch !== state.epoch) return;
    slot.state = prependPage(state, page, track.events);
    if (!page.older) slot.end = true;
    this.#touch(stream);
  }

  /** Says that the window of a stream is another one. */
  changed(stream: StreamId): void {
    this.#touch(stream);
    this.emit();
  }

  merge(stream: StreamId, messages: readonly Event[], track: Track): void {
    const slot = this.slot(stream);
    const state = conversationOf(slot);
    if (!state || track.broken) return;
    slot.state = mergeRefs(state, messages, track.events);
    this.#touch(stream);
  }

  /** Says that something of the slot which is not in its state has changed. */
  touchView(stream: StreamId): void {
    this.#touchView(this.slot(stream));
  }

  #touchView(slot: Slot): void {
    slot.view.touch();
    this.#dirty.add(slot);
  }

  #touch(stream: StreamId): void {
    const slot = this.slot(stream);
    this.#touchView(slot);
    slot.draft.touch();
    slot.line = undefined;
    this.inbox.touch();
  }

  #touchOutbox(entries: readonly Entry[]): void {
    this.pending.touch();
    for (const { stream } of entries) if (stream !== undefined) this.#touch(stream);
  }

  #touchAll(): void {
    this.pending.touch();
    this.inbox.touch();
    for (const stream of this.slots.keys()) this.#touch(stream);
  }

  #inboxView(): InboxView {
    const state = this.inboxState;
    const lines = Object.values(state?.entries ?? {}).map((entry) => lineOf(this.slot(entry.stream), entry, this));
    lines.sort((a, b) => b.lastAt - a.lastAt || (a.entry.stream < b.entry.stream ? 1 : -1));
    const invitations = Object.values(state?.invitations ?? {}).sort((a, b) => b.at - a.at);
    return { status: state ? "live" : "loading", lines, invitations, state };
  }
}

const byOrder = (a: Entry, b: Entry): number => a.order - b.order || (a.id < b.id ? -1 : 1);
