import type { InboxLine } from "@aftercare/sdk";

/** Closed by the shop: it can be read, and a word of the customer opens it again; it is not what the page opens with. */
export const isOver = (line: InboxLine): boolean => line.state?.meta.closed !== undefined;

/** What goes on, newest first; of one shop, where the page is that shop's. */
export const openOf = (lines: readonly InboxLine[], shop: string | undefined): InboxLine[] =>
  lines.filter((line) => !isOver(line) && (!shop || line.state?.meta.shop === shop));
