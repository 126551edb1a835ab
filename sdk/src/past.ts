import type { ConversationState } from "@aftercare/core";
import { isFold, messageAt, refold } from "@aftercare/core";
import type { Event, HistoryPage, Seq } from "@aftercare/protocol";

/** So many items are shown at most: a reader who goes far keeps what is around, not the whole way. */
export const WINDOW_ITEMS = 300;

/** An earlier part of a conversation, shown in place of its end: the items from `from` to `to`, none missing. */
export type Past = Pick<ConversationState, "items" | "from" | "refs"> & { to: Seq };

/** A page put before or after the part that is shown, with the folds of what happened while it was read. */
export function growPast(past: Past, page: HistoryPage, since: readonly Event[]): Past {
  const before = page.from < past.from;
  const fresh = page.items
    .filter(({ seq }) => (before ? seq < past.from : seq > past.to))
    .map((item) => refold(item, since));
  const items = before ? [...fresh, ...past.items] : [...past.items, ...fresh];
  const grown = { items, from: Math.min(past.from, page.from), to: Math.max(past.to, page.to), refs: past.refs };
  return withRefs(cut(grown, before), page.refs, since);
}

export const pastOf = (page: HistoryPage, since: readonly Event[]): Past =>
  withRefs(
    { items: page.items.map((item) => refold(item, since)), from: page.from, to: page.to, refs: {} },
    page.refs,
    since,
  );

/** What lies far from the side the reader goes to is let go. */
function cut(past: Past, keepStart: boolean): Past {
  const { items } = past;
  if (items.length <= WINDOW_ITEMS) return past;
  const kept = keepStart ? items.slice(0, WINDOW_ITEMS) : items.slice(-WINDOW_ITEMS);
  return keepStart
    ? { ...past, items: kept, to: kept.at(-1)?.seq ?? past.to }
    : { ...past, items: kept, from: kept[0]?.seq ?? past.from };
}

function withRefs(past: Past, refs: readonly Event[], since: readonly Event[]): Past {
  const next = { ...past.refs };
  for (const ref of refs) {
    const message = refold(ref, since);
    if (message.type === "message.sent") next[ref.seq] = message;
  }
  return { ...past, refs: next };
}

/** Edits, reactions and recalls reach the part that is shown too. */
export function foldPast(past: Past, events: readonly Event[]): Past {
  const folds = events.filter(isFold);
  if (folds.length === 0) return past;
  return withRefs({ ...past, items: past.items.map((item) => refold(item, folds)) }, Object.values(past.refs), folds);
}

/** The conversation as it is now, with the earlier part in the place of its end. */
export function shownPast(state: ConversationState, past: Past): ConversationState {
  const refs = { ...state.refs, ...past.refs };
  // Pins and quotes of the end may lie in either.
  for (const seq of state.meta.pins) {
    const known = refs[seq] ?? messageAt(state, seq);
    if (known) refs[seq] = known;
  }
  return { ...state, items: past.items, from: past.from, refs };
}
