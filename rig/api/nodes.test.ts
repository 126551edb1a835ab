import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type NatsServer, startNats } from "../nats.ts";
import { freePort, ServerProcess } from "../server-process.ts";
import { connect, openSocket, type TestLink } from "./links.ts";
import {
  ask,
  type Credential,
  command,
  conversation,
  message,
  staff,
  startTestServer,
  type TestServer,
} from "./server.ts";

/** Longer than any test waits for a frame: what comes sooner did not come by a heartbeat. */
const heartbeatMs = 18_000;
const slowMs = 60_000;
const withinMs = 2_000;

let nats: NatsServer;
/** Another NATS, not connected to the first: its nodes think that all is well, and no bell crosses. */
let apart: NatsServer;
let server: TestServer;
type Running = { url: string; stop(): Promise<void> };
let other: Running;
let deaf: Running;
beforeAll(async () => {
  [nats, apart] = await Promise.all([startNats(), startNats()]);
  server = await startTestServer({ "nats-servers": nats.url, "heartbeat-ms": heartbeatMs });
  other = await server.another({ "nats-servers": nats.url, "heartbeat-ms": heartbeatMs });
  deaf = await server.another({ "nats-servers": apart.url, "heartbeat-ms": heartbeatMs });
  for (const { url } of [server, other, deaf]) await until(async () => (await ready(url)).degraded.length === 0);
}, slowMs);
afterAll(async () => {
  await other.stop();
  await deaf.stop();
  await server.stop();
  await Promise.all([nats.stop(), apart.stop()]);
}, slowMs);

const ready = async (url: string) => (await ask(url, "/readyz")).body as { ready: boolean; degraded: string[] };

async function metric(url: string, name: string): Promise<number> {
  const text = (await ask(url, "/metrics")).body as string;
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]);
}

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (const endAt = Date.now() + 15_000; !(await holds()); await Bun.sleep(20))
    if (Date.now() > endAt) throw new Error("it did not come about");
}

/** A link that reads the stream live. */
async function live(url: string, who: Credential, stream: string): Promise<TestLink> {
  const link = await connect("socket", url, who.token, { cursors: [{ stream }] });
  await link.until((frame) => frame.t === "live" && frame.stream === stream);
  return link;
}

async function say(url: string, who: Credential, stream: string, text: string): Promise<void> {
  expect((await ask(url, "/v1/commands", { token: who.token, body: message(stream, text) })).status).toBe(200);
}

const saying = (text: string) => (frame: { t: string; event?: { body: { parts?: { text: string }[] } } }) =>
  frame.t === "event" && frame.event?.body.parts?.[0]?.text === text;

/** A group of two of the staff. */
async function group(): Promise<{ owner: Credential; member: Credential; stream: string }> {
  const logins = server.signIns.map(({ login }) => login);
  const [owner, member] = await Promise.all(logins.slice(0, 2).map((login) => staff(server, login)));
  if (!owner || !member) throw new Error("the demo shop has too few people");
  const body = command("conversation.create-group", { title: "night shift", members: [member.account] });
  const answer = await ask(server.url, "/v1/commands", { token: owner.token, body });
  return { owner, member, stream: answer.body.conversation };
}

