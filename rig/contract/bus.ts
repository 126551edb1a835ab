import { describe, expect, test } from "bun:test";
import type { Bell, Bus } from "../../server/src/bus.ts";

const stream = "c_0000000000000000000000";
const bell = (n: number): Bell => ({ kind: "revoked", credentials: [`${n}`] });
const patienceMs = 5_000;

/**
 * What every bus must do. It may lose bells when something is broken; with nothing broken it brings each to every node once,
 * those of one node in their order.
 */
export function busContract(name: string, open: () => Promise<{ nodes: [Bus, Bus]; close(): Promise<void> }>): void {
  describe(`bus: ${name}`, () => {
    test("L9 every node hears every bell, its own too, in the order of ringing", async () => {
      const { nodes, close } = await open();
      const heard: Bell[][] = [[], []];
      for (const [index, node] of nodes.entries()) node.subscribe((one) => heard[index]?.push(one));
      const rung = Array.from({ length: 50 }, (_, n) => bell(n));
      for (const one of rung) nodes[0].publish(one);
      await until(() => heard.every((bells) => bells.length === rung.length));
      for (const bells of heard) expect(bells).toEqual(rung);
      await close();
    });

    test("L3 what a bell carries comes through unchanged", async () => {
      const { nodes, close } = await open();
      const heard: Bell[] = [];
      nodes[1].subscribe((one) => heard.push(one));
      const parts = [{ type: "text" as const, text: "路由器亮紅燈 🔴\n\u2028" }];
      const event = {
        stream,
        seq: 7,
        type: "message.sent",
        by: "system",
        at: 1_700_000_000_000,
        body: { parts },
      } as const;
      const sent: Bell = { kind: "events", stream, epoch: 3, events: [event] };
      nodes[0].publish(sent);
      await until(() => heard.length > 0);
      expect(heard).toEqual([sent]);
      await close();
    });

    test("who stopped listening hears nothing more", async () => {
      const { nodes, close } = await open();
      let [stayed, left] = [0, 0];
      nodes[0].subscribe(() => stayed++);
      const stop = nodes[0].subscribe(() => left++);
      stop();
      nodes[1].publish(bell(1));
      await until(() => stayed > 0);
      expect(left).toBe(0);
      await close();
    });
  });
}

async function until(holds: () => boolean): Promise<void> {
  const endAt = Date.now() + patienceMs;
  while (!holds() && Date.now() < endAt) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(holds()).toBe(true);
}
