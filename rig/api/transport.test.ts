import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { limits } from "@aftercare/protocol";
import { connect, openSocket, transports } from "./links.ts";
import { ask, conversation, customer, message, staff, startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
}, 60_000);
afterAll(() => server.stop());

for (const transport of transports)
  describe(`the ${transport} transport`, () => {
    test("greets, sends, delivers and refuses like every other", async () => {
      const { who, stream } = await conversation(server.url);
      const link = await connect(transport, server.url, who.token, { cursors: [{ stream }] });
      expect(await link.until((frame) => frame.t === "welcome")).toMatchObject({ account: who.account, version: 1 });
      await link.until((frame) => frame.t === "live" && frame.stream === stream);
      const first = message(stream, "左耳沒有聲音");
      await link.send({ t: "command", command: first });
      const { ack } = await link.until((frame) => frame.t === "ack");
      expect(ack).toMatchObject({ id: first.id, stream });
      const { event } = await link.until((frame) => frame.t === "event" && frame.event.stream === stream);
      expect(event).toMatchObject({ seq: ack.seq, by: who.account, commandId: first.id });

      const wrong = { ...message(stream, "x"), type: "message.shout" };
      await link.send({ t: "command", command: wrong });
      const refused = await link.until((frame) => frame.t === "refused" && frame.id === wrong.id);
      expect(refused.refusal).toEqual({ code: "unknown-command" });
      await link.send({ t: "read", n: 7, read: { type: "people" } });
      expect((await link.until((frame) => frame.t === "answer")).refusal).toEqual({ code: "forbidden" });
      await link.close();
    });

    test("delivers what another person says, once and in order", async () => {
      const { who, stream } = await conversation(server.url);
      const agent = await staff(server);
      const link = await connect(transport, server.url, who.token, { cursors: [{ stream }] });
      await link.until((frame) => frame.t === "live" && frame.stream === stream);
      for (let n = 1; n <= 20; n++) {
        const { status } = await ask(server.url, "/v1/commands", { token: agent.token, body: message(stream, `${n}`) });
        expect(status).toBe(200);
      }
      await link.until((frame) => frame.t === "event" && frame.event.body.parts?.[0].text === "20");
      const texts = link.frames
        .filter((frame) => frame.t === "event" && frame.event.stream === stream)
        .map((frame) => frame.event.body.parts[0].text);
      expect(texts).toEqual(Array.from({ length: 20 }, (_, index) => `${index + 1}`));
      await link.close();
    });

    test("says why it ends: no common version, a frame that is none, one that is too large", async () => {
      const who = await customer(server.url);
      const old = await connect(transport, server.url, who.token, { versions: [99] });
      expect(await old.ended).toBe(4502);
      for (const [frame, code] of [
        [{ t: "nonsense" }, 4500],
        [{ t: "beat", more: "x".repeat(limits.frameBytes) }, 4501],
      ] as const) {
        const link = await connect(transport, server.url, who.token);
        await link.until((one) => one.t === "welcome");
        await link.send(frame);
        expect(await link.ended).toBe(code);
      }
    });

    test("does not tell a stranger that a stream exists", async () => {
      const { stream } = await conversation(server.url);
      const stranger = await customer(server.url);
      const unknown = `c_${"-".repeat(22)}`;
      const link = await connect(transport, server.url, stranger.token, { cursors: [{ stream }, { stream: unknown }] });
      expect(await link.until((frame) => frame.t === "gone" && frame.stream === stream)).toEqual({ t: "gone", stream });
      await link.until((frame) => frame.t === "gone" && frame.stream === unknown);
      await link.close();
    });

    test("refuses one more than the node may hold, cleanly, and takes it once there is room", async () => {
      const node = await server.another({ "max-connections": 2 });
      const who = await customer(node.url);
      const held = [await connect(transport, node.url, who.token), await connect(transport, node.url, who.token)];
      await held[1]?.until((frame) => frame.t === "welcome");
      const refused = await ask(node.url, "/v1/socket", {
        headers: {
          upgrade: "websocket",
          connection: "upgrade",
          "sec-websocket-version": "13",
          "sec-websocket-key": "AA==",
        },
      });
      expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
      const posted = await ask(node.url, "/v1/session", {
        token: who.token,
        body: { t: "hello", versions: [1], cursors: [] },
      });
      expect([posted.status, posted.body.refusal.code]).toEqual([503, "busy"]);
      for (const link of held) await link.close();
      await Bun.sleep(100);
      const again = await connect(transport, node.url, who.token);
      await again.until((frame) => frame.t === "welcome");
      await again.close();
      await node.stop();
    });

    test("is told to move when the node stops", async () => {
      const node = await server.another({ "drain-ms": 600 });
      const who = await customer(node.url);
      const link = await connect(transport, node.url, who.token);
      await link.until((frame) => frame.t === "welcome");
      const stopped = node.stop();
      await link.until((frame) => frame.t === "move");
      const ready = await ask(node.url, "/readyz");
      expect([ready.status, ready.body.troubles]).toEqual([503, ["draining"]]);
      expect((await ask(node.url, "/healthz")).status).toBe(200);
      expect((await ask(node.url, "/v1/me", { token: who.token })).status).toBe(503);
      expect(await link.ended).toBe(4000);
      await stopped;
    });
  });

