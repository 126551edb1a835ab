import type { Event, Refusal, Seq } from "@aftercare/protocol";
import { SYSTEM } from "@aftercare/protocol";
import {
  type ConversationState,
  deliveryMark,
  type MessageEvent,
  type Pending,
  type StreamView,
  writerOf,
} from "@aftercare/sdk";
import { daysApart } from "./format.ts";

export type Status = "waiting" | "sending" | "sent" | "delivered" | "read" | "failed";

export type MessageRow = {
  type: "message";
  key: string;
  message: MessageEvent;
  mine: boolean;
  /** Of a run of messages by one person. */
  first: boolean;
  last: boolean;
  status: Status;
  pending: boolean;
  refusal: Refusal | undefined;
};

export type Row =
  | { type: "day"; key: string; at: number }
  /** `seq`: of the message below it. */
  | { type: "unread"; key: string; seq: Seq }
  | { type: "notice"; key: string; event: Event }
  | MessageRow;

/** Messages closer than this, by one person, stand together. */
const runMs = 5 * 60_000;

/** What was unread when the timeline was opened: the messages of others above `above`, up to `to`. */
export type Unread = { above: Seq; to: Seq };

/** The lines of a timeline, from what the SDK shows. The divider stands before the first unread message of others. */
export function rowsOf(view: StreamView, account: string | undefined, unread: Unread | undefined): Row[] {
  const { state } = view;
  if (!state) return [];
  const rows: Row[] = [];
  const pending = new Map(view.pending.map((one) => [one.type === "message.edit" ? seqIn(one) : one.id, one]));
  const confirmedSeq = view.confirmed?.seq ?? 0;
  let dayAt: number | undefined;
  let divided = unread === undefined;
  let before: MessageRow | undefined;
  const ends = view.newer === "none" ? stragglers(state, view.pending, account) : [];
  for (const event of [...state.items, ...ends]) {
    if (dayAt === undefined || daysApart(dayAt, event.at) !== 0) {
      rows.push({ type: "day", key: dayKey(event.at), at: event.at });
      before = undefined;
    }
    dayAt = event.at;
    const theirs = event.by !== account && event.type === "message.sent" && !isNotice(event);
    if (!divided && theirs && event.seq > (unread?.above ?? 0)) {
      divided = true;
      // What came while somebody looked on needs no line.
      if (event.seq <= (unread?.to ?? 0)) {
        rows.push({ type: "unread", key: "unread", seq: event.seq });
        before = undefined;
      }
    }
    if (event.type !== "message.sent" || isNotice(event)) {
      rows.push({ type: "notice", key: `n${event.seq}`, event });
      before = undefined;
      continue;
    }
    const row = messageRow(event, state, pending, confirmedSeq, account);
    if (before && joins(before.message, event)) {
      before.last = false;
      row.first = false;
    }
    rows.push(row);
    before = row;
  }
  return rows;
}

/** What waits in the outbox, by its id; edits by the message that they change. */
type Waiting = ReadonlyMap<string | Seq, Pending>;

const seqIn = ({ body }: Pending): Seq => (body as { seq: Seq }).seq;

function messageRow(
  message: MessageEvent,
  state: ConversationState,
  pending: Waiting,
  confirmedSeq: Seq,
  account: string | undefined,
): MessageRow {
  const own = message.commandId === undefined ? undefined : pending.get(message.commandId);
  const writer = writerOf(state.members, message.by);
  const isPending = own !== undefined && message.seq > confirmedSeq;
  // Its new words have gone nowhere yet. Those that were refused are told of elsewhere.
  const change = pending.get(message.seq)?.status.state;
  return {
    type: "message",
    key: `m${message.commandId ?? message.seq}`,
    message,
    mine: writer === account,
    first: true,
    last: true,
    status: isPending
      ? own.status.state
      : change && change !== "failed"
        ? change
        : deliveryMark(state.receipts, writer, message.seq),
    pending: isPending,
    refusal: isPending && own.status.state === "failed" ? own.status.refusal : undefined,
  };
}

/** Messages of one's own that are in the outbox but not among the items: nothing typed may be out of sight. */
function stragglers(
  state: ConversationState,
  pending: readonly Pending[],
  account: string | undefined,
): MessageEvent[] {
  if (account === undefined) return [];
  const shown = new Set<string>();
  for (const item of state.items) if (item.commandId) shown.add(item.commandId);
  const out: MessageEvent[] = [];
  for (const one of pending) {
    if (one.type !== "message.send" || shown.has(one.id)) continue;
    const seq = Math.max(state.seq, state.items.at(-1)?.seq ?? 0) + out.length + 1;
    const body = one.body as MessageEvent["body"];
    out.push({ stream: state.stream, seq, type: "message.sent", by: account, at: one.at, commandId: one.id, body });
  }
  return out;
}

const dayKey = (at: number): string => {
  const date = new Date(at);
  return `d${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
};

const isNotice = (event: MessageEvent): boolean =>
  event.by === SYSTEM && event.body.parts.length > 0 && event.body.parts.every((part) => part.type === "notice");

const joins = (before: MessageEvent, after: MessageEvent): boolean =>
  before.by === after.by && after.at - before.at < runMs && !before.fold?.recalled && !after.fold?.recalled;
