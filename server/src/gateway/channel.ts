import {
  type Actor,
  apply,
  blankEdit,
  brings,
  type ConversationState,
  foldMembers,
  foldMessage,
  growReceipt,
  isFold,
  readsByRight,
  trim,
} from "@aftercare/core";
import {
  type AccountId,
  type ConversationKind,
  type Event,
  limits,
  type Member,
  type Receipt,
  type Seq,
  type StreamId,
  type TraceTransport,
} from "@aftercare/protocol";
import type { StreamSnapshot } from "../log/store.ts";

/** One stream for one session. `sent` is the last seq that went into its link. */
export type Subscription = {
  readonly account: AccountId;
  sent: Seq;
  /** The client was told `live`: from then on events go out one by one. */
  live: boolean;
  pumping: boolean;
  closed: boolean;
  /** For the delivery inspector: events from here to `sent` went out in the same turn as to everybody in step. */
  stepFrom: Seq;
  readonly device: string;
  readonly transport: TraceTransport;
  /** Takes an event's frame, which many sessions share. */
  send(frame: string): void;
  /** Takes a frame that may be lost. */
  tell(frame: string): void;
  /** Sends what lies between `sent` and the head. */
  pump(): void;
  /** The account lost the stream. */
  gone(): void;
};

/** Who wants to read, as far as the right to it goes. */
export type Reader = Pick<Actor, "account" | "kind" | "may">;

/** The first seq that somebody may read of a conversation or notes: a member from its own on, whoever reads by right everything. */
export const floorOf = (who: Reader, member: Member | undefined, kind: ConversationKind | undefined): Seq | undefined =>
  member?.fromSeq ?? (kind !== undefined && readsByRight(who, kind) ? 1 : undefined);

/** One more than a page: then the page knows that there are older ones. */
export const keptItems = limits.snapshotItems + 1;

/** Events are in memory for links that break and come back; who was away for longer reads the log. */
const ringMs = 120_000;
/** A state nobody asked for during this time is dropped; the next one who asks has it read. */
const stateUnusedMs = 60_000;

/**
 * An active stream in memory: its head, members, receipts and newest events, applied strictly in order of seq. Whoever
 * is no member any more is cut off exactly at the event that says so, on every node (law 5).
 */
export class Channel {
  readonly stream: StreamId;
  readonly epoch: number;
  head: Seq;
  /** Conversations and notes check `members`; an inbox belongs to its account alone. */
  readonly members: Map<AccountId, Member>;
  readonly receipts: Map<AccountId, Receipt>;
  readonly subscriptions = new Set<Subscription>();
  /** Who is there on any node, as far as this one knows. */
  present: ReadonlySet<AccountId> = new Set();
  /** The newest events, without gaps, ending at `head`. */
  private readonly ring: Event[] = [];
  /** When each of them came here, by the clock that nobody sets: `at` is a time of the day. */
  private readonly ringAt: number[] = [];
  private readonly ringEvents: number;
  readonly title: string;
  /** Of conversations and notes. */
  readonly kind: ConversationKind | undefined;
  usedAt: number;
  /** The last page as `apply` keeps it, for snapshots without the database. */
  private kept: ConversationState | undefined;
  private keptAt = 0;

  constructor(snapshot: StreamSnapshot, epoch: number, ringEvents: number, now: number) {
    this.stream = snapshot.row.id;
    this.epoch = epoch;
    this.head = snapshot.row.lastSeq;
    this.members = new Map(snapshot.members.map((member) => [member.account, member]));
    this.receipts = new Map(Object.entries(snapshot.receipts));
    this.title = snapshot.row.title ?? "";
    this.kind = snapshot.row.meta?.kind;
    this.ringEvents = ringEvents;
    this.usedAt = now;
  }

  /** The first seq the account may read here, or undefined when it may not at all. */
  floor(who: Reader): Seq | undefined {
    if (this.stream.startsWith("i_")) return this.isMember(who.account) ? 1 : undefined;
    return floorOf(who, this.members.get(who.account), this.kind);
  }

  /** Others hear of members alone: who reads by right has no receipt, is never there and types nothing. */
  isMember(account: AccountId): boolean {
    if (this.stream.startsWith("i_")) return this.stream.slice(1) === account.slice(1);
    return this.members.has(account);
  }

  /** Takes the next event. The caller has made sure that it is the next. `now` is elapsed time, here as everywhere. */
  take(event: Event, now: number): void {
    const frame = JSON.stringify({ t: "event", epoch: this.epoch, event });
    this.head = event.seq;
    this.ring.push(event);
    this.ringAt.push(now);
    if (this.ring.length > this.ringEvents) this.forgetOldest(1);
    this.forgetOldText(event);
    if (this.kept) this.kept = this.kept.seq === event.seq - 1 ? this.advance(this.kept, event) : undefined;
    const left = this.applyMembers(event);
    for (const subscription of this.subscriptions) {
      if (subscription.live && !subscription.pumping && subscription.sent === event.seq - 1) {
        subscription.sent = event.seq;
        subscription.send(frame);
      } else subscription.pump();
    }
    for (const account of left) this.cut(account);
  }