describe("two nodes", () => {
  test("a message sent on one is delivered on the other, also in a stream that just became active", async () => {
    const { who, stream } = await conversation(server.url);
    const agent = await staff(server);
    const link = await live(other.url, who, stream);
    for (let n = 0; n < 20; n++) await say(server.url, agent, stream, `${n}`);
    await link.until(saying("19"));
    const texts = link.frames.filter((frame) => frame.t === "event" && frame.event.stream === stream);
    expect(texts.map((frame) => frame.event.body.parts[0].text)).toEqual(Array.from({ length: 20 }, (_, n) => `${n}`));
    await link.close();
  });

  test("typing and who is there cross, also for one who comes later", async () => {
    const { owner, member, stream } = await group();
    const first = await live(server.url, owner, stream);
    const second = await live(other.url, member, stream);
    const about = (by: string, type: string) => (frame: { t: string; signal?: { by: string; type: string } }) =>
      frame.t === "signal" && frame.signal?.by === by && frame.signal.type === type;
    await first.until(about(member.account, "presence"));
    await until(() =>
      second.frames.some(
        (frame) =>
          about(owner.account, "presence")(frame) ||
          (frame.t === "live" && frame.stream === stream && frame.present.includes(owner.account)),
      ),
    );
    await second.send({ t: "signal", stream, type: "typing", on: true });
    expect((await first.until(about(member.account, "typing"))).signal.on).toBe(true);
    await Promise.all([first.close(), second.close()]);
  });

  test("L11 a ticket of one node is good on another, and once", async () => {
    const { who } = await conversation(server.url);
    const { ticket } = (await ask(server.url, "/v1/ticket", { token: who.token, body: {} })).body;
    const links = await Promise.all([server.url, other.url, server.url, other.url].map((url) => openSocket(url)));
    for (const link of links) await link.send({ t: "hello", versions: [1], cursors: [], ticket });
    const welcomed = links.map((link) => link.until((frame) => frame.t === "welcome").then(() => "welcome"));
    const ended = links.map((link) => link.ended.then(() => "ended"));
    const results = await Promise.all(links.map((_, n) => Promise.race([welcomed[n], ended[n]])));
    expect(results.sort()).toEqual(["ended", "ended", "ended", "welcome"]);
    for (const one of welcomed) one.catch(() => undefined);
    await Promise.all(links.map((link) => link.close()));
  });

  test("tries to sign in count together", async () => {
    const urls = [server.url, other.url];
    const login = server.signIns.at(-1)?.login;
    const codes: string[] = [];
    for (let n = 0; n < 6; n++) {
      const answer = await ask(urls[n % 2] ?? "", "/v1/sign-in", { body: { login, password: "wrong" } });
      codes.push(answer.body.refusal.code);
    }
    expect(codes).toEqual([...Array.from({ length: 5 }, () => "unauthorised"), "rate-limited"]);
  });

  test(
    "L16 an account has one rate on all nodes",
    async () => {
      const flags = {
        "nats-servers": nats.url,
        "heartbeat-ms": heartbeatMs,
        "rate-account-per-second": 1,
        "rate-account-burst": 40,
      };
      const [one, two] = await Promise.all([server.another(flags), server.another(flags)]);
      for (const { url } of [one, two]) await until(async () => (await ready(url)).degraded.length === 0);
      const { who, stream } = await conversation(server.url);
      const send = (url: string) =>
        ask(url, "/v1/commands", { token: who.token, body: message(stream, "again") }).then(({ status }) => status);
      let taken = 0;
      while ((await send(one.url)) === 200) taken++;
      expect(taken).toBeGreaterThanOrEqual(39);
      // Now and then one look at the other node, which hears of it within about a second.
      let more = 0;
      for (; (await send(two.url)) === 200 && more < 40; more++) await Bun.sleep(200);
      expect(more).toBeLessThan(25);
      await Promise.all([one.stop(), two.stop()]);
    },
    slowMs,
  );
});

describe("nodes between which every bell is lost, and none knows", () => {
  test("L5 removing somebody ends delivery on the other node within 2 s", async () => {
    const { owner, member, stream } = await group();
    const link = await live(deaf.url, member, stream);
    // This comes by the look at streams that just became active; from then on only changes of rights are looked for.
    await say(server.url, owner, stream, "for you");
    await link.until(saying("for you"));
    const startedAt = Date.now();
    const body = command("member.remove", { account: member.account }, stream);
    expect((await ask(server.url, "/v1/commands", { token: owner.token, body })).status).toBe(200);
    await say(server.url, owner, stream, "not for you");
    await link.until((frame) => frame.t === "gone" && frame.stream === stream);
    expect(Date.now() - startedAt).toBeLessThan(withinMs);
    expect(link.frames.some(saying("not for you"))).toBe(false);
    await link.close();
  });

  test("L11 a token that was revoked on one node ends the link on the other within 2 s", async () => {
    const { who, stream } = await conversation(server.url);
    const link = await live(deaf.url, who, stream);
    const startedAt = Date.now();
    expect((await ask(server.url, "/v1/sign-out", { token: who.token, body: {} })).status).toBe(200);
    expect(await link.ended).toBe(4503);
    expect(Date.now() - startedAt).toBeLessThan(withinMs);
    expect((await ask(deaf.url, "/v1/ticket", { token: who.token, body: {} })).status).toBe(401);
  });

  test("L9 L10 receipts and messages are made good by a heartbeat", async () => {
    const beats = { "nats-servers": apart.url, "heartbeat-ms": 500 };
    const node = await server.another(beats);
    const { owner, member, stream } = await group();
    const link = await live(node.url, owner, stream);
    await say(server.url, member, stream, "seen?");
    const { event } = await link.until(saying("seen?"));
    const reading = await live(server.url, member, stream);
    await reading.send({ t: "receipt", stream, deliveredSeq: event.seq, readSeq: event.seq });
    const told = await link.until((frame) => frame.t === "receipt" && frame.account === member.account);
    expect(told.receipt).toEqual({ deliveredSeq: event.seq, readSeq: event.seq });
    await Promise.all([link.close(), reading.close()]);
    await node.stop();
  });
});

