import { type Signal, signal } from "@preact/signals";
import type { ComponentType } from "preact";

/** Something of the page that is loaded after the first screen. */
export type Later<T> = {
  /** There once it was loaded. */
  readonly now: Signal<T | undefined>;
  load(): Promise<T>;
};

const waiting = new Set<() => Promise<unknown>>();

/** What the first screen does not show: fetched when the page is at rest, or at once when it is wanted. */
export function later<T>(fetchIt: () => Promise<T>): Later<T> {
  const now = signal<T | undefined>(undefined);
  let loading: Promise<T> | undefined;
  const load = () => {
    loading ??= fetchIt().then(
      (found) => {
        waiting.delete(load);
        now.value = found;
        return found;
      },
      (error: unknown) => {
        // The network may be back at the next try.
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };
  waiting.add(load);
  return { now, load };
}

/** Fetches what waits, one after the other: a page that goes offline then still opens its menus. */
export async function loadWaiting(): Promise<void> {
  for (const load of waiting) await load().catch(() => undefined);
}

/** A view that draws nothing until it is loaded. */
export function laterView<P extends object>(fetchIt: () => Promise<ComponentType<P>>): ComponentType<P> {
  const view = later(fetchIt);
  return (props: P) => {
    const View = view.now.value;
    if (!View) void view.load().catch(() => undefined);
    return View ? <View {...props} /> : null;
  };
}
