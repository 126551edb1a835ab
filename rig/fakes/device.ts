// What clients fetch later is here: virtual time does not wait for files.
import "../../sdk/src/again.ts";
import { decide } from "@aftercare/core";
import type { AccountId } from "@aftercare/protocol";
import {
  type Client,
  type ClientPorts,
  createClient,
  loneTab,
  MemoryStore,
  type StreamHandle,
  type Wake,
} from "@aftercare/sdk";
import type { ChatServer } from "./chat-server.ts";
import { seededRandom, type VirtualClock } from "./clock.ts";

export type Person = { account: AccountId; name: string; kind: "staff" | "customer" };

/** Network and visibility as a test turns them. */
export class FakeWake implements Wake {
  onLine = true;
  readonly #wake = new Set<() => void>();
  readonly #offline = new Set<() => void>();

  onWake(listener: () => void): () => void {
    this.#wake.add(listener);
    return () => this.#wake.delete(listener);
  }
  onOffline(listener: () => void): () => void {
    this.#offline.add(listener);
    return () => this.#offline.delete(listener);
  }
  set(onLine: boolean): void {
    this.onLine = onLine;
    for (const listener of [...(onLine ? this.#wake : this.#offline)]) listener();
  }
}

/** One browser of one person: what it keeps outlives its clients. */
export class Device {
  readonly data = new Map<string, unknown>();
  readonly wake = new FakeWake();
  readonly #server: ChatServer;
  readonly #clock: VirtualClock;
  who: Person;
  #seed: number;

  constructor(server: ChatServer, who: Person, seed = 1) {
    this.#server = server;
    this.#clock = server.clock;
    this.who = who;
    this.#seed = seed;
  }

  client(more: Partial<ClientPorts> = {}): Client {
    const { account, name, kind } = this.who;
    return createClient({
      transports: [this.#server.transport(this.who)],
      auth: { credential: async () => ({ token: "t", account, name, kind, expiresAt: Number.MAX_SAFE_INTEGER }) },
      store: new MemoryStore(this.data),
      tabs: loneTab(),
      wake: this.wake,
      clock: this.#clock,
      random: seededRandom(this.#seed++),
      law: decide,
      ...more,
    });
  }
}

/** The texts a page shows, pending ones marked. */
export const textsOf = (handle: StreamHandle): string[] =>
  (handle.view.value.state?.items ?? []).flatMap((item) => {
    if (item.type !== "message.sent") return [];
    const [part] = item.body.parts;
    const text = part && "text" in part ? String(part.text) : "";
    return [item.seq > (handle.view.value.confirmed?.seq ?? 0) ? `…${text}` : text];
  });