  private advance(state: ConversationState, event: Event): ConversationState {
    const next = apply(state, event);
    return next.items.length > 2 * limits.snapshotItems ? trim(next, keptItems) : next;
  }

  /** Keeps a state that was read from the log and brings it to the head; one that memory cannot bring there is not kept. */
  keep(state: ConversationState, now: number): void {
    let next: ConversationState | undefined = state;
    if (state.seq < this.head) {
      const events = this.after(state.seq);
      next = events?.reduce((one, event) => this.advance(one, event), state);
    } else if (state.seq > this.head) next = undefined;
    this.kept = next;
    this.keptAt = now;
  }

  /** The state at the head, with the receipts of now. */
  state(now: number): ConversationState | undefined {
    if (!this.kept || this.kept.seq !== this.head) return undefined;
    this.keptAt = now;
    return { ...this.kept, receipts: Object.fromEntries(this.receipts) };
  }

  /** Frees a state that was not asked for lately, and events that came before any link that will resume here broke. */
  forgetUnused(now: number): void {
    if (now - this.keptAt > stateUnusedMs) this.kept = undefined;
    const recent = this.ringAt.findIndex((at) => at >= now - ringMs);
    this.forgetOldest(recent < 0 ? this.ring.length : recent);
  }

  private forgetOldest(count: number): void {
    this.ring.splice(0, count);
    this.ringAt.splice(0, count);
  }

  private applyMembers(event: Event): AccountId[] {
    const left: AccountId[] = [];
    switch (event.type) {
      case "member.joined":
      case "member.left":
      case "member.removed":
      case "member.muted":
      case "member.role-set":
      case "member.became":
      case "member.handed-over":
        for (const [account, member] of foldMembers((one) => this.members.get(one), event)) {
          if (member) this.members.set(account, member);
          else {
            this.members.delete(account);
            this.receipts.delete(account);
            left.push(account);
          }
          if (brings(event, account)) this.grow(account, { deliveredSeq: event.seq, readSeq: event.seq });
        }
        break;
      case "desk.joined": {
        const { account, name } = event.body;
        this.members.set(account, { account, name, role: "agent", fromSeq: 1 });
        break;
      }
      case "desk.left":
        this.members.delete(event.body.account);
        left.push(event.body.account);
        break;
      default:
    }
    return left;
  }

  private cut(account: AccountId): void {
    for (const subscription of [...this.subscriptions]) if (subscription.account === account) subscription.gone();
  }

  /** A recalled or edited text must not come out of memory either (law 14). */
  private forgetOldText(event: Event): void {
    if (!isFold(event)) return;
    const index = event.body.seq - (this.ring[0]?.seq ?? 0);
    const target = this.ring[index];
    if (target?.type === "message.sent") this.ring[index] = foldMessage(target, event);
    if (event.type === "message.reacted") return;
    for (const [place, older] of this.ring.entries())
      if (older.type === "message.edited" && older.body.seq === event.body.seq && older.seq < event.seq)
        this.ring[place] = { ...older, body: blankEdit(older.body) };
  }

  /** The events after `seq` up to the head, or undefined when memory does not reach back that far. */
  after(seq: Seq): readonly Event[] | undefined {
    if (seq >= this.head) return [];
    const first = this.ring[0]?.seq;
    if (first === undefined || seq + 1 < first) return undefined;
    return this.ring.slice(seq + 1 - first);
  }

  /** Raises a receipt; returns it when it grew. */
  grow(account: AccountId, receipt: Partial<Receipt>): Receipt | undefined {
    const before = this.receipts.get(account);
    const after = growReceipt(before, receipt);
    if (before && after.deliveredSeq === before.deliveredSeq && after.readSeq === before.readSeq) return undefined;
    this.receipts.set(account, after);
    return after;
  }

  /** All marks of all receipts, added up. They only grow, so two nodes with the same sum have the same receipts. */
  marks(): number {
    let sum = 0;
    for (const { deliveredSeq, readSeq } of this.receipts.values()) sum += deliveredSeq + readSeq;
    return sum;
  }

  /** Sends a frame to every subscription but those of one account. */
  tell(frame: string, except?: AccountId): void {
    for (const subscription of this.subscriptions)
      if (subscription.live && subscription.account !== except) subscription.tell(frame);
  }

  /** Accounts with a live subscription here. */
  subscribers(): AccountId[] {
    return [...new Set([...this.subscriptions].map((subscription) => subscription.account))];
  }

  /** Whether a member follows the stream here. */
  isHere(account: AccountId): boolean {
    return this.isMember(account) && this.subscribers().includes(account);
  }
}
