import { type AccountId, type Event, isTimeline, type Seq, type StreamId } from "@aftercare/protocol";
import type { EventRow, Tables } from "./tables.ts";

/** A time somebody was a member: what they may read starts at `floor` and ends with the event that took them out. */
type Period = { readonly floor: Seq; readonly joinedAt: Seq; leftAt: Seq };

const forEver = Number.MAX_SAFE_INTEGER;

/** Who was a member when, and what the timelines hold: told by the committed log alone, apart from the product's own rows. */
export class Chronicle {
  readonly #periods = new Map<StreamId, Map<AccountId, Period[]>>();
  readonly #timeline = new Map<StreamId, Seq[]>();

  /** Begins anew, from the log as it is. */
  retell(tables: Tables): void {
    this.#periods.clear();
    this.#timeline.clear();
    for (const stream of tables.streams.keys()) this.tell(tables.events(stream));
  }

  tell(events: readonly EventRow[]): void {
    for (const event of events) this.#tell(event as Event);
  }

  #tell(event: Event): void {
    const { stream, seq } = event;
    if (isTimeline(event.type)) {
      const seqs = this.#timeline.get(stream) ?? [];
      this.#timeline.set(stream, seqs);
      seqs.push(seq);
    }
    if (event.type === "conversation.opened")
      for (const member of event.body.members) this.#join(stream, member.account, member.fromSeq, seq);
    else if (event.type === "member.joined")
      this.#join(stream, event.body.member.account, event.body.member.fromSeq, seq);
    else if (event.type === "member.became") {
      const { from, member } = event.body;
      if (from === member.account) return;
      this.#leave(stream, from, seq);
      this.#join(stream, member.account, member.fromSeq, seq);
    } else if (event.type === "member.left" || event.type === "member.removed")
      this.#leave(stream, event.body.account, seq);
  }

  #leave(stream: StreamId, account: AccountId, seq: Seq): void {
    const last = this.#of(stream, account).at(-1);
    if (last) last.leftAt = seq;
  }

  #join(stream: StreamId, account: AccountId, floor: Seq, joinedAt: Seq): void {
    const accounts = this.#periods.get(stream) ?? new Map<AccountId, Period[]>();
    this.#periods.set(stream, accounts);
    const periods = accounts.get(account) ?? [];
    accounts.set(account, periods);
    periods.push({ floor, joinedAt, leftAt: forEver });
  }

  #of(stream: StreamId, account: AccountId): Period[] {
    return this.#periods.get(stream)?.get(account) ?? [];
  }

  /** Whether the account was ever allowed to read this seq. */
  mayRead(stream: StreamId, account: AccountId, seq: Seq): boolean {
    return this.#of(stream, account).some(({ floor, leftAt }) => seq >= floor && seq <= leftAt);
  }

  everMember(stream: StreamId, account: AccountId): boolean {
    return this.#of(stream, account).length > 0;
  }

  /** Whether the account was a member when the stream stood at `seq`. */
  wasMember(stream: StreamId, account: AccountId, seq: Seq): boolean {
    return this.#of(stream, account).some(({ joinedAt, leftAt }) => seq >= joinedAt && seq < leftAt);
  }

  /** How many timeline items lie between two seqs, both included. */
  countItems(stream: StreamId, from: Seq, to: Seq): number {
    const seqs = this.#timeline.get(stream) ?? [];
    return firstAbove(seqs, to) - firstAbove(seqs, from - 1);
  }

  items(stream: StreamId): readonly Seq[] {
    return this.#timeline.get(stream) ?? [];
  }
}

function firstAbove(seqs: readonly Seq[], seq: Seq): number {
  let low = 0;
  let high = seqs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((seqs[middle] as Seq) <= seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
