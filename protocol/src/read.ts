import type { Event } from "./event.ts";
import { type AccountId, type Seq, type StreamId, seq, seqOrZero, streamId } from "./id.ts";
import { limits } from "./limits.ts";
import { type ListCounts, type ListPage, listReads, type MentionPage } from "./list.ts";
import type { Snapshot } from "./snapshot.ts";
import type { LinkAlarm, Trace } from "./trace.ts";
import * as v from "./v.ts";

const limit = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.pageItems)));
const instant = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8_640_000_000_000_000));

/** Questions that change nothing; the same on every transport. */
export const readSchemas = {
  /**
   * A page of the timeline. `before`: the items below that seq; `after`: those above; `around`: half on each side;
   * `at`: those from that time on (Unix milliseconds). None of them: the newest.
   */
  history: v.strictObject({
    type: v.literal("history"),
    stream: streamId,
    before: v.optional(seq),
    after: v.optional(seqOrZero),
    around: v.optional(seq),
    at: v.optional(instant),
    limit,
  }),
  /** Single messages by seq, for quotes and pins outside the page. */
  messages: v.strictObject({
    type: v.literal("messages"),
    stream: streamId,
    seqs: v.pipe(v.array(seq), v.minLength(1), v.maxLength(limits.seqsPerRead)),
  }),
  snapshot: v.strictObject({ type: v.literal("snapshot"), stream: streamId }),
  /** Staff whom one may add, invite or write to. */
  people: v.strictObject({ type: v.literal("people") }),
  /** One event's way to every device, for those with the permission `delivery.inspect`. */
  trace: v.strictObject({ type: v.literal("trace"), stream: streamId, seq }),
  /** Links that stopped acknowledging, on every node. */
  alarms: v.strictObject({ type: v.literal("alarms") }),
  ...listReads,
} as const;

export type ReadType = keyof typeof readSchemas;
export const readSchema = v.variant("type", [
  readSchemas.history,
  readSchemas.messages,
  readSchemas.snapshot,
  readSchemas.people,
  readSchemas.trace,
  readSchemas.alarms,
  readSchemas.list,
  readSchemas.counts,
  readSchemas.mentions,
]);
export type Read = v.InferOutput<typeof readSchema>;

/** The items with `from` <= seq <= `to`: between those bounds the page is whole. */
export type HistoryPage = {
  stream: StreamId;
  epoch: number;
  items: Event[];
  refs: Event[];
  from: Seq;
  to: Seq;
  /** The stream's last seq when the page was read. */
  head: Seq;
  /** Whether older items exist that the reader may see. */
  older: boolean;
};

export type ReadAnswers = {
  history: HistoryPage;
  messages: { stream: StreamId; epoch: number; messages: Event[]; head: Seq };
  snapshot: Snapshot;
  people: { people: { account: AccountId; name: string }[] };
  trace: Trace;
  alarms: { links: LinkAlarm[] };
  list: ListPage;
  counts: ListCounts;
  mentions: MentionPage;
};
