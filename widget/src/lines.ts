import type { InboxLine } from "@aftercare/sdk";

/** Put away: it can be read and written to, and is not what the page opens with. */
export const isOver = (line: InboxLine): boolean => line.entry.settings.archived === true;
