import type {
  AccountId,
  ConversationSnapshot,
  DeskSnapshot,
  Draft,
  Event,
  EventOf,
  InboxEntry,
  InboxSnapshot,
  Invitation,
  Member,
  Meta,
  Receipt,
  Seq,
  Snapshot,
  StreamId,
} from "@aftercare/protocol";

export type MessageEvent = EventOf<"message.sent">;

/** A conversation or notes stream as of `seq`. Treated as immutable: every change makes a new one. */
export type ConversationState = {
  readonly kind: "conversation";
  readonly stream: StreamId;
  readonly epoch: number;
  readonly seq: Seq;
  readonly meta: Meta;
  readonly members: Readonly<Record<AccountId, Member>>;
  readonly receipts: Readonly<Record<AccountId, Receipt>>;
  /** Timeline items from `from` on, in order of seq, none missing. */
  readonly items: readonly Event[];
  readonly from: Seq;
  /** Older messages that items or pins point at, by seq. */
  readonly refs: Readonly<Record<Seq, MessageEvent>>;
};

export type InboxState = {
  readonly kind: "inbox";
  readonly stream: StreamId;
  readonly epoch: number;
  readonly seq: Seq;
  readonly entries: Readonly<Record<StreamId, InboxEntry>>;
  readonly drafts: Readonly<Record<StreamId, Draft>>;
  readonly invitations: Readonly<Record<StreamId, Invitation>>;
};

export type DeskState = {
  readonly kind: "desk";
  readonly stream: StreamId;
  readonly epoch: number;
  readonly seq: Seq;
  readonly title: string;
  readonly members: Readonly<Record<AccountId, { account: AccountId; name: string }>>;
};

export type StreamState = ConversationState | InboxState | DeskState;

export function fromSnapshot(snapshot: ConversationSnapshot): ConversationState;
export function fromSnapshot(snapshot: InboxSnapshot): InboxState;
export function fromSnapshot(snapshot: DeskSnapshot): DeskState;
export function fromSnapshot(snapshot: Snapshot): StreamState;
export function fromSnapshot(snapshot: Snapshot): StreamState {
  switch (snapshot.kind) {
    case "conversation":
      return {
        ...snapshot,
        members: byKey(snapshot.members, (member) => member.account),
        refs: byKey(snapshot.refs as MessageEvent[], (message) => message.seq),
      };
    case "inbox":
      return {
        ...snapshot,
        entries: byKey(snapshot.entries, (entry) => entry.stream),
        invitations: byKey(snapshot.invitations, (invitation) => invitation.stream),
      };
    case "desk":
      return { ...snapshot, members: byKey(snapshot.members, (member) => member.account) };
    default:
      return snapshot satisfies never;
  }
}

function byKey<V, K extends string | number>(values: readonly V[], key: (value: V) => K): Record<K, V> {
  const map = {} as Record<K, V>;
  for (const value of values) map[key(value)] = value;
  return map;
}

/** The position of the item with this seq, or -1. */
export function indexOfSeq(items: readonly { seq: Seq }[], seq: Seq): number {
  let low = 0;
  let high = items.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = items[middle]?.seq ?? 0;
    if (found === seq) return middle;
    if (found < seq) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** A message of the window or of the refs, with its folds. */
export function messageAt(state: ConversationState, seq: Seq): MessageEvent | undefined {
  const item = state.items[indexOfSeq(state.items, seq)] ?? state.refs[seq];
  return item?.type === "message.sent" ? item : undefined;
}
