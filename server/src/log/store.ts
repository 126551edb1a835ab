import type { Actor, Desk, MessageEvent } from "@aftercare/core";
import type {
  AccountId,
  By,
  CommandId,
  Draft,
  Event,
  Fold,
  InboxEntry,
  InboxSettings,
  Invitation,
  Member,
  MessageEvents,
  Meta,
  Receipt,
  Seq,
  StreamId,
} from "@aftercare/protocol";

/** A stream's row. `meta` is there for conversations and notes; `version` grows with every change of it or of the members. */
export type StreamRow = {
  id: StreamId;
  lastSeq: Seq;
  memberCount: number;
  version: number;
  meta?: Meta | undefined;
  title?: string | undefined;
};

export type MemberStatus = "joined" | "invited" | "left";
export type MemberRow = { stream: StreamId; status: MemberStatus; member: Member };

export type CommandKey = { stream: StreamId; by: AccountId; commandId: CommandId };
/** A command found in the log: what its answer is made from. */
export type FoundCommand = CommandKey & {
  seq: Seq;
  at: number;
  fingerprint: number;
  conversation?: StreamId | undefined;
};

export type LogEvent = Event & { fingerprint?: number | undefined };

export type Wanted = {
  commands: CommandKey[];
  members: { stream: StreamId; account: AccountId }[];
  messages: { stream: StreamId; seq: Seq }[];
  accounts: AccountId[];
};
export type Loaded = {
  commands: FoundCommand[];
  members: MemberRow[];
  messages: MessageEvent[];
  /** `retired`: its record became part of another one's. */
  accounts: (Actor & { retired?: boolean | undefined })[];
};

/** The rows of one transaction. Events have their seqs. */
export type Changes = {
  events: LogEvent[];
  newStreams: StreamRow[];
  heads: { id: StreamId; lastSeq: Seq }[];
  metas: { id: StreamId; meta: Meta; memberCount: number }[];
  /** Puts or replaces whole rows, with the receipt to start from; one given as undefined stays as it is. */
  members: (MemberRow & {
    untilSeq?: Seq | undefined;
    receipt?: Receipt | undefined;
    invitation?: Invitation | undefined;
  })[];
  messages: { stream: StreamId; seq: Seq; body: MessageEvents["message.sent"]; fold: Fold }[];
  /** Edits whose copy of the text is removed. */
  blanked: { stream: StreamId; seq: Seq; body: MessageEvents["message.edited"] }[];
  drafts: { stream: StreamId; account: AccountId; draft: Draft | null }[];
  settings: { stream: StreamId; account: AccountId; settings: InboxSettings }[];
  /** What lists show of conversations, where it changed. */
  lines: LineChange[];
  mentions: MentionChange[];
};

/** A conversation's row in the lists. `waiting`: `asks` from `at` on unless it did already, `anew` from `at` on. */
export type LineChange = {
  stream: StreamId;
  isNew: boolean;
  meta: Meta;
  at: number;
  said?: { seq: Seq; by: By; at: number } | undefined;
  waiting?: "asks" | "anew" | "no" | undefined;
  /** Of a row made from the log. */
  waitingSince?: number | undefined;
};
/** Whom a message mentions now. `again`: what was noted of it before is replaced. */
export type MentionChange = { stream: StreamId; seq: Seq; at: number; accounts: AccountId[]; again: boolean };

export const noChanges = (): Changes => ({
  events: [],
  newStreams: [],
  heads: [],
  metas: [],
  members: [],
  messages: [],
  blanked: [],
  drafts: [],
  settings: [],
  lines: [],
  mentions: [],
});

/** The streams, there before, that these changes make another version of. */
export function changedStreams({ metas, members, newStreams }: Changes): Set<StreamId> {
  const changed = new Set([...metas.map(({ id }) => id), ...members.map(({ stream }) => stream)]);
  for (const { id } of newStreams) changed.delete(id);
  return changed;
}

/** Steps of one transaction, in this order. */
export interface LogTransaction {
  /** Locks the rows of these streams, in order of id, until the end. Missing ones are left out. */
  lock(streams: readonly StreamId[]): Promise<StreamRow[]>;
  /** Reads, as statements of their own after the lock, so that everything committed before it is seen. */
  load(wanted: Wanted): Promise<Loaded>;
  write(changes: Changes): Promise<void>;
}

