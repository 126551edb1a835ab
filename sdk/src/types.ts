import type { Actor, ConversationState, InboxState, Law } from "@aftercare/core";
import type {
  AccountId,
  Ack,
  CloseReason,
  CommandBody,
  CommandId,
  CommandType,
  Credential,
  Draft,
  Event,
  InboxEntry,
  Invitation,
  ListQuery,
  Read,
  ReadAnswers,
  Refusal,
  Seq,
  StreamId,
} from "@aftercare/protocol";
import type { ListHandle } from "./list.ts";
import type { Lists, ListsCtx } from "./lists.ts";

/** A value that can be read now and watched. `subscribe` calls back on every change (not at once) and returns the way to stop. */
export interface Observable<T> {
  readonly value: T;
  subscribe(listener: (value: T) => void): () => void;
}

export type TransportName = "websocket" | "sse" | "poll";

export type Connection =
  | { state: "idle" }
  /** Trying; `since` is when the last connection was lost (or the first try began), `retryAt` when the next try starts. Local Unix ms. */
  | { state: "connecting"; since: number; attempt: number; retryAt?: number | undefined }
  | { state: "online"; transport: TransportName; since: number }
  /** The device says that it has no network. */
  | { state: "offline"; since: number }
  /** Ended for good: signed out, version too old, … */
  | { state: "closed"; reason: CloseReason };

/** How a message of one's own, or any pending command, stands. */
export type PendingState = { state: "waiting" } | { state: "sending" } | { state: "failed"; refusal: Refusal };

export type Pending = {
  id: CommandId;
  type: CommandType;
  stream: StreamId | undefined;
  body: unknown;
  /** Local Unix ms, by the clock corrected to the server's. */
  at: number;
  status: PendingState;
};

/** What a page shows of one conversation or notes stream. */
export type StreamView = {
  /** `loading`: nothing known yet; `filling`: shown from the cache while a gap is read; `gone`: not (or no longer) a member. */
  status: "loading" | "filling" | "live" | "gone";
  /** What the server confirmed. Undefined while loading without a cache. */
  confirmed: ConversationState | undefined;
  /** `confirmed` with the pending commands of this device applied through `core`: what to draw. Pending messages are in `items` with seqs above `confirmed.seq`. */
  state: ConversationState | undefined;
  /** This device's commands for the stream that are not confirmed, in order of sending. Match `items` by `commandId`. */
  pending: readonly Pending[];
  /** Members typing now, without oneself; in `present`, of notes, who looks at their conversation. */
  typing: readonly AccountId[];
  /** Members with a live connection now, without oneself. */
  present: readonly AccountId[];
  /** Whether older items exist above the window, and whether they are being read. */
  older: "none" | "more" | "reading";
  /** The same below it: other than `none` while an earlier part of the conversation is shown. */
  newer: "none" | "more" | "reading";
};

/** A line of the conversation list: newest activity first. */
export type InboxLine = {
  entry: InboxEntry;
  title: string | undefined;
  state: ConversationState | undefined;
  /** The last message shown, own pending ones included; undefined in an empty conversation. */
  last: Event | undefined;
  lastAt: number;
  /** Messages of others above one's own readSeq; `more` when the window does not hold them all. */
  unread: { count: number; more: boolean };
  draft: Draft | undefined;
  failed: boolean;
};

export type InboxView = {
  status: "loading" | "live";
  lines: readonly InboxLine[];
  invitations: readonly Invitation[];
  state: InboxState | undefined;
};

export interface StreamHandle {
  readonly stream: StreamId;
  readonly view: Observable<StreamView>;
  /** Reads one page of older items into the window. */
  older(): Promise<void>;
  /** Reads one page of newer items, while an earlier part is shown. */
  newer(): Promise<void>;
  /** Shows the end of the conversation again. */
  latest(): void;
  /** Brings the window to `seq` (quotes, pins), however far back; false when it cannot. */
  reveal(seq: Seq): Promise<boolean>;
  /** Brings the window to the first item at or after a time (Unix milliseconds) and tells its seq. */
  revealAt(at: number): Promise<Seq | undefined>;
  /** Reads single messages (quotes, pins) outside the window into `state.refs`. */
  need(seqs: readonly Seq[]): void;
  markRead(seq: Seq): void;
  /** Call on every key; the signal is throttled, and ends by itself. */
  typing(on: boolean): void;
  /** For notes: whether their conversation is looked at here. Say it again while it is, within `viewingTtlMs`. */
  viewing(on: boolean): void;
  readonly draft: Observable<Draft | undefined>;
  /**
   * Kept on this device at once (before its store is read: behind what is there, as soon as it is), on the account's other
   * devices after a moment.
   */
  setDraft(text: string, replyTo?: Seq): void;
  /** Stops watching; the stream stays synchronised while it is in the inbox. */
  close(): void;
}

/**
 * A command given to the outbox: `id` at once, `kept` when the device's store has it, or the server where the store fails,
 * `done` when the server answered. They never reject.
 */
