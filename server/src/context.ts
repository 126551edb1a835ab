import type { Actor } from "@aftercare/core";
import type { AccountId, StreamId } from "@aftercare/protocol";
import type { Bus } from "./bus.ts";
import type { Principals } from "./gateway/rights.ts";
import type { TraceStore } from "./gateway/trace.ts";
import type { ListStore } from "./log/lists.ts";
import type { LogStore } from "./log/store.ts";

/** Time as an argument: the simulator has its own. */
export interface Clock {
  /** Unix milliseconds, for what is told and stored. It may jump when somebody sets the clock. */
  now(): number;
  /** Milliseconds from some start: for everything that measures how long. It never jumps and never goes back. */
  elapsed(): number;
  setTimer(callback: () => void, delayMs: number): unknown;
  clearTimer(timer: unknown): void;
}

export interface Ids {
  conversation(): StreamId;
  /** The one conversation of a pair of accounts, whoever asks. */
  direct(one: AccountId, other: AccountId): StreamId;
  /** 48 bits that tell two command bodies apart. */
  fingerprint(text: string): number;
  /** Unguessable, for session ids. */
  secret(): string;
}

/** Structured log. Bodies of messages, tokens and tickets are never given to it. */
export interface Logger {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** The bounds that an operator may set; their texts are in the config table. */
export type Settings = {
  heartbeatMs: number;
  batchMaxRows: number;
  batchWindowMs: number;
  lanes: number;
  /** Events kept in memory for each active stream. */
  ringEvents: number;
  /** Unsent bytes at which a session is closed as too slow. */
  socketBufferBytes: number;
  rateAccountPerSecond: number;
  rateAccountBurst: number;
  recallWindowMs: number;
  receiptFlushMs: number;
};

export type Ctx = {
  readonly store: LogStore;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly settings: Settings;
  /** Without it the node keeps no delivery marks and watches no links for the inspector. */
  readonly traces?: TraceStore;
  /** Without it nobody's rights change while a session lives. */
  readonly principals?: Principals;
  /** Without it no lists of conversations are answered. */
  readonly lists?: ListStore;
};

/** Who holds a session: an account by one of its credentials. */
export type Principal = Actor & {
  credential: string;
  /** Of staff alone. */
  shop?: string | undefined;
};
