import type { Store, StoreWrite } from "../types.ts";

const ROOM = "kept";

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** One database with one object store: key to value. */
export class IndexedDbStore implements Store {
  readonly #name: string;
  #opening: Promise<IDBDatabase> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** Opened when first used, and again after the browser has closed it. */
  #open(): Promise<IDBDatabase> {
    this.#opening ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(this.#name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(ROOM);
      request.onblocked = () => reject(new Error("the database is held by another version"));
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const database = request.result;
        database.onversionchange = () => database.close();
        database.onclose = () => {
          this.#opening = undefined;
        };
        resolve(database);
      };
    }).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async list(prefix: string): Promise<[string, unknown][]> {
    const database = await this.#open();
    const room = database.transaction(ROOM).objectStore(ROOM);
    const range = prefix === "" ? undefined : IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    // Two requests of one transaction: they see the same moment.
    const [keys, values] = await Promise.all([settled(room.getAllKeys(range)), settled(room.getAll(range))]);
    return keys.map((key, i) => [String(key), values[i]]);
  }

  async get(key: string): Promise<unknown> {
    const database = await this.#open();
    return settled(database.transaction(ROOM).objectStore(ROOM).get(key));
  }

  write(change: StoreWrite): Promise<void> {
    return this.#change((room) => {
      for (const key of change.delete ?? []) room.delete(key);
      for (const [key, value] of change.put ?? []) room.put(value, key);
    });
  }

  clear(): Promise<void> {
    return this.#change((room) => {
      room.clear();
    });
  }

  async #change(edit: (room: IDBObjectStore) => void): Promise<void> {
    const database = await this.#open();
    const transaction = database.transaction(ROOM, "readwrite");
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("the transaction was ended by the browser"));
      try {
        edit(transaction.objectStore(ROOM));
      } catch (error) {
        // A value that cannot be kept: nothing of the transaction may be.
        transaction.abort();
        reject(error);
      }
    });
  }

  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    if (opening) (await opening).close();
  }
}
