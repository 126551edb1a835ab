import type { AccountId, By, Seq, StreamId } from "./id.ts";
import type { Role } from "./member.ts";

/** How a device was connected when it was written to. */
export type TraceTransport = "websocket" | "sse" | "poll" | "http" | "other";

/** One device's way with one message: when it was written into its link, and when its own receipts came. */
export type TraceDevice = {
  /** Tells the account's devices apart; a mark of the credential, never the credential. */
  device: string;
  transport: TraceTransport;
  /** When the device signed in, as long as it is signed in. */
  firstSeenAt?: number | undefined;
  sentAt?: number | undefined;
  deliveredAt?: number | undefined;
  readAt?: number | undefined;
};

export type TracePerson = {
  account: AccountId;
  name: string;
  /** Absent for somebody who left. */
  role?: Role | undefined;
  /** By the member's receipt, which is kept without times for ever. */
  delivered: boolean;
  read: boolean;
  devices: TraceDevice[];
};

/** What is known of an event's way: absent times were not recorded, or are older than what is kept. */
export type Trace = {
  stream: StreamId;
  seq: Seq;
  by: By;
  /** The event's own time: when it got its place in the stream. */
  at: number;
  /** A gateway took the command. */
  acceptedAt?: number | undefined;
  /** The commit was known there. */
  storedAt?: number | undefined;
  /** `expired`: the times are older than what is kept; `off`: no times are kept. */
  times: "kept" | "expired" | "off";
  /** Those with devices first, up to `tracePeople`. */
  people: TracePerson[];
  /** People beyond that bound. */
  more: number;
};

/** A link that acknowledged and stopped: events went in, nothing came back. */
export type LinkAlarm = {
  account: AccountId;
  name: string;
  device: string;
  transport: TraceTransport;
  /** When the first of the unacknowledged events was sent. */
  sinceAt: number;
  events: number;
};
