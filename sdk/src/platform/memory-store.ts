import type { Store, StoreWrite } from "../types.ts";

/** Keeps everything in memory: where there is no IndexedDB, and in tests. `data` survives a client that is dropped. */
export class MemoryStore implements Store {
  readonly #data: Map<string, unknown>;

  constructor(data: Map<string, unknown> = new Map()) {
    this.#data = data;
  }

  async list(prefix: string): Promise<[string, unknown][]> {
    const found = [...this.#data].filter(([key]) => key.startsWith(prefix));
    return structuredClone(found.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  async get(key: string): Promise<unknown> {
    return structuredClone(this.#data.get(key));
  }

  async write(change: StoreWrite): Promise<void> {
    const put = structuredClone(change.put ?? []);
    for (const key of change.delete ?? []) this.#data.delete(key);
    for (const [key, value] of put) this.#data.set(key, value);
  }

  async clear(): Promise<void> {
    this.#data.clear();
  }

  async close(): Promise<void> {}
}
