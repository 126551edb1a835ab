import { describe, expect, test } from "bun:test";
import type { Store } from "@aftercare/sdk";

type Make = () => Promise<{ store: Store; reopen: () => Promise<Store> }>;

/** What every `Store` must do. `reopen` gives a second store on what the first one has kept. */
export function storeContract(name: string, make: Make): void {
  describe(`Store: ${name}`, () => {
    keeps(make);
    changes(make);
  });
}

function keeps(make: Make): void {
  test("gives back what was put, and undefined for what was not", async () => {
    const { store } = await make();
    await store.write({ put: [["a/1", { text: "嗨", list: [1, null] }]] });
    expect(await store.get("a/1")).toEqual({ text: "嗨", list: [1, null] });
    expect(await store.get("a/2")).toBeUndefined();
  });

  test("lists by prefix in order of key", async () => {
    const { store } = await make();
    await store.write({
      put: [
        ["b/10", 1],
        ["b/02", 2],
        ["a/5", 3],
        ["b", 4],
        ["c/1", 5],
      ],
    });
    expect(await store.list("b/")).toEqual([
      ["b/02", 2],
      ["b/10", 1],
    ]);
    expect((await store.list("")).map(([key]) => key)).toEqual(["a/5", "b", "b/02", "b/10", "c/1"]);
    expect(await store.list("nothing")).toEqual([]);
  });
}

function changes(make: Make): void {
  test("puts and deletes in one write", async () => {
    const { store } = await make();
    await store.write({
      put: [
        ["a", 1],
        ["b", 1],
      ],
    });
    await store.write({
      put: [
        ["c", 2],
        ["b", 2],
      ],
      delete: ["a", "never"],
    });
    expect(await store.list("")).toEqual([
      ["b", 2],
      ["c", 2],
    ]);
  });

  test("a write that cannot be kept keeps nothing of itself", async () => {
    const { store } = await make();
    await store.write({ put: [["a", 1]] });
    const bad = store.write({
      put: [
        ["b", 2],
        ["c", () => 0],
      ],
      delete: ["a"],
    });
    expect(
      await bad.then(
        () => "kept",
        () => "refused",
      ),
    ).toBe("refused");
    expect(await store.list("")).toEqual([["a", 1]]);
  });

  test("keeps a copy: what the caller changes later is not kept", async () => {
    const { store } = await make();
    const value = { list: [1] };
    await store.write({ put: [["a", value]] });
    value.list.push(2);
    const kept = (await store.get("a")) as typeof value;
    expect(kept.list).toEqual([1]);
    kept.list.push(3);
    expect(await store.get("a")).toEqual({ list: [1] });
  });

  test("writes are kept in the order they were asked for", async () => {
    const { store } = await make();
    await Promise.all([1, 2, 3, 4].map((n) => store.write({ put: [["a", n]] })));
    expect(await store.get("a")).toBe(4);
  });

  test("clear leaves nothing; a store opened again has what was kept", async () => {
    const { store, reopen } = await make();
    await store.write({ put: [["a", 1]] });
    await store.clear();
    expect(await store.list("")).toEqual([]);
    await store.write({ put: [["b", 2]] });
    await store.close();
    expect(await (await reopen()).list("")).toEqual([["b", 2]]);
  });
}
