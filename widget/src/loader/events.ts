import type { EventName, Listener } from "./commands.ts";

export type Events = {
  emit(event: EventName, detail?: unknown): void;
  on(event: EventName, listener: Listener): void;
  off(event: EventName, listener?: Listener): void;
};

/** Whom of the page to tell of what happened. */
export function createEvents(win: Window): Events {
  const listeners = new Map<EventName, Set<Listener>>();
  return {
    emit(event, detail) {
      for (const listener of [...(listeners.get(event) ?? [])]) {
        try {
          listener(detail);
        } catch (error) {
          // The page's mistake must not end ours, and is told where the page's mistakes are told.
          win.setTimeout(() => {
            throw error;
          });
        }
      }
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
