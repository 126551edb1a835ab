import {
  type ListLine,
  type ListName,
  type ListState,
  listViews,
  type Observable,
  type ListHandle as ServerList,
} from "@aftercare/sdk";

export type { ListLine, ListState };

/** What a list of conversations shows: the server's lists, and what one has put away oneself. */
export const viewNames = [...listViews, "archived"] as const;
export type ViewName = ListName | "archived";

export type ListQuery = { view: ViewName; desks?: string[]; unread?: boolean; query?: string };
export type ListHandle = Pick<ServerList, "view" | "more" | "refresh" | "close">;

export type Bounded = { count: number; more: boolean };
/** How many conversations of a view there are, and how many of them have something unread. */
export type Count = Bounded & { unread: Bounded };
export type Counts = Partial<Record<ViewName, Count>>;

/** Where the lists come from. */
export interface ListSource {
  /** The views it can give, in order. */
  readonly views: readonly ViewName[];
  readonly counts: Observable<Counts | undefined>;
  open(query: ListQuery): ListHandle;
}
