import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Transport } from "../types.ts";
import { PollTransport } from "./poll.ts";
import { SseParser, SseTransport } from "./sse.ts";
import { WebSocketTransport } from "./websocket.ts";

const credential = { token: "secret", account: "a", name: "A", kind: "staff" as const, expiresAt: 9e15 };
let token: string = credential.token;
const auth = { credential: async () => ({ ...credential, token }) };

/** Echoes every frame; `stop` ends the session with code 4004. */
function echo() {
  let session: { out: [number, unknown][]; n: number; wake: () => void; lose: boolean } | undefined;
  const push = (frame: unknown) => {
    if (!session) return;
    session.out.push([++session.n, frame]);
    session.wake();
  };
  const take = (frame: { t: string }) => push(frame.t === "stop" ? { t: "bye", code: 4004, reason: "restart" } : frame);
  const wait = () =>
    new Promise<void>((resolve) => {
      if (session) session.wake = resolve;
    });
  const events = () =>
    new ReadableStream({
      async start(controller) {
        for (let at = 0; session; await wait())
          for (; at < (session?.out.length ?? 0); at++)
            controller.enqueue(new TextEncoder().encode(`: hi\r\ndata: ${JSON.stringify(session?.out[at]?.[1])}\n\n`));
      },
    });
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request, bun) {
      const { pathname } = new URL(request.url);
      if (pathname === "/v1/socket") return bun.upgrade(request) ? undefined : new Response(null, { status: 400 });
      if (request.headers.get("authorization") !== "Bearer secret") return new Response(null, { status: 401 });
      if (pathname === "/v1/ticket") return Response.json({ ticket: "t", expiresAt: 0 });
      if (pathname === "/v1/session") {
        session = { out: [], n: 0, wake: () => {}, lose: true };
        push(await request.json());
        return Response.json({ session: "s" });
      }
      if (request.headers.get("aftercare-session") !== "s" || !session) return new Response(null, { status: 404 });
      if (pathname === "/v1/frames") {
        for (const frame of (await request.json()) as { t: string }[]) take(frame);
        return new Response(null, { status: 204 });
      }
      if (pathname === "/v1/events") return new Response(events());
      if (pathname !== "/v1/poll") return new Response(null, { status: 404 });
      const { ack } = (await request.json()) as { ack: number };
      session.out = session.out.filter(([n]) => n > ack);
      if (session.out.length === 0) await wait();
      return Response.json({ frames: session.out });
    },
    websocket: {
      message(socket, text) {
        const frame = JSON.parse(String(text)) as { t: string };
        if (frame.t === "stop") socket.close(4004, "restart");
        else if (frame.t === "refuse") socket.close(4503, "unauthorised");
        else socket.send(String(text));
      },
    },
  });
  return server;
}

let server: ReturnType<typeof echo>;
beforeAll(() => {
  server = echo();
});
afterAll(() => server.stop(true));

const make: Record<string, (base: string) => Transport> = {
  websocket: (base) => new WebSocketTransport({ base, auth }),
  sse: (base) => new SseTransport({ base, auth }),
  poll: (base) => new PollTransport({ base, auth }),
};

test("a ticket that is refused unheard is a failed try; a session that is ended as unauthorised is told as such", async () => {
  token = "secret";
  const open = (frames: string[]) =>
    new Promise((resolve) => {
      const link = new WebSocketTransport({ base: `http://127.0.0.1:${server.port}`, auth }).open({
        opened: () => {
          for (const frame of frames) link.send(frame);
        },
        frame: () => {},
        closed: resolve,
      });
    });
  expect(await open(['{"t":"refuse"}'])).toEqual({ failed: true });
  expect(await open(['{"t":"hello"}', '{"t":"refuse"}'])).toEqual({ code: 4503 });
});

for (const name of Object.keys(make)) {
  describe(`Transport: ${name}`, () => {
    const at = () => (make[name] as (base: string) => Transport)(`http://127.0.0.1:${server.port}`);

    test("opens, carries frames both ways in order, and tells the close code", async () => {
      token = "secret";
      const texts: string[] = [];
      const why = await new Promise((resolve) => {
        const link = at().open({
          opened: (ticket) => {
            expect(ticket).toBe(name === "websocket" ? "t" : undefined);
            link.send('{"t":"hello"}');
            for (let i = 0; i < 100; i++) link.send(`{"t":"x","i":${i}}`);
            link.send('{"t":"stop"}');
          },
          frame: (text) => {
            texts.push(text);
            if (text.includes("bye")) resolve({ code: (JSON.parse(text) as { code: number }).code });
          },
          closed: resolve,
        });
      });
      expect(why).toMatchObject({ code: 4004 });
      const kept = texts.filter((text) => !text.includes("bye"));
      expect(kept).toEqual(['{"t":"hello"}', ...Array.from({ length: 100 }, (_, i) => `{"t":"x","i":${i}}`)]);
    });

    test("L11 a credential that is refused is told as such", async () => {
      token = "stolen";
      const why = await new Promise((resolve) => {
        const link = at().open({ opened: () => link.send('{"t":"hello"}'), frame: () => {}, closed: resolve });
      });
      expect(why).toEqual({ unauthorised: true });
    });

    test("a server that is not there counts as failed, once", async () => {
      token = "secret";
      let closed = 0;
      const dead = (make[name] as (base: string) => Transport)("http://127.0.0.1:1");
      const why = await new Promise((resolve) => {
        const link = dead.open({
          opened: () => link.send('{"t":"hello"}'),
          frame: () => {},
          closed: (said) => {
            closed++;
            resolve(said);
          },
        });
      });
      expect(why).toEqual({ failed: true });
      expect(closed).toBe(1);
    });

    test("after `close` nothing is told any more", async () => {
      const told: string[] = [];
      const link = at().open({
        opened: () => told.push("opened"),
        frame: () => told.push("frame"),
        closed: () => told.push("closed"),
      });
      link.close();
      await Bun.sleep(50);
      expect(told).toEqual([]);
    });
  });
}

test("an event stream cut anywhere gives the same frames", () => {
  const text = ': beat\n\ndata: {"a":1}\r\n\r\ndata:{"b":\ndata: 2}\n\nevent: x\nid: 4\n\n';
  for (let at = 0; at <= text.length; at++) {
    const found: string[] = [];
    const parser = new SseParser((data) => found.push(data));
    parser.feed(text.slice(0, at));
    parser.feed(text.slice(at));
    expect(found).toEqual(['{"a":1}', '{"b":\n2}']);
  }
});