describe("sockets alone", () => {
  test("a binary frame ends the session", async () => {
    const link = await openSocket(server.url);
    link.raw.send(new Uint8Array([1, 2, 3]));
    expect(await link.ended).toBe(4500);
  });

  test("a first frame that is no hello, or one without a ticket, ends the session", async () => {
    const early = await openSocket(server.url);
    await early.send({ t: "beat" });
    expect(await early.ended).toBe(4504);
    const bare = await openSocket(server.url);
    await bare.send({ t: "hello", versions: [1], cursors: [] });
    expect(await bare.ended).toBe(4503);
  });

  test("a request without the upgrade is told so", async () => {
    expect((await ask(server.url, "/v1/socket")).status).toBe(426);
  });
});

describe("sessions over plain requests", () => {
  const open = async (token: string) => {
    const { body } = await ask(server.url, "/v1/session", { token, body: { t: "hello", versions: [1], cursors: [] } });
    return { "aftercare-session": body.session as string };
  };
  const poll = (token: string, headers: Record<string, string>, ack: unknown) =>
    ask(server.url, "/v1/poll", { token, headers, body: { ack } });

  test("unacknowledged frames come again with their numbers; an unknown number is refused", async () => {
    const { token } = await customer(server.url);
    const headers = await open(token);
    const first = (await poll(token, headers, 0)).body.frames;
    expect(first[0]).toMatchObject([1, { t: "welcome" }]);
    expect((await poll(token, headers, 0)).body.frames.slice(0, first.length)).toEqual(first);
    expect((await poll(token, headers, 1)).body.frames[0][0]).toBe(2);
    expect((await poll(token, headers, 99)).status).toBe(400);
    for (const wrong of [-1, 1.5, "1", null, undefined]) expect((await poll(token, headers, wrong)).status).toBe(400);
  });

  test("another account, and another device of the same account, cannot use a session", async () => {
    const mine = await staff(server);
    const headers = await open(mine.token);
    for (const { token } of [await staff(server), await customer(server.url)]) {
      expect((await poll(token, headers, 0)).status).toBe(404);
      expect((await ask(server.url, "/v1/frames", { token, headers, body: [{ t: "beat" }] })).status).toBe(404);
      expect((await ask(server.url, "/v1/events", { token, headers })).status).toBe(404);
      expect((await ask(server.url, "/v1/session/close", { token, headers, body: {} })).status).toBe(404);
    }
    expect((await poll(mine.token, headers, 0)).status).toBe(200);
    expect((await ask(server.url, "/v1/poll", { headers, body: { ack: 0 } })).status).toBe(401);
  });

  test("a session is a stream or a poll, not both", async () => {
    const { token } = await customer(server.url);
    const headers = await open(token);
    await poll(token, headers, 0);
    expect((await ask(server.url, "/v1/events", { token, headers })).status).toBe(409);
  });

  test("a ticket has no place in the hello; too many frames in one post are refused", async () => {
    const { token } = await customer(server.url);
    const hello = { t: "hello", versions: [1], cursors: [], ticket: "tkt_x" };
    expect((await ask(server.url, "/v1/session", { token, body: hello })).status).toBe(400);
    const headers = await open(token);
    const frames = Array.from({ length: limits.framesPerPost + 1 }, () => ({ t: "beat" }));
    expect((await ask(server.url, "/v1/frames", { token, headers, body: frames })).status).toBe(413);
    for (const wrong of [[], {}, [1], "[", null])
      expect((await ask(server.url, "/v1/frames", { token, headers, body: wrong })).status).toBe(400);
    expect((await poll(token, headers, 0)).status).toBe(200);
  });

  test("a full post of long messages is taken, in order", async () => {
    const { who, stream } = await conversation(server.url);
    const link = await connect("poll", server.url, who.token, { cursors: [{ stream }] });
    await link.until((frame) => frame.t === "live" && frame.stream === stream);
    // Far more than one frame, and less than the bound at which a link counts as slow.
    const long = "長".repeat(3_000);
    const commands = Array.from({ length: limits.framesPerPost }, (_, n) => message(stream, `${n} ${long}`));
    await link.send(...commands.map((command) => ({ t: "command", command })));
    const last = commands.at(-1)?.id;
    await link.until((frame) => frame.t === "ack" && frame.ack.id === last);
    const acks = link.frames.filter((frame) => frame.t === "ack").map((frame) => frame.ack.id);
    expect(acks).toEqual(commands.map(({ id }) => id));
    await link.close();
  });

  test("an aborted stream ends its session", async () => {
    const who = await customer(server.url);
    const before = Number(/^aftercare_sessions (\d+)/m.exec((await ask(server.url, "/metrics")).body)?.[1]);
    const link = await connect("events", server.url, who.token);
    await link.until((frame) => frame.t === "welcome");
    await link.close();
    await Bun.sleep(200);
    const after = Number(/^aftercare_sessions (\d+)/m.exec((await ask(server.url, "/metrics")).body)?.[1]);
    expect(after).toBe(before);
  });

  test("a poll that is never fetched does not grow: the session ends as slow and its frames are let go", async () => {
    const node = await server.another({ "socket-buffer-bytes": 65_536 });
    const { who, stream } = await conversation(node.url);
    const hello = { t: "hello", versions: [1], cursors: [{ stream }] };
    const opened = await ask(node.url, "/v1/session", { token: who.token, body: hello });
    const headers = { "aftercare-session": opened.body.session };
    for (let n = 0; n < 30; n++)
      await ask(node.url, "/v1/commands", { token: who.token, body: message(stream, "長".repeat(2_000)) });
    const { body } = await ask(node.url, "/v1/poll", { token: who.token, headers, body: { ack: 0 } });
    expect(body.frames.map(([, frame]: [number, object]) => frame)).toEqual([{ t: "bye", code: 4002, reason: "slow" }]);
    await node.stop();
  });
});

