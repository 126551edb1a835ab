import { type ConversationState, growReceipt, overlay, type StreamState, writerOf } from "@aftercare/core";
import {
  type AccountId,
  type Draft,
  type Event,
  isStreamId,
  type Receipt,
  type Seq,
  type StreamId,
  SYSTEM,
} from "@aftercare/protocol";
import type { Entry } from "./change.ts";
import type { Model } from "./model.ts";
import { Derived } from "./observable.ts";
import type { InboxLine, StreamView } from "./types.ts";

/** Folds that came while a page was being read: the page may be from before them. */
export type Track = { events: Event[]; broken: boolean };

/** So many items are held around a reader at most: one who goes far keeps what is near, not the whole way. */
export const WINDOW_ITEMS = 300;

/** An earlier part of a conversation, shown in place of its end: the items from `from` to `to`, none missing. */
export type Past = Pick<ConversationState, "items" | "from" | "refs"> & {
  to: Seq;
  fold(events: readonly Event[]): Past;
  shown(state: ConversationState): ConversationState;
};

/** What this tab holds of one stream. */
export type Slot = {
  readonly stream: StreamId;
  state: StreamState | undefined;
  live: boolean;
  gone: boolean;
  /** Members typing, with the timer that ends it. */
  readonly typing: Map<AccountId, unknown>;
  present: readonly AccountId[];
  /** The server said that nothing older may be read. */
  end: boolean;
  reading: Promise<void> | undefined;
  newer: Promise<void> | undefined;
  /** The earlier part that is shown, while one is. */
  past: Past | undefined;
  readonly tracks: Set<Track>;
  readonly needed: Set<Seq>;
  handles: number;
  readonly view: Derived<StreamView>;
  readonly draft: Derived<Draft | undefined>;
  line: InboxLine | undefined;
};

export function makeSlot(stream: StreamId, model: Model): Slot {
  const slot: Slot = {
    stream,
    state: undefined,
    live: false,
    gone: false,
    typing: new Map(),
    present: [],
    end: false,
    reading: undefined,
    newer: undefined,
    past: undefined,
    tracks: new Set(),
    needed: new Set(),
    handles: 0,
    view: new Derived<StreamView>(() => viewOf(slot, model)),
    draft: new Derived<Draft | undefined>(() => draftOf(stream, model)),
    line: undefined,
  };
  return slot;
}

export const conversationOf = (slot: Slot | undefined): ConversationState | undefined =>
  slot?.state?.kind === "conversation" ? slot.state : undefined;

function statusOf(slot: Slot): StreamView["status"] {
  if (slot.gone || !isStreamId(slot.stream)) return "gone";
  if (!slot.state) return "loading";
  return slot.live ? "live" : "filling";
}

/** Whether a pending command is drawn. A failed one is only where its words would be lost from sight. */
const isShown = (entry: Entry): boolean =>
  entry.status.state !== "failed" || entry.type === "message.send" || entry.type === "message.forward";

function viewOf(slot: Slot, model: Model): StreamView {
  const confirmed = conversationOf(slot);
  const pending = model.outbox.filter((entry) => entry.stream === slot.stream);
  const me = model.me.value;
  let state = confirmed;
  if (confirmed && me) {
    const others = (stream: StreamId) => conversationOf(model.slots.get(stream));
    state = overlay(ownReceipt(confirmed, me.account, model), pending.filter(isShown), me, model.law, others);
  }
  const { past } = slot;
  if (state && past) state = past.shown(state);
  const from = past?.from ?? confirmed?.from;
  const notMe = (account: AccountId): boolean => account !== me?.account;
  return {
    status: statusOf(slot),
    confirmed,
    state,
    pending,
    typing: [...slot.typing.keys()].filter(notMe),
    present: slot.present.filter(notMe),
    older: slot.reading ? "reading" : confirmed && hasOlder(slot, confirmed, from ?? 1, me?.account) ? "more" : "none",
    newer: slot.newer ? "reading" : past ? "more" : "none",
  };
}

/** What was read here counts at once, before the server has heard of it. */
function ownReceipt(state: ConversationState, me: AccountId, model: Model): ConversationState {
  const readSeq = model.reads.get(state.stream);
  const known = state.receipts[me];
  if (readSeq === undefined || (known && known.readSeq >= readSeq)) return state;
  return { ...state, receipts: { ...state.receipts, [me]: growReceipt(known, { readSeq }) } };
}

function hasOlder(slot: Slot, state: ConversationState, from: Seq, me: AccountId | undefined): boolean {
  const first = (me !== undefined && state.members[me]?.fromSeq) || 1;
  return !slot.end && from > first;
}

export function draftOf(stream: StreamId, model: Model): Draft | undefined {
  const local = model.drafts.get(stream);
  if (!local) return model.inboxState?.drafts[stream];
  if (local.text === "" && local.replyTo === undefined) return undefined;
  const { text, replyTo, at } = local;
  return replyTo === undefined ? { text, at } : { text, replyTo, at };
}

export function lineOf(slot: Slot, entry: InboxLine["entry"], model: Model): InboxLine {
  const known = slot.line;
  if (known && known.entry === entry) return known;
  const state = slot.past ? conversationOf(slot) : slot.view.value.state;
  const last = state?.items.findLast((item) => item.type === "message.sent");
  slot.line = {
    entry,
    title: state && titleOf(state, model.me.value?.account),
    state,
    last,
    lastAt: last?.at ?? state?.meta.createdAt ?? 0,
    unread: state ? unreadOf(state, model.me.value?.account) : { count: 0, more: false },
    draft: slot.draft.value,
    failed: model.outbox.some((one) => one.stream === slot.stream && one.status.state === "failed"),
  };
  return slot.line;
}

/** The title given, else the person it is with. */
function titleOf(state: ConversationState, me: AccountId | undefined): string | undefined {
  const { title, kind, customer } = state.meta;
  if (title !== undefined) return title;
  if (kind === "support") return customer !== undefined && customer !== me ? state.members[customer]?.name : undefined;
  return Object.values(state.members).find((member) => member.account !== me)?.name;
}

/** What others wrote and this account has not read; `more`: earlier ones, which are not here, may be unread, too. */
export function unreadOf(state: ConversationState, me: AccountId | undefined): InboxLine["unread"] {
  const read = (me !== undefined && state.receipts[me]?.readSeq) || 0;
  let count = 0;
  for (let i = state.items.length - 1; i >= 0; i--) {
    const item = state.items[i];
    if (!item || item.seq <= read) break;
    if (
      item.type === "message.sent" &&
      writerOf(state.members, item.by) !== me &&
      item.by !== SYSTEM &&
      !item.fold?.recalled
    )
      count++;
  }
  return { count, more: state.from > read + 1 };
}

/** A receipt only grows: a node or a store that missed some must not take back what was shown. */
export function keepReceipts(state: StreamState, before: StreamState | undefined): StreamState {
  if (state.kind !== "conversation" || before?.kind !== "conversation" || before.epoch !== state.epoch) return state;
  const receipts: Record<string, Receipt> = {};
  for (const [account, receipt] of Object.entries(state.receipts))
    receipts[account] = growReceipt(before.receipts[account], receipt);
  return { ...state, receipts };
}