export type Sent = { id: CommandId; kept: Promise<void>; done: Promise<{ ack: Ack } | { refusal: Refusal }> };

export interface Client {
  readonly connection: Observable<Connection>;
  readonly me: Observable<Actor | undefined>;
  readonly inbox: Observable<InboxView>;
  /** Every pending and failed command of this device. */
  readonly pending: Observable<readonly Pending[]>;
  /** Whether this tab owns the connection. */
  readonly leader: Observable<boolean>;
  /** `failing`: the device does not keep what it is given (storage full or forbidden); the client goes on in memory. */
  readonly storage: Observable<"ok" | "failing">;
  start(): Promise<void>;
  /** Ends for good; a new client is made to begin again. */
  stop(): Promise<void>;
  /** Forgets everything on this device: cache, outbox, drafts. */
  reset(): Promise<void>;
  /**
   * The credential was changed. What waits to be sent stays when it is the same person's, under whatever account; everything
   * is forgotten when it is somebody else's. In all tabs.
   */
  renew(): Promise<void>;
  stream(stream: StreamId): StreamHandle;
  /** A list of conversations, kept right while it is open. The same query gives lists that share their reads. */
  list(query: ListQuery): ListHandle;
  /** An id for `send`, to be kept beside what is written before it can be sent. */
  newId(): CommandId;
  /**
   * `id`: sent again with the same one, after a reload too, a command takes effect once (law 2). What was kept elsewhere is not
   * what is typed: the draft stays.
   */
  send<T extends CommandType>(type: T, stream: StreamId | undefined, body: CommandBody<T>, id?: CommandId): Sent;
  /** Sends a failed command again, under a new id. */
  retry(id: CommandId): void;
  /** Removes a failed or waiting command. */
  discard(id: CommandId): void;
  read<T extends Read["type"]>(read: Extract<Read, { type: T }>): Promise<ReadAnswers[T] | { refusal: Refusal }>;
  /** The server's time in Unix milliseconds, as well as this device knows it. */
  serverNow(): number;
}

/* ---- ports: what the client asks of its surroundings ---- */

export interface Clock {
  /** Unix milliseconds, for what is told and stored. It jumps when somebody sets the clock. */
  now(): number;
  /** Milliseconds from some start: for everything that measures how long. It never goes back; a sleeping machine may leave it standing. */
  elapsed(): number;
  setTimer(callback: () => void, delayMs: number): unknown;
  clearTimer(timer: unknown): void;
}

export type Random = (bytes: number) => Uint8Array;

/** One attempt at a link. Frames are JSON texts. A transport calls `closed` exactly once, also when opening failed. */
export interface Transport {
  readonly name: TransportName;
  open(events: LinkEvents): Link;
}
export type LinkEvents = {
  /** The link can carry frames; `ticket` goes into `hello` where the transport could not say who we are otherwise. */
  opened(ticket?: string): void;
  frame(text: string): void;
  /** `code`: a close code of the protocol when the server gave one. `failed`: it never opened. `unauthorised`: the credential is refused. */
  closed(why: { code?: number; failed?: boolean; unauthorised?: boolean }): void;
};
export interface Link {
  send(text: string): void;
  close(): void;
}

/** Gives the credential; asks the server for an anonymous customer's when there is none. Kept by the application. */
export interface Auth {
  credential(): Promise<Credential | undefined>;
  /** Another one than that which the server has refused: a tab beside this one may have been given it. */
  another?(refused: Credential): Promise<Credential | undefined>;
}

export type StoreWrite = { put?: [key: string, value: unknown][]; delete?: string[] };

/** A small ordered key-value store. `write` is one transaction: all of it or nothing, kept over a crash. */
export interface Store {
  /** All entries whose key starts with `prefix`, in order of key. */
  list(prefix: string): Promise<[string, unknown][]>;
  get(key: string): Promise<unknown>;
  write(change: StoreWrite): Promise<void>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Tabs of one browser: one of them leads. In surroundings without tabs the port says at once that this one leads. */
export interface Tabs {
  /** Calls `lead` when this tab becomes the leader; it stays so until `close`. */
  elect(lead: () => void): void;
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  close(): void;
}

/** Signs from the device that trying again now is worth it, or that it is not. */
export interface Wake {
  readonly onLine: boolean;
  /** Calls back when the device is online again, the page visible, or resumed from sleep. */
  onWake(listener: () => void): () => void;
  onOffline(listener: () => void): () => void;
}

export type ClientPorts = {
  /** Best first. */
  transports: readonly Transport[];
  auth: Auth;
  store: Store;
  tabs: Tabs;
  wake: Wake;
  clock: Clock;
  random: Random;
  /** `decide`, or the part of it for the commands that this page sends: by it they are shown before they are confirmed. */
  law: Law;
  /** `Lists`, where lists of conversations are shown: a page of customers does without. */
  lists?: (new (ctx: ListsCtx) => Lists) | undefined;
};
