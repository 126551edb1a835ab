import type { Facts } from "@aftercare/core";
import type { AccountId, Member, Meta, StreamId } from "@aftercare/protocol";
import type { Loaded, StreamRow, StreamSnapshot } from "./store.ts";

/** What was known of a conversation at a version of its row. */
export type Known = { version: number; meta: Meta; memberCount: number; members: Map<AccountId, Member> };

/** Conversations remembered; the ones not used for longest go first. */
const mostStreams = 50_000;
const mostMembers = 1_000;
const mostMembersInAll = 500_000;

/**
 * What was read of conversations. A decision made from it holds as long as the row's version is the same, which the log
 * checks when it appends.
 */
export class KnownStreams {
  readonly #streams = new Map<StreamId, Known>();
  #members = 0;
  #epoch: number;

  constructor(epoch: number) {
    this.#epoch = epoch;
  }

  /** Versions of a database that was restored say nothing of those before. */
  restart(epoch: number): void {
    this.#epoch = epoch;
    this.#streams.clear();
    this.#members = 0;
  }

  get(stream: StreamId): Known | undefined {
    const known = this.#streams.get(stream);
    if (!known) return undefined;
    // Moved to the end: the first of the map is the one not used for longest.
    this.#streams.delete(stream);
    this.#streams.set(stream, known);
    return known;
  }

  /** Takes what a committed transaction read; `changed` are the streams that it made another version of. */
  learn(epoch: number, rows: readonly StreamRow[], loaded: Loaded, changed: ReadonlySet<StreamId>): void {
    if (epoch !== this.#epoch) return;
    for (const row of rows) {
      if (changed.has(row.id)) this.#drop(row.id);
      else this.#put(row);
    }
    // Of a stream that was not locked, the version that its member was read at is not known.
    const locked = new Set(rows.map(({ id }) => id));
    for (const { stream, status, member } of loaded.members)
      if (status === "joined" && locked.has(stream) && !changed.has(stream)) this.#putMember(stream, member);
    this.#shed();
  }

  /** Takes a stream's row and members of one moment. */
  learnWhole(epoch: number, { row, members }: StreamSnapshot): void {
    if (epoch !== this.#epoch || this.#streams.get(row.id)?.version === row.version) return;
    this.#put(row);
    for (const member of members) this.#putMember(row.id, member);
    this.#shed();
  }

  #put({ id, version, meta, memberCount }: StreamRow): void {
    if (!meta || this.#streams.get(id)?.version === version) return;
    this.#drop(id);
    this.#streams.set(id, { version, meta, memberCount, members: new Map() });
  }

  #putMember(stream: StreamId, member: Member): void {
    const members = this.#streams.get(stream)?.members;
    if (!members || members.size >= mostMembers) return;
    if (!members.has(member.account)) this.#members++;
    members.set(member.account, member);
  }

  #drop(stream: StreamId): void {
    this.#members -= this.#streams.get(stream)?.members.size ?? 0;
    this.#streams.delete(stream);
  }

  #shed(): void {
    for (const stream of this.#streams.keys()) {
      if (this.#streams.size <= mostStreams && this.#members <= mostMembersInAll) return;
      this.#drop(stream);
    }
  }
}

/** The facts of a message that answers nothing: its conversation and its writer. */
export function factsOf(stream: StreamId, known: Known, actor: Facts["actor"], now: number): Facts {
  return {
    now,
    actor,
    recallWindowMs: 0,
    newConversation: "",
    stream: (id) => (id === stream ? { meta: known.meta, memberCount: known.memberCount, lastSeq: 0 } : undefined),
    member: (id, account) => (id === stream ? known.members.get(account) : undefined),
    invited: () => false,
    message: () => undefined,
    account: () => undefined,
    desk: () => undefined,
  };
}
