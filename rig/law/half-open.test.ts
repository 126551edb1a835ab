import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createLocalBus } from "../../server/src/bus.ts";
import type { Principal } from "../../server/src/context.ts";
import { listen } from "../../server/src/gateway/bun.ts";
import { createLinks } from "../../server/src/gateway/link-table.ts";
import { socketHandler } from "../../server/src/gateway/socket.ts";
import type { Identity } from "../../server/src/identity/identity.ts";
import { createNode } from "../../server/src/node.ts";
import { openProxy } from "../faults/proxy.ts";
import { epoch, World } from "./world.ts";

setDefaultTimeout(30_000);

let world: World;
beforeAll(async () => {
  world = await World.open(16);
}, 60_000);
afterAll(() => world.close());

const until = async (what: string, done: () => boolean): Promise<void> => {
  for (let tries = 0; !done(); tries++) {
    if (tries > 5_000) throw new Error(`never: ${what}`);
    await Bun.sleep(1);
  }
};

/** A real socket that answers beats and receipts as clients do. */
function client(port: number, ticket: string, stream: string) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  const seen: string[] = [];
  let told = 0;
  const tell = (frame: object) => {
    told++;
    socket.send(JSON.stringify(frame));
  };
  socket.onopen = () => tell({ t: "hello", versions: [1], ticket, cursors: [{ stream }] });
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(String(data));
    seen.push(frame.t === "live" ? `live ${frame.stream}` : frame.t);
    if (frame.t === "beat") tell({ t: "beat" });
    if (frame.t === "event") tell({ t: "receipt", stream, deliveredSeq: frame.event.seq });
  };
  return { seen, told: () => told, beat: () => tell({ t: "beat" }), close: () => socket.close() };
}

/** A node that counts what it sends to each of its links, in the order they came. */
function counting(node: World["node"]): { node: World["node"]; sent: number[] } {
  const sent: number[] = [];
  const connect: typeof node.connect = (outlet, identify) => {
    const place = sent.push(0) - 1;
    const send = (frame: string) => {
      sent[place] = (sent[place] ?? 0) + 1;
      outlet.send(frame);
    };
    return node.connect({ ...outlet, send }, identify);
  };
  return { node: { ...node, connect }, sent };
}

test("L10 a socket behind a half-open network is an alarm within 20 s, and none once it is closed", async () => {
  const [agent, chief] = [await world.person("staff", true), world.supervisor(await world.person("staff", true))];
  const customer = await world.person("customer");
  const stream = await world.conversation(customer, "conversation.ask", {});
  const log = { ...world.ctx.log, warn: () => undefined };
  const node = createNode({ ...world.ctx, log, bus: createLocalBus() }, epoch);
  const counted = counting(node);
  let silenced = false;
  const people: Record<string, Principal> = { agent, chief };
  const identity = { redeem: async (ticket = "") => people[ticket] } as Partial<Identity> as Identity;
  const links = createLinks(world.ctx.clock, 10);
  const server = listen({
    host: "127.0.0.1",
    port: 0,
    fetch: (_, carrier) => (carrier.upgrade() ? new Response(null) : new Response("", { status: 426 })),
    websocket: socketHandler({ node: counted.node, identity, links, socketBufferBytes: 1_000_000 }),
  });
  const proxy = await openProxy(server.port);
  const half = client(proxy.port, "agent", stream);
  await until("live", () => half.seen.includes(`live ${stream}`));
  const whole = client(server.port, "chief", stream);
  /** Both ends have what the other one said, as far as the network carries it. */
  const settled = async () => {
    await world.settle();
    const [sentHalf, sentWhole] = counted.sent;
    await until("the healthy one heard", () => whole.seen.length === sentWhole);
    if (!silenced) await until("the other one heard", () => half.seen.length === sentHalf);
    await until("both were heard", () => node.stats.framesIn === half.told() + whole.told());
  };
  const say = async () => {
    const sent = world.command("message.send", { parts: [{ type: "text", text: "x" }] }, stream);
    await node.execute(customer, JSON.parse(JSON.stringify(sent)));
  };
  await until("live", () => whole.seen.includes(`live ${stream}`));
  await say();
  await settled();
  await world.pass(16_000, settled);
  expect(node.notAcknowledging).toBe(0);

  // Heard at the last moment: one that had been silent for long would be cut before it is an alarm.
  half.beat();
  await settled();
  proxy.silence();
  silenced = true;
  await say();
  await settled();
  const sinceAt = world.now;
  await world.pass(20_000, settled);
  expect(node.notAcknowledging).toBe(1);
  const told = (await node.read(chief, { type: "alarms" })) as { answer: { links: object[] } };
  expect(told.answer.links).toEqual([
    expect.objectContaining({ account: agent.account, transport: "websocket", sinceAt, events: 1 }),
  ]);
  await world.pass(40_000, settled);
  expect([node.notAcknowledging, node.sessions]).toEqual([0, 1]);
  for (const one of [half, whole]) one.close();
  proxy.close();
  links.stop();
  await node.stop(0);
  await server.stop();
});
