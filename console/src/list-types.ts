import type { AccountId, InboxLine, Observable, Seq, StreamId } from "@aftercare/sdk";

/** What a list of conversations shows: open support conversations by whom they wait for, and what colleagues talk of. */
export const viewNames = [
  "mine",
  "unassigned",
  "team",
  "all",
  "mentions",
  "groups",
  "direct",
  "closed",
  "archived",
] as const;
export type ViewName = (typeof viewNames)[number];

export type Bounded = { count: number; more: boolean };
export type Person = { account: AccountId; name: string };

export type ListQuery = { view: ViewName; desks?: string[]; unread?: boolean; query?: string };

/** One line of a list. */
export type ListLine = {
  stream: StreamId;
  kind: InboxLine["entry"]["kind"];
  title?: string | undefined;
  desk?: StreamId | undefined;
  customer?: Person | undefined;
  other?: Person | undefined;
  assignee?: Person | undefined;
  last?: { seq: Seq; by: AccountId; name?: string | undefined; at: number; text: string; recalled?: true } | undefined;
  lastAt: number;
  unread: Bounded;
  waitingSince?: number | undefined;
  closed?: { by: AccountId; at: number } | undefined;
  settings: InboxLine["entry"]["settings"];
};

export type ListState = {
  status: "loading" | "filling" | "live" | "failed";
  lines: readonly ListLine[];
  more: "none" | "more" | "reading";
};

/** How many conversations of a view there are, and how many of them have something unread. */
export type Count = Bounded & { unread: Bounded };
export type Counts = Partial<Record<ViewName, Count>>;

export interface ListHandle {
  readonly view: Observable<ListState>;
  more(): Promise<void>;
  refresh(): Promise<void>;
  close(): void;
}

/** Where the lists come from: the server's, or what this device knows of its own conversations. */
export interface ListSource {
  /** The views it can give, in order. */
  readonly views: readonly ViewName[];
  readonly counts: Observable<Counts | undefined>;
  open(query: ListQuery): ListHandle;
}
