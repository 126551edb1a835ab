import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { limits } from "@aftercare/protocol";
import { connect, type Frame, openSocket, type TestLink, transports } from "../api/links.ts";
import { ask, command, commandId, conversation, customer, message } from "../api/server.ts";
import { type ServerProcess, startProcess } from "./server.ts";
import { closeCodeOf, frameOf, jsonFrames, opcodes, openTcp, openWire, statusOf, type Wire, wait } from "./wire.ts";
import { createWitness, type Witness } from "./witness.ts";

/** Bounds as small as makes them easy to meet; witnesses stay below them. */
const maxConnections = 24;
const socketBufferBytes = 262_144;
const framesBurst = 2_000;
// A runner that gives a test up kills the servers of all the others.
setDefaultTimeout(60_000);

let server: ServerProcess;
let small: ServerProcess;
let witness: Witness;
beforeAll(async () => {
  [server, small] = await Promise.all([
    // A link may send twice the frames that its account may send commands, so that is bounded here too.
    startProcess({
      "socket-buffer-bytes": socketBufferBytes,
      "rate-account-per-second": 100,
      "rate-account-burst": framesBurst / 2,
    }),
    startProcess({
      "max-connections": maxConnections,
      "rate-account-per-second": 20,
      "rate-account-burst": 20,
      "rate-address-per-second": 1_000,
      "rate-address-burst": 3_000,
    }),
  ]);
  witness = await createWitness(server);
});
afterAll(async () => {
  await witness.close();
  await Promise.all([server.stop(), small.stop()]);
});

const beat = { t: "beat" };
/** What the runtime may keep of what it has freed, between two looks. */
const slackBytes = 60_000_000;

async function live(url: string, transport: (typeof transports)[number] = "socket") {
  const { who, stream } = await conversation(url);
  const link = await connect(transport, url, who.token, { cursors: [{ stream }] });
  await link.until((frame) => frame.t === "live" && frame.stream === stream);
  return { who, stream, link };
}

/** A greeted link made by hand, which reads only when told to. */
async function liveWire(url: string, token: string, stream: string): Promise<Wire> {
  const { ticket } = (await ask(url, "/v1/ticket", { token, body: {} })).body;
  const wire = await openWire(url);
  wire.write(frameOf({ payload: JSON.stringify({ t: "hello", versions: [1], cursors: [{ stream }], ticket }) }));
  const isLive = () => jsonFrames(wire).some((frame: Frame) => frame.t === "live" && frame.stream === stream);
  await wait(isLive, "the stream");
  return wire;
}

describe("frames beyond the rate of a link", () => {
  test("end that link, and tell it that it may come back", async () => {
    const { link, who, stream } = await live(server.url);
    for (let n = 0; n < framesBurst + 1_000; n++) void link.send(beat);
    expect(await link.ended).toBe(4006);
    await witness.talk("beats");
    const again = await connect("socket", server.url, who.token, { cursors: [{ stream }] });
    await again.until((frame) => frame.t === "live" && frame.stream === stream);
    await again.close();
  });

  for (const transport of ["events", "poll"] as const)
    test(`are found over ${transport} too`, async () => {
      const { link } = await live(server.url, transport);
      const post = Array.from({ length: limits.framesPerPost }, () => beat);
      for (let n = 0; n < 60; n++) await link.send(...post);
      expect(await link.ended).toBe(4006);
      await witness.talk(transport);
    });

  test("a flood of frames that are wrong, and of pings, disturbs nobody", async () => {
    const { who, stream } = await conversation(server.url);
    const wire = await liveWire(server.url, who.token, stream);
    const pings = Buffer.concat(
      Array.from({ length: 5_000 }, () => frameOf({ opcode: opcodes.ping, payload: "x".repeat(125) })),
    );
    for (let n = 0; n < 4; n++) wire.write(pings);
    await witness.talk("pings");
    for (let n = 0; n < 50; n++) {
      const link = await openSocket(server.url);
      await link.send("x".repeat(limits.frameBytes), "{");
      expect(await link.ended).toBe(4500);
    }
    await witness.talk("wrong frames");
    wire.destroy();
  });

  test("commands held back for streams without number are answered, every one", async () => {
    const { link } = await live(small.url);
    const commands = Array.from({ length: framesBurst - 100 }, () =>
      message(`c_${commandId().replaceAll("-", "").slice(0, 22)}`, "x"),
    );
    for (const each of commands) void link.send({ t: "command", command: each });
    await link.until(() => link.frames.length >= commands.length);
    await link.until((frame) => frame.t === "refused" && frame.id === commands.at(-1)?.id);
    expect(link.frames.some((frame) => frame.t === "refused" && frame.refusal.code === "rate-limited")).toBe(true);
    await link.close();
  });
});

