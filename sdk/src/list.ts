import type { ListCounts, ListLine, ListQuery } from "@aftercare/protocol";
import type { Observable } from "./types.ts";

/** What a page shows of one list. */
export type ListState = {
  /**
   * `loading`: nothing known yet; `filling`: shown from what this device kept, while the first page is read; `live`: as the
   * server said, and kept so; `failed`: the server could not be asked or refused, `lines` are what was known.
   */
  status: "loading" | "filling" | "live" | "failed";
  /** In the order of the query's sort, each conversation once. Lines that did not change are the same objects as before. */
  lines: readonly ListLine[];
  /** Whether more lines exist beyond, and whether they are being read. */
  more: "none" | "more" | "reading";
};

/** A list on screen. Made by `client.list(query)`; stays right until it is closed. */
export interface ListHandle {
  readonly query: ListQuery;
  readonly view: Observable<ListState>;
  /** How many conversations every view has; shared by all lists of a client. Undefined until the server said it once. */
  readonly counts: Observable<ListCounts | undefined>;
  /** Reads one more page; once at a time. */
  more(): Promise<void>;
  /** Reads the pages on screen anew. */
  refresh(): Promise<void>;
  close(): void;
}
