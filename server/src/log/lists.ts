import type { AccountId, ListCounts, ListPage, MentionPage, Read } from "@aftercare/protocol";

/** Who asks for a list: `all` may read every conversation, everybody else those of which they are a member. */
export type ListReader = { account: AccountId; all: boolean };
export type ListRead = Extract<Read, { type: "list" }>;
export type MentionsRead = Extract<Read, { type: "mentions" }>;

/** Lists of conversations. The rights are those of the rows at the time of reading. */
export interface ListStore {
  page(who: ListReader, read: ListRead): Promise<ListPage>;
  counts(who: ListReader): Promise<ListCounts>;
  mentions(who: ListReader, read: MentionsRead): Promise<MentionPage>;
  /** Makes rows that are missing, of conversations from before there were lists; false when there was nothing to do. */
  rebuild(limit: number): Promise<boolean>;
}
