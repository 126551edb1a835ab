import type { StreamId } from "@aftercare/sdk";
import { signal } from "@preact/signals";

export type Side = "chat" | "notes";
export type Route = { stream: StreamId | undefined; side: Side };

/** The address holds what is open: `#/c_…` or `#/c_…/notes`. */
export function parseRoute(hash: string): Route {
  const [, stream, side] = /^#\/(c_[-\w]+)(?:\/(notes))?$/.exec(hash) ?? [];
  return { stream, side: side === "notes" ? "notes" : "chat" };
}

export const hrefOf = (stream: StreamId, side: Side = "chat"): string =>
  `#/${stream}${side === "notes" ? "/notes" : ""}`;

export const route = signal<Route>(parseRoute(globalThis.location?.hash ?? ""));

globalThis.addEventListener?.("hashchange", () => {
  route.value = parseRoute(location.hash);
});

export function go(stream: StreamId | undefined, side: Side = "chat"): void {
  location.hash = stream === undefined ? "#/" : hrefOf(stream, side);
}
