import { isConversationId, type StreamId } from "@aftercare/sdk";
import { signal } from "@preact/signals";
import { type ViewName, viewNames } from "./list-types.ts";

export type Side = "chat" | "notes";
/** What the list is narrowed to. */
export type Filters = { unread?: boolean; words?: string; desk?: string };
export type DeskRoute = {
  page: "desk";
  /** Undefined: the view that was open last. */
  view: ViewName | undefined;
  filters: Filters;
  stream: StreamId | undefined;
  side: Side;
  /** A second conversation, beside the first. */
  beside: StreamId | undefined;
};
export type Route = DeskRoute | { page: "settings"; name: string };

const settingsForm = /^settings(?:\/([-a-z]*))?$/;
const longestWords = 60;

/**
 * The address holds what is open: `#/mine/c_…/notes?unread=1&with=c_…`. View, conversation, side and filters may each be
 * missing (`#/c_…`, `#/`); what is not understood is left out. `#/settings/<page>` is the settings.
 */
export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  const settings = settingsForm.exec(path);
  if (settings) return { page: "settings", name: settings[1] ?? "" };
  const words = path.split("/");
  const view = viewNames.find((name) => name === words[0]);
  if (view) words.shift();
  const stream = isConversationId(words[0] ?? "") ? words[0] : undefined;
  const params = new URLSearchParams(query);
  const beside = params.get("with") ?? "";
  return {
    page: "desk",
    view,
    filters: filtersOf(params),
    stream,
    side: stream !== undefined && words[1] === "notes" ? "notes" : "chat",
    beside: isConversationId(beside) && beside !== stream ? beside : undefined,
  };
}

function filtersOf(params: URLSearchParams): Filters {
  const filters: Filters = {};
  const words = params.get("q")?.slice(0, longestWords);
  const desk = params.get("shop");
  if (params.get("unread") === "1") filters.unread = true;
  if (words) filters.words = words;
  if (desk) filters.desk = desk;
  return filters;
}

export function formatRoute(route: Route): string {
  if (route.page === "settings") return `#/settings/${route.name}`;
  const { view, stream, side, filters, beside } = route;
  const path = [view, stream, stream !== undefined && side === "notes" ? "notes" : undefined];
  const params = new URLSearchParams();
  if (filters.words) params.set("q", filters.words);
  if (filters.unread) params.set("unread", "1");
  if (filters.desk) params.set("shop", filters.desk);
  if (beside) params.set("with", beside);
  const query = params.toString();
  return `#/${path.filter(Boolean).join("/")}${query && `?${query}`}`;
}

export const route = signal<Route>(parseRoute(globalThis.location?.hash ?? ""));

/** The desk as it was before the settings were opened. */
const lastDesk = signal<DeskRoute>(deskOf(route.peek()));

function deskOf(one: Route): DeskRoute {
  if (one.page === "desk") return one;
  return { page: "desk", view: undefined, filters: {}, stream: undefined, side: "chat", beside: undefined };
}

function take(next: Route): void {
  if (next.page === "desk") lastDesk.value = next;
  route.value = next;
}

/** When an address was wanted: before anything is drawn for it. */
export const wantedMark = "conversation.wanted";

globalThis.addEventListener?.("hashchange", () => {
  performance.mark(wantedMark);
  take(parseRoute(location.hash));
});

/** What the desk shows, or showed before the settings. */
export const deskRoute = (): DeskRoute => (route.value.page === "desk" ? route.value : lastDesk.value);

/** The address of the desk with something changed. */
export const hrefWith = (change: Partial<DeskRoute>): string => formatRoute({ ...deskRoute(), ...change });

export const hrefOf = (stream: StreamId, side: Side = "chat"): string => {
  const { beside } = deskRoute();
  return hrefWith({ stream, side, beside: beside === stream ? undefined : beside });
};

export const hrefOfView = (view: ViewName): string => hrefWith({ view, filters: {}, stream: undefined, side: "chat" });

export function goTo(href: string, replace = false): void {
  if (!replace) {
    location.hash = href;
    return;
  }
  history.replaceState(null, "", href);
  take(parseRoute(href));
}

export function go(stream: StreamId | undefined, side: Side = "chat"): void {
  goTo(stream === undefined ? hrefWith({ stream: undefined, side: "chat", beside: undefined }) : hrefOf(stream, side));
}
