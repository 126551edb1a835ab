import type { AccountId, CloseReason, Refusal, TraceTransport } from "@aftercare/protocol";
import type { Principal } from "../context.ts";
import type { Answer } from "../log/batch.ts";

/** What a session writes into: a WebSocket, an SSE stream, a long poll, or the simulator's wire. */
export interface Outlet {
  /** Takes one JSON text frame. Never blocks, never throws. */
  send(frame: string): void;
  /** Bytes taken and not yet handed to the network. */
  bufferedBytes(): number;
  /** For the delivery inspector. */
  readonly transport?: TraceTransport;
  /** Ends the link with a close code. Called at most once. */
  close(code: number, reason: CloseReason): void;
}

/** One client's link, whatever carries it: parsed strictly, sized, rate-limited; bad input ends this session only. */
export interface Session {
  /** A text frame from the client. */
  receive(text: string): void;
  /** The outlet has room again. */
  drained(): void;
  /** The link is gone. */
  closed(): void;
  /** Ends the session from the server's side. */
  end(reason: CloseReason): void;
  readonly principal: Principal | undefined;
}

/** How a session learns who it serves: told by the transport's header, or by the ticket in `hello`. */
export type Identify = (ticket: string | undefined) => Promise<Principal | undefined>;

/** One server process's share of the product, without any transport. */
export interface Node {
  connect(outlet: Outlet, identify: Identify): Session;
  /** The same commands and reads for the HTTP API, with the same checks and rate limits. Inputs are unparsed JSON values. */
  execute(principal: Principal, command: unknown): Promise<Answer>;
  read(principal: Principal, read: unknown): Promise<{ answer: unknown } | { refusal: Refusal }>;
  receipt(principal: Principal, receipt: unknown): Promise<{ refusal?: Refusal }>;
  signal(principal: Principal, signal: unknown): Promise<{ refusal?: Refusal }>;
  /** Closes the live sessions of these credentials, here and on every node. */
  revoke(credentials: readonly string[]): void;
  /** Has live sessions of these accounts learn what they may do now, here and on every node. */
  rightsChanged(accounts: readonly AccountId[]): void;
  /** Compares memory with the database now: after it was away, or when another server may have taken over. */
  check(): Promise<void>;
  readonly sessions: number;
  /** Links here that stopped acknowledging. */
  readonly notAcknowledging: number;
  readonly stats: NodeStats;
  /** Drains: tells clients to move at spread times, finishes batches, flushes receipts. Resolves within the deadline. */
  stop(deadlineMs: number): Promise<void>;
}

/** Counters since the start, for /metrics. */
export type NodeStats = {
  commandsAcked: number;
  commandsRefused: number;
  framesIn: number;
  eventsOut: number;
  resumesFromMemory: number;
  resumesFromLog: number;
  resets: number;
  slowClosed: number;
};
