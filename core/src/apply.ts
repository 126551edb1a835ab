import {
  type ConversationSnapshot,
  type Event,
  type HistoryPage,
  isTimeline,
  type Meta,
  type Seq,
  type Snapshot,
} from "@aftercare/protocol";
import { foldLeaving, foldMeta } from "./conversation.ts";
import { applyInbox } from "./inbox.ts";
import { brings, foldMembers, type MemberEvent } from "./member.ts";
import { type FoldEvent, foldMessage, isFold } from "./message.ts";
import {
  type ConversationState,
  type DeskState,
  fromSnapshot,
  type InboxState,
  indexOfSeq,
  type MessageEvent,
  messageAt,
  type StreamState,
} from "./state.ts";

/**
 * The state after the next event. An event at or below `state.seq` changes nothing (never shown twice); one that leaves
 * a gap is a bug of the caller and throws (law 4).
 */
export function apply<S extends StreamState>(state: S, event: Event): S;
export function apply(state: StreamState, event: Event): StreamState {
  if (event.seq <= state.seq) return state;
  if (event.seq !== state.seq + 1) throw new Error(`gap: at ${state.seq}, got ${event.seq}`);
  switch (state.kind) {
    case "conversation":
      return { ...applyConversation(state, event), seq: event.seq };
    case "inbox":
      return { ...applyInboxEvent(state, event), seq: event.seq };
    case "desk":
      return { ...applyDesk(state, event), seq: event.seq };
    default:
      return state satisfies never;
  }
}

function applyInboxEvent(state: InboxState, event: Event): InboxState {
  switch (event.type) {
    case "inbox.joined":
    case "inbox.left":
    case "inbox.invited":
    case "inbox.invitation-ended":
    case "inbox.role-set":
    case "inbox.settings-set":
    case "draft.changed":
      return applyInbox(state, event);
    default:
      return state;
  }
}

function applyDesk(state: DeskState, event: Event): DeskState {
  if (event.type === "desk.joined")
    return { ...state, members: { ...state.members, [event.body.account]: event.body } };
  if (event.type === "desk.left") {
    const { [event.body.account]: _, ...members } = state.members;
    return { ...state, members };
  }
  return state;
}

function applyConversation(before: ConversationState, event: Event): ConversationState {
  const state = isTimeline(event.type) ? { ...before, items: [...before.items, event] } : before;
  switch (event.type) {
    case "conversation.renamed":
    case "conversation.announced":
    case "conversation.assigned":
    case "conversation.closed":
    case "conversation.reopened":
    case "message.pinned":
    case "message.unpinned":
      return { ...state, meta: foldMeta(state.meta, event) };
    case "message.recalled":
      return foldTarget({ ...state, meta: foldMeta(state.meta, event) }, event);
    case "message.edited":
    case "message.reacted":
      return foldTarget(state, event);
    case "member.joined":
    case "member.left":
    case "member.removed":
    case "member.muted":
    case "member.role-set":
    case "member.handed-over":
      return applyMember(state, event);
    case "member.became":
      return applyMember({ ...state, meta: foldMeta(state.meta, event) }, event);
    default:
      return state;
  }
}

function applyMember(state: ConversationState, event: MemberEvent): ConversationState {
  const members = { ...state.members };
  const receipts = { ...state.receipts };
  let { meta } = state;
  for (const [account, row] of foldMembers((one) => members[one], event)) {
    if (row === null) {
      delete members[account];
      delete receipts[account];
      meta = foldLeaving(meta, account);
    } else {
      members[account] = row;
      // What was said before somebody came is not unread to them.
      if (brings(event, account)) receipts[account] = { deliveredSeq: event.seq, readSeq: event.seq };
    }
  }
  return { ...state, meta, members, receipts };
}

function foldTarget(state: ConversationState, event: FoldEvent): ConversationState {
  const { seq } = event.body;
  const index = indexOfSeq(state.items, seq);
  const item = state.items[index];
  if (item?.type === "message.sent") return { ...state, items: state.items.with(index, foldMessage(item, event)) };
  const ref = state.refs[seq];
  return ref ? { ...state, refs: { ...state.refs, [seq]: foldMessage(ref, event) } } : state;
}

/**
 * Puts an older page in front of the window, or single messages into the refs. `since` holds the events applied after
 * the read was asked for: the page may have been read before them, and their folds must not be lost.
 */
export function prependPage(state: ConversationState, page: HistoryPage, since: readonly Event[]): ConversationState {
  if (page.epoch !== state.epoch || page.to < state.from - 1 || page.from >= state.from) return state;
  const older = page.items.filter((item) => item.seq < state.from).map((item) => refold(item, since));
  // What is an item now is no ref any more: a second copy would miss the folds to come.
  const refs = { ...state.refs };
  for (const item of older) delete refs[item.seq];
  return mergeRefs({ ...state, items: [...older, ...state.items], from: page.from, refs }, page.refs, since);
}

export function mergeRefs(
  state: ConversationState,
  messages: readonly Event[],
  since: readonly Event[],
): ConversationState {
  const refs = { ...state.refs };
  for (const message of messages) {
    if (message.type !== "message.sent" || indexOfSeq(state.items, message.seq) >= 0) continue;
    refs[message.seq] = refold(message, since) as MessageEvent;
  }
  return { ...state, refs };
}

/** An item with the folds of `since`, each of which it may have already. */
export function refold(item: Event, since: readonly Event[]): Event {
  if (item.type !== "message.sent") return item;
  let message = item;
  for (const event of since) if (isFold(event) && event.body.seq === item.seq) message = foldMessage(message, event);
  return message;
}

/** Lets old items go, so that a window never grows without bound. Keeps at least `keep` items and what they quote. */
export function trim(state: ConversationState, keep: number): ConversationState {
  if (state.items.length <= keep) return state;
  const items = state.items.slice(-keep);
  const from = (items[0]?.seq ?? state.seq + 1) as Seq;
  const wanted = new Set(state.meta.pins);
  for (const item of items)
    if (item.type === "message.sent" && item.body.replyTo !== undefined) wanted.add(item.body.replyTo);
  const refs: Record<Seq, MessageEvent> = {};
  for (const seq of wanted) {
    if (seq >= from) continue;
    const known = messageAt(state, seq);
    if (known) refs[seq] = known;
  }
  return { ...state, items, from, refs };
}

/** The state that a conversation's first event makes. */
export function openConversation(event: Event & { type: "conversation.opened" }, epoch: number): ConversationState {
  const { meta, members } = event.body;
  const snapshot: ConversationSnapshot = {
    kind: "conversation",
    stream: event.stream,
    epoch,
    seq: event.seq,
    meta: meta as Meta,
    members,
    receipts: Object.fromEntries(
      members.map(({ account }) => [account, { deliveredSeq: event.seq, readSeq: event.seq }]),
    ),
    items: [event],
    from: event.seq,
    refs: [],
  };
  return fromSnapshot(snapshot);
}

/** Whether a snapshot replaces what the client has: always, but for an older one of the same epoch. */
export const supersedes = (snapshot: Snapshot, state: Pick<StreamState, "epoch" | "seq"> | undefined): boolean =>
  state === undefined || snapshot.epoch !== state.epoch || snapshot.seq >= state.seq;
