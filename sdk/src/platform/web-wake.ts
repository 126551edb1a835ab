import type { Wake } from "../types.ts";

const on = (target: EventTarget, type: string, listener: () => void): (() => void) => {
  target.addEventListener(type, listener);
  return () => target.removeEventListener(type, listener);
};

export const webWake: Wake = {
  get onLine() {
    return navigator.onLine;
  },
  onWake(listener) {
    const visible = () => document.visibilityState === "visible" && listener();
    const ends = [
      on(window, "online", listener),
      on(window, "pageshow", listener),
      on(document, "visibilitychange", visible),
      on(document, "resume", listener),
    ];
    return () => {
      for (const end of ends) end();
    };
  },
  onOffline: (listener) => on(window, "offline", listener),
};

/** For surroundings without a page: Bun, workers, tests. */
export const steadyWake: Wake = { onLine: true, onWake: () => () => {}, onOffline: () => () => {} };