describe("a node without NATS", () => {
  test(
    "starts, serves, says so, hears others through the database, and connects later",
    async () => {
      const late = await startNats();
      await late.kill();
      const node = await server.another({ "nats-servers": late.url, "heartbeat-ms": heartbeatMs });
      expect(await ask(node.url, "/readyz")).toMatchObject({ status: 200, body: { ready: true, degraded: ["bus"] } });
      expect(await metric(node.url, "aftercare_bus_connected")).toBe(0);
      const { who, stream } = await conversation(node.url);
      const link = await live(node.url, who, stream);
      await say(server.url, await staff(server), stream, "through the database");
      await link.until(saying("through the database"));
      const again = await startNats({ port: late.port });
      await until(async () => (await ready(node.url)).degraded.length === 0);
      expect(await metric(node.url, "aftercare_bus_connected")).toBe(1);
      await link.close();
      await node.stop();
      await again.stop();
    },
    slowMs,
  );
});

describe("roles", () => {
  test("a node that is no gateway refuses clients in clear words, and answers probes", async () => {
    const worker = await server.another({ roles: "worker", "nats-servers": nats.url });
    const { who } = await conversation(server.url);
    expect((await ask(worker.url, "/readyz")).status).toBe(200);
    expect((await ask(worker.url, "/metrics")).status).toBe(200);
    const refusal = { code: "busy", path: "roles" };
    for (const [path, body] of [
      ["/v1/socket", undefined],
      ["/v1/ticket", {}],
      ["/v1/session", { t: "hello", versions: [1], cursors: [] }],
    ] as const)
      expect(await ask(worker.url, path, { token: who.token, ...(body && { body }) })).toMatchObject({
        status: 503,
        body: { refusal },
      });
    await worker.stop();
  });
});

describe("nodes as processes", () => {
  async function processNode(): Promise<ServerProcess> {
    const node = new ServerProcess({
      port: await freePort(),
      env: {
        DATABASE_URL: server.databaseUrl,
        AFTERCARE_NATS_SERVERS: nats.url,
        AFTERCARE_LOG_LEVEL: "error",
        AFTERCARE_DRAIN_MS: "2000",
        AFTERCARE_RATE_ADDRESS_PER_SECOND: "10000",
        AFTERCARE_RATE_ADDRESS_BURST: "10000",
      },
    });
    await node.start();
    return node;
  }

  test(
    "who was present on a node that is killed is gone within 15 s",
    async () => {
      const node = await processNode();
      const { owner, member, stream } = await group();
      const here = await live(server.url, owner, stream);
      await live(node.url, member, stream);
      const presence = (on: boolean) => (frame: { t: string; signal?: { by: string; type: string; on: boolean } }) =>
        frame.t === "signal" &&
        frame.signal?.by === member.account &&
        frame.signal.type === "presence" &&
        frame.signal.on === on;
      await here.until(presence(true));
      await node.signal("SIGKILL");
      const killedAt = Date.now();
      await until(() => here.frames.some(presence(false)));
      expect(Date.now() - killedAt).toBeLessThan(15_000);
      await here.close();
    },
    slowMs,
  );

  test(
    "L17 of a rolling restart a client notices a move, and misses nothing",
    async () => {
      const { who, stream } = await conversation(server.url);
      const agent = await staff(server);
      let node = await processNode();
      let link = await live(node.url, who, stream);
      const heard: string[] = [];
      const take = (from: TestLink): void => {
        for (const frame of from.frames) {
          const events = frame.t === "event" ? [frame.event] : frame.t === "events" ? frame.events : [];
          for (const event of events)
            if (event.stream === stream && event.type === "message.sent") heard.push(event.body.parts[0].text);
        }
      };
      let said = 0;
      for (let round = 0; round < 2; round++) {
        await say(server.url, agent, stream, `${said++}`);
        await link.until(saying(`${said - 1}`));
        const next = await processNode();
        const stopped = node.signal("SIGTERM");
        await link.until((frame) => frame.t === "move");
        await say(server.url, agent, stream, `${said++}`);
        await link.until(saying(`${said - 1}`));
        take(link);
        const last = link.frames.findLast((frame) => frame.t === "event" && frame.event.stream === stream);
        const cursor = { stream, epoch: last.epoch, seq: last.event.seq };
        await link.close();
        await say(server.url, agent, stream, `${said++}`);
        link = await connect("socket", next.url, who.token, { cursors: [cursor] });
        await link.until((frame) => frame.t === "live" && frame.stream === stream);
        expect(await stopped).toBe(0);
        node = next;
      }
      await say(server.url, agent, stream, `${said++}`);
      await link.until(saying(`${said - 1}`));
      take(link);
      expect(heard).toEqual(Array.from({ length: said }, (_, n) => `${n}`));
      await link.close();
      await node.signal("SIGTERM");
    },
    slowMs,
  );
});
