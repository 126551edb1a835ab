import type { Tabs } from "../types.ts";

/** Tabs of one browser: a lock names the leader, a channel carries their messages. */
export class WebTabs implements Tabs {
  readonly #name: string;
  readonly #channel: BroadcastChannel;
  readonly #ended = new AbortController();
  #release: (() => void) | undefined;

  constructor(name: string) {
    this.#name = name;
    this.#channel = new BroadcastChannel(name);
  }

  elect(lead: () => void): void {
    const { signal } = this.#ended;
    navigator.locks
      .request(this.#name, { signal }, () => {
        if (signal.aborted) return undefined;
        lead();
        // Held until this tab closes, or is closed by the browser.
        return new Promise<void>((resolve) => {
          this.#release = resolve;
        });
      })
      .catch((error: unknown) => {
        if (signal.aborted) return;
        if (!isForbidden(error)) throw error;
        lead();
      });
  }

  post(message: unknown): void {
    if (!this.#ended.signal.aborted) this.#channel.postMessage(message);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#channel.onmessage = (event) => listener(event.data);
  }

  close(): void {
    this.#ended.abort();
    this.#release?.();
    this.#channel.close();
  }
}

/** A frame on another site's page, in a browser that keeps nothing for such: there are no tabs to agree with. */
const isForbidden = (error: unknown): boolean => error instanceof DOMException && error.name === "SecurityError";

/** Does the work when no other tab of this browser does work of that name. */
export const inTurn = <T>(name: string, work: () => Promise<T>): Promise<T> =>
  canShareTabs()
    ? (navigator.locks.request(name, work) as Promise<T>).catch((error: unknown) => {
        if (isForbidden(error)) return work();
        throw error;
      })
    : work();

/** Where there are no tabs, or no locks: this one leads. */
export const loneTab = (): Tabs => ({
  elect: (lead) => lead(),
  post: () => {},
  onMessage: () => {},
  close: () => {},
});

export const canShareTabs = (): boolean =>
  typeof navigator !== "undefined" && "locks" in navigator && typeof BroadcastChannel !== "undefined";
