import type { Event, Meta, Seq } from "@aftercare/protocol";
import type { Page, PageQuery } from "./store.ts";

/** How a page is read: items below `start` downwards, it and those above upwards. `start` is undefined where a time names it. */
export type PagePlan = { start: Seq | undefined; downLimit: number; upLimit: number };

export function planPage({ floor, limit, before, after, around, at }: PageQuery): PagePlan {
  if (before !== undefined) return { start: before, downLimit: limit, upLimit: 0 };
  if (after !== undefined) return { start: Math.max(floor, after + 1), downLimit: 0, upLimit: limit };
  if (at !== undefined) return { start: undefined, downLimit: 0, upLimit: limit };
  if (around === undefined) return { start: Number.MAX_SAFE_INTEGER, downLimit: limit, upLimit: 0 };
  const downLimit = Math.floor(limit / 2);
  return { start: Math.max(floor, around), downLimit, upLimit: limit - downLimit };
}

/** The page's bounds: between `from` and `to` it is whole. A side that met its end reaches to that end. */
export function boundPage(
  query: PageQuery,
  plan: PagePlan & { start: Seq },
  head: Seq,
  below: readonly Event[],
  above: readonly Event[],
): Pick<Page, "items" | "from" | "to"> {
  const { downLimit, upLimit, start } = plan;
  const lowest = below.length < downLimit ? query.floor : (below[0]?.seq ?? start);
  const highest = above.length < upLimit ? head : (above.at(-1)?.seq ?? head);
  return {
    items: [...below, ...above],
    from: downLimit > 0 ? lowest : start,
    to: upLimit > 0 ? highest : Math.min(start - 1, head),
  };
}

/** The messages that items and pins point at below the page, as far as the reader may see them. */
export function refsOf(page: Pick<Page, "items" | "from">, meta: Meta | undefined, floor: Seq): Seq[] {
  const wanted = new Set(meta?.pins ?? []);
  for (const item of page.items)
    if (item.type === "message.sent" && item.body.replyTo !== undefined) wanted.add(item.body.replyTo);
  const inside = new Set(page.items.map((item) => item.seq));
  return [...wanted].filter((seq) => seq >= floor && !inside.has(seq)).sort((a, b) => a - b);
}
