import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { LinkAlarm, Trace } from "@aftercare/protocol";
import { type NatsServer, startNats } from "../nats.ts";
import { connect, type TestLink, type Transport, transports } from "./links.ts";
import { ask, type Credential, conversation, message, staff, startTestServer, type TestServer } from "./server.ts";

setDefaultTimeout(120_000);
const patienceMs = 40_000;

let nats: NatsServer;
let server: TestServer;
type Running = { url: string; stop(): Promise<void> };
let other: Running;
beforeAll(async () => {
  nats = await startNats();
  const flags = { "nats-servers": nats.url, "heartbeat-ms": 1_000 };
  server = await startTestServer(flags);
  other = await server.another(flags);
  await meet(server, other);
});
afterAll(async () => {
  await other.stop();
  await server.stop();
  await nats.stop();
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const endAt = Date.now() + patienceMs; !(await holds()); await Bun.sleep(50))
    if (Date.now() > endAt) throw new Error("it did not come about");
}

const meet = (...nodes: Pick<Running, "url">[]) =>
  until(async () => {
    const states = await Promise.all(nodes.map(({ url }) => ask(url, "/readyz")));
    return states.every(({ body }) => body.ready && body.degraded.length === 0);
  });

async function live(transport: Transport, url: string, who: Credential, stream: string): Promise<TestLink> {
  const link = await connect(transport, url, who.token, { cursors: [{ stream }] });
  await link.until((frame) => frame.t === "live" && frame.stream === stream);
  return link;
}

async function say(url: string, who: Credential, stream: string): Promise<number> {
  const { status, body } = await ask(url, "/v1/commands", { token: who.token, body: message(stream, "你好") });
  expect(status).toBe(200);
  return body.seq;
}

const isEvent = (seq: number) => (frame: { t: string; event?: { seq: number } }) =>
  frame.t === "event" && frame.event?.seq === seq;

test("L16 an address has one rate on all nodes", async () => {
  const flags = { "nats-servers": nats.url, "rate-address-per-second": 1, "rate-address-burst": 60 };
  const [one, two] = await Promise.all([server.another(flags), server.another(flags)]);
  await meet(one, two);
  const allowed = async ({ url }: Running) => (await ask(url, "/v1/me")).status !== 429;
  let taken = 0;
  while (await allowed(one)) taken++;
  expect(taken).toBeGreaterThanOrEqual(59);
  // Now and then one look at the other node, which hears of it within about a second: its own burst would last for 60.
  let more = 0;
  for (; (await allowed(two)) && more < 60; more++) await Bun.sleep(200);
  expect(more).toBeLessThan(30);
  await Promise.all([one.stop(), two.stop()]);
});

test("L10 a trace asked for on one node holds what another has not written down yet", async () => {
  const { who, stream } = await conversation(server.url);
  const mei = await staff(server);
  const links: TestLink[] = [];
  let kit: Credential | undefined;
  for (const transport of transports) {
    kit = await staff(server, "kit");
    links.push(await live(transport, other.url, kit, stream));
  }
  const seq = await say(server.url, who, stream);
  for (const link of links) {
    await link.until(isEvent(seq));
    // A link's frames are taken in order: with the second one answered, the first one is taken.
    await link.send({ t: "receipt", stream, deliveredSeq: seq, readSeq: seq });
    await link.send({ t: "read", n: 1, read: { type: "alarms" } });
    await link.until((frame) => frame.t === "answer" && frame.n === 1);
  }
  const path = `/v1/streams/${stream}/trace?seq=${seq}`;
  const trace = (await ask(server.url, path, { token: mei.token })).body as Trace;
  const devices = trace.people.find(({ account }) => account === kit?.account)?.devices ?? [];
  expect(devices.map(({ transport }) => transport).sort()).toEqual(["poll", "sse", "websocket"]);
  for (const { sentAt = 0, deliveredAt = 0, readAt = 0 } of devices)
    expect([trace.at <= sentAt + 1_000, sentAt > 0, sentAt <= deliveredAt, deliveredAt <= readAt]).toEqual([
      true,
      true,
      true,
      true,
    ]);
  await Promise.all(links.map((link) => link.close()));
});

test("L10 a link that went silent on one node is told on another, and is over when it answers", async () => {
  const { who, stream } = await conversation(server.url);
  const [mei, kit] = [await staff(server), await staff(server, "kit")];
  const link = await live("socket", other.url, kit, stream);
  await link.send({ t: "receipt", stream, deliveredSeq: 1 });
  const seq = await say(server.url, who, stream);
  await link.until(isEvent(seq));
  const told = async (): Promise<LinkAlarm[]> =>
    (await ask(server.url, "/v1/alarms", { token: mei.token })).body.links.filter(
      ({ account }: LinkAlarm) => account === kit.account,
    );
  expect(await told()).toEqual([]);
  await until(async () => (await told()).length > 0);
  expect(await told()).toMatchObject([{ account: kit.account, name: kit.name, transport: "websocket", events: 1 }]);
  await link.send({ t: "receipt", stream, deliveredSeq: seq });
  await until(async () => (await told()).length === 0);
  await link.close();
});
