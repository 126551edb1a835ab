import type { InboxLine } from "@aftercare/sdk";

/** Closed by the shop: it can be read, and a word of the customer opens it again; it is not what the page opens with. */
export const isOver = (line: InboxLine): boolean => line.state?.meta.closed !== undefined;
