import { describe, expect, test } from "bun:test";
import type { StreamId } from "@aftercare/protocol";
import type { Bell, Bus } from "../../server/src/bus.ts";

const stream = "c_-_0A00000000000000000z";
const bell = (n: number): Bell => ({ kind: "revoked", credentials: [`${n}`] });
const patienceMs = 15_000;

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
      const heard = hearing(nodes[1]);
      await watching(nodes, stream);
      const parts = [{ type: "text" as const, text: "路由器亮紅燈 🔴\n\u2028" }];
      const event = {
        stream,
        seq: 7,
        type: "message.sent",
        by: "system",
        at: 1_700_000_000_000,
        body: { parts },
      } as const;
      const sent: Bell = { kind: "events", stream, epoch: 3, head: 7, events: [event] };
      nodes[0].publish(sent);
      await until(() => heard.length > 0);
      expect(heard).toEqual([sent]);
      await close();
    });

    test("bells of every kind come through unchanged", async () => {
      const { nodes, close } = await open();
      const heard = hearing(nodes[1]);
      await watching(nodes, stream);
      const account = "a_0000000000000000000000";
      const sent: Bell[] = [
        { kind: "receipts", stream, receipts: { [account]: { deliveredSeq: 3, readSeq: 2 } }, epoch: 1 },
        { kind: "signal", signal: { type: "typing", stream, by: account, on: true }, epoch: 1 },
        { kind: "present", stream, node: "one", n: 4, accounts: [account], asks: false, epoch: 1 },
        { kind: "events", stream, epoch: 1, head: 9, events: [] },
      ];
      for (const one of sent) nodes[0].publish(one);
      await until(() => heard.length >= sent.length);
      expect(heard).toEqual(sent);
      const everybody: Bell[] = [
        { kind: "alive", node: "one", stopping: false, missed: true },
        { kind: "spent", rate: "account", node: "one", counts: { [account]: 5 } },
        { kind: "revoked", credentials: ["x"] },
      ];
      for (const one of everybody) nodes[0].publish(one);
      await until(() => heard.length >= sent.length + everybody.length);
      expect(heard.slice(sent.length)).toEqual(everybody);
      await close();
    });

    ownBells(open);
  });
}

/** What a node hears of itself, and when it hears nothing. */
function ownBells(open: () => Promise<{ nodes: [Bus, Bus]; close(): Promise<void> }>): void {
  test("a node hears its own bell in the same turn, and once", async () => {
    const { nodes, close } = await open();
    nodes[0].watch(stream);
    const heard = hearing(nodes[0]);
    const typing: Bell = { kind: "signal", signal: { type: "typing", stream, by: "a_1", on: true } };
    nodes[0].publish(typing);
    expect(heard).toEqual([typing]);
    // What the other one rings later is heard after whatever would have come back.
    await watching(nodes, stream);
    heard.length = 0;
    nodes[0].publish(typing);
    nodes[1].publish(bell(1));
    await until(() => heard.some((one) => one.kind === "revoked"));
    expect(heard.filter((one) => one.kind === "signal")).toEqual([typing]);
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
}

const isProbe = (one: Bell): boolean =>
  (one.kind === "alive" && one.node === "probe") || (one.kind === "signal" && one.signal.by === "a_probe");

/** What a node hears from now on, but for the bells of the suite's own looking. */
export function hearing(node: Bus): Bell[] {
  const heard: Bell[] = [];
  node.subscribe((one) => {
    if (!isProbe(one)) heard.push(one);
  });
  return heard;
}

const probe = (watched?: StreamId): Bell =>
  watched === undefined
    ? { kind: "alive", node: "probe", stopping: false, missed: false }
    : { kind: "signal", signal: { type: "typing", stream: watched, by: "a_probe", on: true } };

/** Resolves when both ends hear each other: what a new connection or watch takes to reach the other end is over. */
export async function meet(nodes: readonly [Bus, Bus], watched?: StreamId): Promise<void> {
  for (const [from, to] of [nodes, [nodes[1], nodes[0]]] as const) {
    const wanted = probe(watched).kind;
    let heard = false;
    const stop = to.subscribe((one) => {
      if (isProbe(one) && one.kind === wanted) heard = true;
    });
    await until(() => {
      if (!heard) from.publish(probe(watched));
      return heard;
    });
    stop();
  }
}

/** Both ends watch the stream, and hear each other there. */
export async function watching(nodes: readonly [Bus, Bus], watched: StreamId): Promise<void> {
  for (const node of nodes) node.watch(watched);
  await meet(nodes, watched);
}

export async function until(holds: () => boolean): Promise<void> {
  const endAt = Date.now() + patienceMs;
  while (!holds() && Date.now() < endAt) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(holds()).toBe(true);
}
