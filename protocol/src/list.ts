import type { ConversationKind } from "./conversation.ts";
import type { Event } from "./event.ts";
import { type AccountId, accountId, type By, deskId, type Seq, type StreamId } from "./id.ts";
import type { InboxSettings } from "./inbox.ts";
import { limits } from "./limits.ts";
import { cleanLine } from "./text.ts";
import * as v from "./v.ts";

/**
 * What a list shows, of what one may read. `mine`, `unassigned`, `team` (at desks where one serves) and `all` are open
 * support conversations, `closed` those that were closed, `mentions` conversations with a mention of oneself not read yet.
 */
export const listViews = ["mine", "unassigned", "team", "all", "mentions", "groups", "direct", "closed"] as const;
export type ListName = (typeof listViews)[number];
/** `waiting-longest`: only those in which a customer waits for an answer. */
export const listSorts = ["newest", "oldest", "waiting-longest"] as const;
export type ListSort = (typeof listSorts)[number];

/** Which conversations a list has. Kept apart from the page, so that all pages of a list have the same. */
const filters = {
  view: v.picklist(listViews),
  /** Only of these desks; a shop is its desks. */
  desks: v.optional(v.pipe(v.array(deskId), v.minLength(1), v.maxLength(limits.desksPerList))),
  /** Only those assigned to one person. */
  assignee: v.optional(accountId),
  unread: v.optional(v.boolean()),
  /** Words that the title or the customer's name has words beginning with. */
  query: v.optional(cleanLine(limits.listQueryChars)),
  sort: v.optional(v.picklist(listSorts)),
};
/** Where a page ends: given back as it was told. */
export const listCursor = v.pipe(v.string(), v.regex(/^\d{1,16}~c_[-0-9A-Z_a-z]{22}$/));
const limit = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.pageItems)));
/** Where a page of mentions ends. */
const mentionCursor = v.pipe(v.string(), v.regex(/^\d{1,16}~[cn]_[-0-9A-Z_a-z]{22}~\d{1,16}$/));

export const listQuery = v.strictObject(filters);
export type ListQuery = v.InferOutput<typeof listQuery>;

export const listReads = {
  /** A page of conversations. */
  list: v.strictObject({ type: v.literal("list"), ...filters, after: v.optional(listCursor), limit }),
  /** How many conversations each view has, up to a bound. */
  counts: v.strictObject({ type: v.literal("counts") }),
  /** Messages that mention oneself and were not read yet, newest first; `before` is the `next` of the page before. */
  mentions: v.strictObject({ type: v.literal("mentions"), before: v.optional(mentionCursor), limit }),
} as const;

/** A number that was not counted further than it is when `more`. */
export type Bounded = { count: number; more: boolean };
export type Person = { account: AccountId; name: string };

export type ListLine = {
  stream: StreamId;
  kind: ConversationKind;
  title?: string | undefined;
  desk?: StreamId | undefined;
  /** The shop that was asked; it may be served at another one's desk. */
  shop?: string | undefined;
  customer?: Person | undefined;
  /** The other one of a direct conversation. */
  other?: Person | undefined;
  assignee?: Person | undefined;
  /**
   * The newest message of a person. `text` is cut to `previewChars`, and empty when it was recalled. `notice` is the code of a
   * notice that was passed on: whoever knows it says it in the reader's language, in place of `text`.
   */
  last?:
    | { seq: Seq; by: By; name?: string | undefined; at: number; text: string; notice?: string; recalled?: true }
    | undefined;
  /** Unix milliseconds of the newest message, or of the opening. Lists are in this order, but for those that wait. */
  lastAt: number;
  /** Messages of others that one has not read. */
  unread: Bounded;
  /** Since when the customer waits for an answer. */
  waitingSince?: number | undefined;
  closed?: { by: By; at: number } | undefined;
  settings: InboxSettings;
};

/** `next` is there as long as there may be more; a page may be short, or even empty, before the end. */
export type ListPage = { lines: ListLine[]; next?: string | undefined };

/** `unread`: how many of them have something unread. */
export type ListCounts = Record<ListName, Bounded & { unread: Bounded }>;

export type Mention = { message: Event; title?: string | undefined; kind: ConversationKind };
export type MentionPage = { mentions: Mention[]; next?: string | undefined };
