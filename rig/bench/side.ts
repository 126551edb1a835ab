import type { Stored } from "./checker.ts";

/** A device in a workload: which person it is, and the one conversation it talks in. */
export type Seat = { readonly account: string; readonly token: string; readonly conversation: string };

/** Who talks where. The same people for every side. */
export type People = { readonly kind: "group" | "support"; readonly seats: readonly Seat[] };

/** What a side tells of its devices. `place` is what the side orders a conversation by: seq, or the row's id. */
export type Hearing = {
  acked(message: number): void;
  refused(message: number, why: string): void;
  delivered(device: number, message: number, place: number): void;
  signalled(): void;
  lost(device: number, why: string): void;
};

/** D2: flushed to the disk before the acknowledgement; D1: written; D0: in memory. */
export type Durability = "D2" | "D1" | "D0";

/** One system under the same load: a server on its database, and a way to talk to it as its devices do. */
export interface Side {
  readonly name: string;
  readonly durability: Durability;
  /** Where its HTTP faces are, for a side that has counters. */
  readonly url?: string;
  /** The server's process; PostgreSQL is counted apart, for sides that use it. */
  readonly pid: number;
  readonly usesDatabase: boolean;
  /** Whether what is sent comes to the devices; a store alone is a bound, not a chat. */
  readonly delivers: boolean;
  /** Fills the database, and makes the devices known that may come. */
  prepare(people: People): Promise<void>;
  /** Connects a device for each seat, with its subscription; `hear` is told what comes. */
  connect(people: People, hear: Hearing): Promise<void>;
  /** Sends from a device into its conversation. */
  send(device: number, message: number, text: string): void;
  disconnect(): void;
  /** Rows stored for messages, and distinct ones among them; undefined when nothing is kept. */
  stored(): Promise<Stored | undefined>;
  close(): Promise<void>;
  /** Says that the device's person types or stopped. */
  type?(device: number, on: boolean): void;
  /** Breaks the connection without a goodbye. */
  cut?(device: number): void;
  /** Connects again; resolves when what was missed has come. */
  resume?(device: number): Promise<void>;
  /** The last items of the device's conversation; resolves with how many came. */
  history?(device: number, items: number): Promise<number>;
  /** Comes back to its conversation after having missed so many events; resolves with how many came. */
  catchUp?(device: number, events: number): Promise<number>;
}

const filler =
  "您好，關於您上次詢問的耳機維修進度，我們已經收到商品並完成檢測，預計三個工作天內寄回，謝謝您的耐心等候。";
export const payloadBytes = 256;

/** 256 bytes of Chinese text that begin with the message's number, by which it is known again wherever it arrives. */
export function textOf(message: number): string {
  const head = `${message} `;
  const chars = Math.floor((payloadBytes - head.length) / 3);
  const body = filler.repeat(Math.ceil(chars / filler.length)).slice(0, chars);
  return head + body + ".".repeat(payloadBytes - head.length - 3 * chars);
}

/** The digits after a mark in a frame: cheaper than parsing the whole, on every side alike. */
export function numberAfter(frame: string, mark: string): number {
  let at = frame.indexOf(mark);
  if (at < 0) return -1;
  let value = 0;
  for (at += mark.length; ; at++) {
    const digit = frame.charCodeAt(at) - 48;
    // Behind the end it is not a number, which is no digit either.
    if (!(digit >= 0 && digit <= 9)) return value;
    value = value * 10 + digit;
  }
}

/** Runs `work` for each item, some at a time. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, index: number) => Promise<void>,
) {
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      await work(items[index] as T, index);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

const beatEveryMs = 15_000;

/** Each device says every 15 s that it is there; not all in the same moment. */
export function beatInTurn<D>(devices: readonly D[], beat: (device: D) => void): ReturnType<typeof setInterval> {
  const turns = 50;
  let turn = 0;
  return setInterval(() => {
    for (let i = turn; i < devices.length; i += turns) beat(devices[i] as D);
    turn = (turn + 1) % turns;
  }, beatEveryMs / turns);
}
