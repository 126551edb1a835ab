import type { AccountId, Event, LinkAlarm, Receipt, Signal, StreamId } from "@aftercare/protocol";
import type { Bell } from "./bus.ts";

/**
 * Bells between nodes: a JSON list that begins with its kind, one letter. Releases run side by side during an upgrade, so
 * a kind is never given another meaning, and one that is not known is dropped.
 */
export function encodeBell(bell: Bell): string {
  switch (bell.kind) {
    case "events":
      return JSON.stringify(["e", bell.stream, bell.epoch, bell.head, bell.events]);
    case "receipts": {
      const rows = Object.entries(bell.receipts).map(([account, one]) => [account, one.deliveredSeq, one.readSeq]);
      return JSON.stringify(["r", bell.stream, rows, ...epochOf(bell)]);
    }
    case "signal": {
      const { type, stream, by, on } = bell.signal;
      return JSON.stringify(["s", type, stream, by, on, ...epochOf(bell)]);
    }
    case "present":
      return JSON.stringify(["p", bell.stream, bell.node, bell.n, bell.accounts, bell.asks, ...epochOf(bell)]);
    case "alive":
      return JSON.stringify(["a", bell.node, bell.stopping, bell.missed]);
    case "spent":
      return JSON.stringify(["c", bell.rate, bell.node, Object.entries(bell.counts)]);
    case "revoked":
      return JSON.stringify(["x", bell.credentials]);
    case "rights":
      return JSON.stringify(["g", bell.accounts]);
    case "looks":
      return JSON.stringify(["w"]);
    case "kept":
      return JSON.stringify(bell.account === undefined ? ["k"] : ["k", bell.account]);
    case "trace":
      return JSON.stringify(["t", bell.stream]);
    case "alarms":
      return JSON.stringify(["l", bell.node, bell.links]);
    default:
      return bell satisfies never;
  }
}

/** The same bell without the copy that makes it large; undefined when it is nothing without. */
export function withoutCopy(bell: Bell): Bell | undefined {
  return bell.kind === "events" ? { ...bell, events: [] } : undefined;
}

/** Undefined for what is no bell of ours. */
export function decodeBell(text: string): Bell | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? read(value) : undefined;
  } catch {
    return undefined;
  }
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== "" && value.length <= 64;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isStream = (value: unknown): value is StreamId => isText(value) && /^[cnid]_[-\w]+$/.test(value);
const isFlag = (value: unknown): value is boolean => typeof value === "boolean";
const isList = (value: unknown): value is unknown[] => Array.isArray(value);
/** A list of which every item passes. */
const isListOf = <T>(value: unknown, check: (item: unknown) => item is T): value is T[] =>
  isList(value) && value.every(check);

function isEvent(value: unknown): value is Event {
  if (typeof value !== "object" || value === null) return false;
  const { stream, seq, type, by, at, body } = value as Partial<Record<keyof Event, unknown>>;
  const head = isStream(stream) && isCount(seq) && isText(type) && isText(by) && isCount(at);
  return head && typeof body === "object" && body !== null;
}

function read([kind, ...rest]: unknown[]): Bell | undefined {
  const [one, two, three, four, five, six] = rest;
  switch (kind) {
    case "e": {
      if (!isStream(one) || !isCount(two) || !isCount(three) || !isListOf(four, isEvent)) return undefined;
      const ours = four.every((event) => event.stream === one && event.seq <= three);
      return ours ? { kind: "events", stream: one, epoch: two, head: three, events: four } : undefined;
    }
    case "r":
      return isStream(one) && isListOf(two, isReceiptRow) ? receiptsBell(one, two, three) : undefined;
    case "s": {
      const known = (one === "typing" || one === "presence") && isStream(two) && isText(three) && isFlag(four);
      const signal = { type: one, stream: two, by: three, on: four } as Signal;
      return known ? { kind: "signal", signal, ...named(five) } : undefined;
    }
    case "p":
      return isStream(one) && isText(two) && isCount(three) && isListOf(four, isText) && isFlag(five)
        ? { kind: "present", stream: one, node: two, n: three, accounts: four, asks: five, ...named(six) }
        : undefined;
    case "a":
      return isText(one) && isFlag(two) && isFlag(three)
        ? { kind: "alive", node: one, stopping: two, missed: three }
        : undefined;
    case "c":
      return isText(one) && isText(two) && isListOf(three, isCountRow)
        ? { kind: "spent", rate: one, node: two, counts: Object.fromEntries(three) }
        : undefined;
    case "x":
      return isListOf(one, isText) ? { kind: "revoked", credentials: one } : undefined;
    case "g":
      return isListOf(one, isText) ? { kind: "rights", accounts: one } : undefined;
    case "w":
      return { kind: "looks" };
    case "k":
      if (one === undefined) return { kind: "kept" };
      return isText(one) ? { kind: "kept", account: one } : undefined;
    case "t":
      return isStream(one) ? { kind: "trace", stream: one } : undefined;
    case "l":
      return isText(one) && isListOf(two, isAlarm) ? { kind: "alarms", node: one, links: two } : undefined;
    default:
      return undefined;
  }
}

type ReceiptRow = [AccountId, number, number];
const isReceiptRow = (value: unknown): value is ReceiptRow =>
  isList(value) && isText(value[0]) && isCount(value[1]) && isCount(value[2]);
const isCountRow = (value: unknown): value is [string, number] =>
  isList(value) && isText(value[0]) && isCount(value[1]);

function isAlarm(value: unknown): value is LinkAlarm {
  if (typeof value !== "object" || value === null) return false;
  const { account, name, device, transport, sinceAt, events } = value as Partial<Record<keyof LinkAlarm, unknown>>;
  const known = isText(account) && typeof name === "string" && typeof device === "string" && isText(transport);
  return known && isCount(sinceAt) && isCount(events);
}

/** An older node names no epoch. */
const named = (epoch: unknown) => isCount(epoch) && { epoch };
const epochOf = ({ epoch }: { epoch?: number | undefined }): number[] => (epoch === undefined ? [] : [epoch]);

function receiptsBell(stream: StreamId, rows: readonly ReceiptRow[], epoch: unknown): Bell {
  const receipts: Record<AccountId, Receipt> = {};
  for (const [account, deliveredSeq, readSeq] of rows) receipts[account] = { deliveredSeq, readSeq };
  return { kind: "receipts", stream, receipts, ...named(epoch) };
}
