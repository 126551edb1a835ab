import type { Facts } from "@aftercare/core";
import type { AccountId, Member, Meta, StreamId } from "@aftercare/protocol";
import type { Loaded, StreamRow } from "./store.ts";

/** What was known of a conversation at a version of its row. */
export type Known = { version: number; meta: Meta; memberCount: number; members: Map<AccountId, Member> };

/** Conversations remembered; the ones not used for longest go first. */
const mostStreams = 50_000;
const mostMembers = 1_000;

/**
 * What transactions have read of conversations under their locks. A decision made from it holds as long as the row's
 * version is the same, which the log checks when it appends.
 */
export class KnownStreams {
  readonly #streams = new Map<StreamId, Known>();

  get(stream: StreamId): Known | undefined {
    const known = this.#streams.get(stream);
    if (!known) return undefined;
    // Moved to the end: the first of the map is the one not used for longest.
    this.#streams.delete(stream);
    this.#streams.set(stream, known);
    return known;
  }

  /** Takes what a committed transaction read; `changed` are the streams that it made another version of. */
  learn(rows: readonly StreamRow[], loaded: Loaded, changed: ReadonlySet<StreamId>): void {
    for (const { id, version, meta, memberCount } of rows) {
      if (!meta) continue;
      if (changed.has(id)) this.#streams.delete(id);
      else if (this.#streams.get(id)?.version !== version)
        this.#streams.set(id, { version, meta, memberCount, members: new Map() });
    }
    for (const { stream, status, member } of loaded.members) {
      const known = this.#streams.get(stream);
      if (known && status === "joined" && !changed.has(stream) && known.members.size < mostMembers)
        known.members.set(member.account, member);
    }
    for (const stream of this.#streams.keys()) {
      if (this.#streams.size <= mostStreams) break;
      this.#streams.delete(stream);
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
