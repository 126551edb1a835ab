import type { EventName, Listener } from "./commands.ts";

export type Events = {
  emit(event: EventName, detail?: unknown): void;
  on(event: EventName, listener: Listener): void;
  off(event: EventName, listener?: Listener): void;
};

/** Whom of the page to tell of what happened. */
export function createEvents(): Events {
  const listeners = new Map<EventName, Set<Listener>>();
  return {
    emit(event, detail) {
      // Each in a turn of its own: the page's mistake must not end ours, and is told where the page's mistakes are told.
      listeners.get(event)?.forEach((listener) => void queueMicrotask(() => listener(detail)));
    },
    on(event, listener) {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
    },
    off(event, listener) {
      if (listener) listeners.get(event)?.delete(listener);
      else listeners.delete(event);
    },
  };
}