describe("commands beyond the rate of an account", () => {
  for (const transport of transports)
    test(`are told when to come again, and keep their order, over ${transport}`, async () => {
      const { link, stream } = await live(small.url, transport);
      const sent = Array.from({ length: 40 }, (_, n) => message(stream, `${n}`));
      let waiting = sent;
      for (let round = 0; waiting.length > 0 && round < 40; round++) {
        (link.frames as Frame[]).length = 0;
        await link.send(...waiting.map((each) => ({ t: "command", command: each })));
        const answered = () => link.frames.filter((frame) => frame.t === "ack" || frame.t === "refused");
        const count = waiting.length;
        await link.until(() => answered().length >= count);
        const refused = answered().filter((frame) => frame.t === "refused");
        for (const { refusal } of refused) {
          expect(["rate-limited", "busy"]).toContain(refusal.code);
          expect(refusal.retryAfterMs).toBeGreaterThan(0);
        }
        const again = new Set(refused.map((frame) => frame.id));
        waiting = waiting.filter(({ id }) => again.has(id));
        if (waiting.length > 0) await Bun.sleep(Math.min(2_000, refused[0].refusal.retryAfterMs));
      }
      expect(waiting).toEqual([]);
      const rows = await small.query<{ id: string }>(
        `select command_id as id from event where stream = '${stream}' and type = 'message.sent' and by like 'a\\_%' order by seq`,
      );
      expect(rows.map(({ id }) => id)).toEqual(sent.map(({ id }) => id));
      await link.close();
    });

  test("one account's flood leaves the others their rate, and counts on all its links and ways together", async () => {
    const { link, who, stream } = await live(small.url);
    for (let n = 0; n < 60; n++) void link.send({ t: "command", command: message(stream, "x") });
    await link.until((frame) => frame.t === "refused" && frame.refusal.code === "rate-limited");
    const same = await ask(small.url, "/v1/commands", { token: who.token, body: message(stream, "y") });
    expect([same.status, same.body.refusal.code]).toEqual([429, "rate-limited"]);
    expect(Number(same.headers.get("retry-after"))).toBeGreaterThan(0);
    await link.send({ t: "read", n: 1, read: { type: "snapshot", stream } });
    const { refusal } = await link.until((frame) => frame.t === "answer");
    expect(refusal.code).toBe("rate-limited");
    const other = await customer(small.url);
    const answer = await ask(small.url, "/v1/commands", { token: other.token, body: command("conversation.ask", {}) });
    expect(answer.status).toBe(200);
    await link.close();
  });
});

describe("connections beyond their bound", () => {
  test("are refused with a time to come again, however they come; those there are stay", async () => {
    const { link, stream } = await live(small.url);
    const { token } = await customer(small.url);
    const opened: Wire[] = [];
    const statuses: number[] = [];
    const crowd = await Promise.all(Array.from({ length: 3 * maxConnections }, () => openTcp(small.url)));
    for (const wire of crowd) wire.write(handshakeOf(small.url));
    for (const wire of crowd) {
      const status = await statusOf(wire);
      statuses.push(status);
      if (status === 101) opened.push(wire);
    }
    const sockets = await small.metric("aftercare_sockets");
    expect(sockets).toBeLessThanOrEqual(maxConnections);
    expect(statuses.filter((status) => status === 503).length).toBe(crowd.length - opened.length);
    const session = await ask(small.url, "/v1/session", { token, body: { t: "hello", versions: [1], cursors: [] } });
    expect([session.status, session.body.refusal.code]).toEqual([503, "busy"]);
    expect(Number(session.headers.get("retry-after"))).toBeGreaterThan(0);
    const sent = message(stream, "still here");
    await link.send({ t: "command", command: sent });
    await link.until((frame) => frame.t === "ack" && frame.ack.id === sent.id);
    for (const wire of crowd) wire.destroy();
    await waitFor(async () => (await small.metric("aftercare_sockets")) <= 1);
    expect((await live(small.url)).link.frames.length).toBeGreaterThan(0);
    await link.close();
  });
});

const handshakeOf = (url: string): string =>
  `GET /v1/socket HTTP/1.1\r\nHost: ${new URL(url).host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n`;