export type StreamSnapshot = {
  row: StreamRow;
  /** Of the log that was read; missing where nobody asks, and while another server has taken over and the epoch is not settled. */
  epoch?: number | undefined;
  members: Member[];
  receipts: Record<AccountId, Receipt>;
};
export type PageQuery = {
  stream: StreamId;
  /** Only seqs from here on. */
  floor: Seq;
  limit: number;
  before?: Seq | undefined;
  after?: Seq | undefined;
  around?: Seq | undefined;
  at?: number | undefined;
  /** What a copy of the log must have reached to answer; without it, only the log itself may. */
  atLeast?: { epoch: number; seq: Seq } | undefined;
};
export type Page = { items: Event[]; refs: Event[]; from: Seq; to: Seq; head: Seq; older: boolean };
export type InboxRows = {
  seq: Seq;
  entries: InboxEntry[];
  drafts: Record<StreamId, Draft>;
  invitations: Invitation[];
};

export type RightsNews = {
  /** Where to go on reading. */
  mark: string;
  /** Streams in which somebody's rights changed, and the seq up to which to read to know. */
  heads: Map<StreamId, Seq>;
  /** Whose permissions in the workspace changed. */
  accounts: AccountId[];
  /** The mark given was not this database's: anything may have changed. */
  wentBack: boolean;
};

/** Messages, each decided by its conversation and writer alone, as they were at that version of the conversation. */
export type MessageAppend = {
  epoch: number;
  versions: ReadonlyMap<StreamId, number>;
  messages: {
    stream: StreamId;
    by: AccountId;
    commandId: CommandId;
    fingerprint: number;
    body: MessageEvents["message.sent"];
  }[];
  at: number;
};

/** The database could not be reached, or the link broke before it answered: whether a commit happened is not known. */
export class StoreUnavailable extends Error {}

/** The database is of another epoch than the node, or another server took over: nothing was written. */
export class StaleEpoch extends StoreUnavailable {}

/** The event log's storage. One contract suite holds PostgreSQL and the simulator's model to the same behaviour. */
export interface LogStore {
  /**
   * Resolves once the transaction is committed and flushed to disk; rejects when it was rolled back or its end is not known.
   * With an epoch given, nothing is written under another one: its lock rejects with `StaleEpoch`.
   */
  transaction<T>(work: (tx: LogTransaction) => Promise<T>, epoch?: number): Promise<T>;
  /**
   * Appends messages in one transaction and one round trip, durable once it resolves with the heads from before. Undefined,
   * with nothing written, when a conversation is missing or of another version, a command id is in the log already, or the
   * epoch is another.
   */
  append(messages: MessageAppend): Promise<Map<StreamId, Seq> | undefined>;
  /** Rows, current members and receipts, each stream consistent in itself. Missing streams are left out. */
  streams(ids: readonly StreamId[]): Promise<StreamSnapshot[]>;
  /** Events with `after` < seq <= `to`, in order, as they are stored now; none of a log of another epoch, where one is named. */
  events(stream: StreamId, after: Seq, to: Seq, limit: number, epoch?: number): Promise<Event[]>;
  /** A page of the timeline with the stream's row and members at the same moment. */
  page(query: PageQuery): Promise<{ page: Page; snapshot: StreamSnapshot } | undefined>;
  lookup: LogLookup;
  /**
   * Raises receipts of current members; never lowers one, and does nothing in another epoch than the one given. How many
   * of the members were there.
   */
  saveReceipts(
    rows: readonly { stream: StreamId; account: AccountId; receipt: Receipt }[],
    epoch?: number,
  ): Promise<number>;
  /** The deployment's epoch, a new one when another server took over; and the heads of these streams. */
  heads(streams: readonly StreamId[]): Promise<{ epoch: number; heads: Map<StreamId, Seq> }>;
}

/** Small reads outside the hot path. */
export interface LogLookup {
  messages(stream: StreamId, seqs: readonly Seq[]): Promise<{ messages: MessageEvent[]; head: Seq }>;
  inbox(account: AccountId, limit: number): Promise<InboxRows | undefined>;
  /** A desk with its staff: this one, the first of this shop, or the first of all, which stands in for shops without one. */
  desk(at: string | undefined): Promise<Desk | undefined>;
  staff(): Promise<Actor[]>;
  /** Changes of rights since the mark, in whatever order they were committed; may tell one again. Without a mark, none. */
  rights(mark: string | undefined): Promise<RightsNews>;
  /** The receipts of the streams in which the sum of all marks of current members is another than given. */
  receipts(sums: ReadonlyMap<StreamId, number>): Promise<Map<StreamId, Record<AccountId, Receipt>>>;
}
