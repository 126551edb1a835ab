import "fake-indexeddb/auto";
import { storeContract } from "../../../rig/contract/store.ts";
import { IndexedDbStore } from "./indexeddb.ts";
import { MemoryStore } from "./memory-store.ts";

storeContract("memory", async () => {
  const data = new Map<string, unknown>();
  return { store: new MemoryStore(data), reopen: async () => new MemoryStore(data) };
});

let names = 0;
storeContract("IndexedDB", async () => {
  const name = `store-${++names}`;
  return { store: new IndexedDbStore(name), reopen: async () => new IndexedDbStore(name) };
});