describe("bounds of memory", () => {
  test("L15: a stream that nobody reads is ended, whatever is sent to it", async () => {
    const node = await server.another({ "socket-buffer-bytes": 65_536 });
    const { who, stream } = await conversation(node.url);
    const hello = { t: "hello", versions: [1], cursors: [{ stream }] };
    const { session } = (await ask(node.url, "/v1/session", { token: who.token, body: hello })).body;
    const { hostname, port } = new URL(node.url);
    const socket = await Bun.connect({ hostname, port: Number(port), socket: { data: (one) => void one.pause() } });
    socket.write(
      `GET /v1/events HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${who.token}\r\naftercare-session: ${session}\r\n\r\n`,
    );
    const slowClosed = async () =>
      Number(/^aftercare_slow_closed_total (\d+)/m.exec((await ask(node.url, "/metrics")).body)?.[1]);
    // The kernel's buffers on both sides take several megabytes before the network pushes back.
    for (let n = 0; n < 600 && (await slowClosed()) === 0; n++)
      await Promise.all(
        Array.from({ length: 8 }, () =>
          ask(node.url, "/v1/commands", { token: who.token, body: message(stream, "長".repeat(7_000)) }),
        ),
      );
    expect(await slowClosed()).toBe(1);
    socket.terminate();
    await node.stop();
  }, 60_000);
});
