import { describe, expect, test } from "bun:test";
import type { Tabs } from "@aftercare/sdk";

/** What every `Tabs` shared by several tabs must do. `make` gives a browser: a way to open one more tab. */
export function tabsContract(name: string, make: () => { tab: () => Tabs; settle: () => Promise<void> }): void {
  describe(`Tabs: ${name}`, () => {
    test("L13 exactly one tab leads; when it closes, exactly one other does", async () => {
      const { tab, settle } = make();
      const led: number[] = [];
      const tabs = [0, 1, 2].map(() => tab());
      for (const [i, one] of tabs.entries()) one.elect(() => led.push(i));
      await settle();
      expect(led).toHaveLength(1);
      tabs[led[0] ?? 0]?.close();
      await settle();
      expect(led).toHaveLength(2);
      expect(new Set(led).size).toBe(2);
    });

    test("a message reaches all other tabs, in order, and not its sender", async () => {
      const { tab, settle } = make();
      const [a, b, c] = [tab(), tab(), tab()];
      const heard: [string, unknown][] = [];
      a.onMessage((message) => heard.push(["a", message]));
      b.onMessage((message) => heard.push(["b", message]));
      c.onMessage((message) => heard.push(["c", message]));
      a.post({ n: 1 });
      a.post({ n: 2 });
      await settle();
      expect(heard.filter(([who]) => who === "a")).toEqual([]);
      expect(heard.filter(([who]) => who === "b")).toEqual([
        ["b", { n: 1 }],
        ["b", { n: 2 }],
      ]);
      expect(heard.filter(([who]) => who === "c")).toEqual([
        ["c", { n: 1 }],
        ["c", { n: 2 }],
      ]);
    });

    test("a closed tab hears and says nothing more", async () => {
      const { tab, settle } = make();
      const [a, b] = [tab(), tab()];
      const heard: unknown[] = [];
      b.onMessage((message) => heard.push(message));
      a.close();
      a.post({ n: 1 });
      await settle();
      b.close();
      expect(heard).toEqual([]);
    });
  });
}
