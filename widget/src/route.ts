import type { StreamId } from "@aftercare/sdk";
import { type ReadonlySignal, signal } from "@preact/signals";

/** What the address says: one conversation, all of them, a new one, or whatever is best (`home`). */
export type Route = { view: "home" } | { view: "list" } | { view: "new" } | { view: "conversation"; stream: StreamId };

const parse = (hash: string): Route => {
  const place = hash.replace(/^#\/?/, "");
  if (place === "list" || place === "new") return { view: place };
  return /^c_[-\w]{22}$/.test(place) ? { view: "conversation", stream: place as StreamId } : { view: "home" };
};

const current = signal<Route>(parse(location.hash));
addEventListener("hashchange", () => {
  current.value = parse(location.hash);
});

export const route: ReadonlySignal<Route> = current;

/** Whose page it is: the link's shop, also without a network. An id that no shop can have is left out: it would be refused. */
export const shop = /[?&]shop=(s_[-\w]{22})(&|$)/.exec(location.search)?.[1];

export const hrefOf = (to: "list" | "new" | StreamId): string => `#/${to}`;

/** Goes there in place of where one is: the way back does not lead through it. Without a place, to the page as it was opened. */
export function replaceRoute(to?: "list" | "new" | StreamId): void {
  history.replaceState(null, "", to ? hrefOf(to) : location.pathname + location.search);
  current.value = parse(location.hash);
}