async function waitFor(fits: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 200 && !(await fits()); n++) await Bun.sleep(50);
  expect(await fits()).toBe(true);
}

/** Writes into a stream until so many links were closed for being slow. */
async function fillUntilSlow(token: string, stream: string, count: number, by?: TestLink): Promise<void> {
  const before = await server.metric("aftercare_slow_closed_total");
  for (let n = 0; n < 400; n++) {
    if ((await server.metric("aftercare_slow_closed_total")) >= before + count) return;
    const body = () => message(stream, "長".repeat(7_000));
    await Promise.all(Array.from({ length: 8 }, () => ask(server.url, "/v1/commands", { token, body: body() })));
  }
  throw new Error(`nobody was slow ${by ? "here" : ""}`);
}

describe("L15: clients that never read", () => {
  test("are closed with 4002, take bounded memory, and hold up nobody in the same conversation", async () => {
    const { link, who, stream } = await live(server.url);
    const wires = await Promise.all(Array.from({ length: 5 }, () => liveWire(server.url, who.token, stream)));
    for (const wire of wires) wire.socket.pause();
    const before = await server.residentBytes();
    await fillUntilSlow(who.token, stream, wires.length);
    const grown = (await server.residentBytes()) - before;
    expect(grown).toBeLessThan(slackBytes + wires.length * 4 * socketBufferBytes);
    const sent = message(stream, "after all that");
    await link.send({ t: "command", command: sent });
    await link.until((frame) => frame.t === "event" && frame.event.commandId === sent.id);
    // Whoever reads again finds out why it ended.
    const [first] = wires;
    first?.socket.resume();
    await wait(() => first !== undefined && closeCodeOf(first) !== undefined, "the close", 10_000);
    expect(closeCodeOf(first as Wire)).toBe(4002);
    for (const wire of wires) wire.destroy();
    await link.close();
    await witness.talk("slow readers");
  });

  test("and only ping are closed too, before anybody knows who they are", async () => {
    const before = await server.residentBytes();
    const pings = Buffer.concat(
      Array.from({ length: 2_000 }, () => frameOf({ opcode: opcodes.ping, payload: "x".repeat(125) })),
    );
    for (let each = 0; each < 3; each++) {
      const wire = await openWire(server.url);
      wire.socket.pause();
      for (let n = 0; n < 100 && !wire.socket.destroyed; n++)
        if (!wire.socket.write(pings))
          await Promise.race([new Promise((resolve) => wire.socket.once("drain", resolve)), Bun.sleep(200)]);
      await waitFor(async () => (await server.metric("aftercare_sockets")) <= 2);
      wire.destroy();
    }
    expect((await server.residentBytes()) - before).toBeLessThan(20_000_000);
    await witness.talk("pings nobody reads");
  });

  test("and ask for the same large snapshot again and again", async () => {
    const { who, stream } = await conversation(server.url);
    for (let n = 0; n < limits.snapshotItems; n++)
      await ask(server.url, "/v1/commands", { token: who.token, body: message(stream, "長".repeat(8_000)) });
    const before = await server.residentBytes();
    const wire = await liveWire(server.url, who.token, stream);
    wire.socket.pause();
    const cursors = Array.from({ length: limits.cursorsPerFrame }, () => ({ stream }));
    for (let n = 0; n < 20; n++) wire.write(frameOf({ payload: JSON.stringify({ t: "subscribe", cursors }) }));
    await witness.talk("snapshots");
    await waitFor(async () => (await server.metric("aftercare_sockets")) <= 2);
    expect((await server.residentBytes()) - before).toBeLessThan(slackBytes);
    wire.destroy();
  });

  test("and ask for page after page", async () => {
    const { who, stream } = await conversation(server.url);
    for (let n = 0; n < limits.snapshotItems; n++)
      await ask(server.url, "/v1/commands", { token: who.token, body: message(stream, "長".repeat(8_000)) });
    const before = await server.residentBytes();
    const wire = await liveWire(server.url, who.token, stream);
    wire.socket.pause();
    for (let n = 1; n < 1_000; n++)
      wire.write(frameOf({ payload: JSON.stringify({ t: "read", n, read: { type: "history", stream } }) }));
    await witness.talk("pages");
    await waitFor(async () => (await server.metric("aftercare_sockets")) <= 2);
    expect((await server.residentBytes()) - before).toBeLessThan(slackBytes);
    wire.destroy();
  });
});
