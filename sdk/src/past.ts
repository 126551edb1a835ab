import { type ConversationState, isFold, messageAt, refold } from "@aftercare/core";
import type { Event, HistoryPage, Read, ReadAnswers, Seq, StreamId } from "@aftercare/protocol";
import type { ReadOutcome } from "./change.ts";
import type { Model } from "./model.ts";
import { conversationOf, type Past, type Slot, WINDOW_ITEMS } from "./slot.ts";

/* The window over an earlier part of a conversation. Loaded when somebody first goes that far: most never do. */

type Where = Pick<Extract<Read, { type: "history" }>, "before" | "after" | "around" | "at" | "limit">;
type Held = Pick<ConversationState, "items" | "from" | "refs"> & { to: Seq };

const makePast = (held: Held): Past => ({
  ...held,
  fold: (events) => makePast(folded(held, events)),
  shown: (state) => shown(state, held),
});

/** A page put before or after the part that is shown, with the folds of what happened while it was read. */
function grown(past: Held, page: HistoryPage, since: readonly Event[]): Held {
  const before = page.from < past.from;
  const fresh = page.items
    .filter(({ seq }) => (before ? seq < past.from : seq > past.to))
    .map((item) => refold(item, since));
  const items = before ? [...fresh, ...past.items] : [...past.items, ...fresh];
  const whole = { items, from: Math.min(past.from, page.from), to: Math.max(past.to, page.to), refs: past.refs };
  return withRefs(cut(whole, before), page.refs, since);
}

const begun = ({ items, from, to, refs }: HistoryPage, since: readonly Event[]): Held =>
  withRefs({ items: items.map((item) => refold(item, since)), from, to, refs: {} }, refs, since);

/** What lies far from the side the reader goes to is let go. */
function cut(past: Held, keepStart: boolean): Held {
  const { items } = past;
  if (items.length <= WINDOW_ITEMS) return past;
  const kept = keepStart ? items.slice(0, WINDOW_ITEMS) : items.slice(-WINDOW_ITEMS);
  return keepStart
    ? { ...past, items: kept, to: kept.at(-1)?.seq ?? past.to }
    : { ...past, items: kept, from: kept[0]?.seq ?? past.from };
}

function withRefs(past: Held, refs: readonly Event[], since: readonly Event[]): Held {
  const next = { ...past.refs };
  for (const ref of refs) {
    const message = refold(ref, since);
    if (message.type === "message.sent") next[ref.seq] = message;
  }
  return { ...past, refs: next };
}

/** Edits, reactions and recalls reach the part that is shown too. */
function folded(past: Held, events: readonly Event[]): Held {
  const folds = events.filter(isFold);
  if (folds.length === 0) return past;
  return withRefs({ ...past, items: past.items.map((item) => refold(item, folds)) }, Object.values(past.refs), folds);
}

/** The conversation as it is now, with the earlier part in the place of its end. */
function shown(state: ConversationState, past: Held): ConversationState {
  const refs = { ...state.refs, ...past.refs };
  // What is pinned may lie in either.
  for (const seq of state.meta.pins) {
    const known = refs[seq] ?? messageAt(state, seq);
    if (known) refs[seq] = known;
  }
  return { ...state, items: past.items, from: past.from, refs };
}

/** What meets the end of the conversation is joined to it; else it is shown in its place. */
function put(slot: Slot, state: ConversationState, past: Held, end: boolean): void {
  slot.end = end;
  slot.needed.clear();
  const items = [...past.items.filter(({ seq }) => seq < state.from), ...state.items];
  const joins = past.to >= state.from - 1 && items.length <= 2 * WINDOW_ITEMS;
  slot.past = joins ? undefined : makePast(past);
  if (joins)
    slot.state = { ...state, items, from: Math.min(past.from, state.from), refs: { ...past.refs, ...state.refs } };
}

/** Reads a page and shows it: joined to the part that is shown, or, without `onto`, in its place. */
export async function readPast(
  model: Model,
  ask: (read: Read) => Promise<ReadOutcome>,
  stream: StreamId,
  where: Where,
  onto?: "shown",
): Promise<Seq | undefined> {
  const slot = model.slot(stream);
  const earlier = slot.past !== undefined;
  const track = model.track(stream);
  const outcome = await ask({ type: "history", stream, ...where });
  slot.tracks.delete(track);
  const page = "answer" in outcome ? (outcome.answer as ReadAnswers["history"]) : undefined;
  const state = conversationOf(slot);
  if (!page || !state || track.broken || page.epoch !== state.epoch) return undefined;
  // Folds or a page at the other side may have changed the part meanwhile; one that was left is not come back to.
  const before: Held | undefined = onto && (slot.past ?? (earlier ? undefined : { ...state, to: state.seq }));
  if (onto && (!before || page.to < before.from - 1 || page.from > before.to + 1)) return undefined;
  const next = before ? grown(before, page, track.events) : begun(page, track.events);
  put(slot, state, next, next.from === page.from && !page.older);
  model.changed(stream);
  return page.items[0]?.seq;
}
