import { afterEach, expect, test } from "bun:test";
import { connect, createServer, type Server, type Socket } from "node:net";
import { Random } from "../sim/random.ts";
import { createNatsSplitter } from "./nats-frames.ts";
import { createPostgresSplitter, isCommitted } from "./postgres-frames.ts";
import { type Filter, TcpProxy } from "./proxy.ts";

type End = { socket: Socket; text: string; pieces: number; ended: boolean; closed: boolean; error: string };
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function watch(socket: Socket): End {
  const end: End = { socket, text: "", pieces: 0, ended: false, closed: false, error: "" };
  socket.on("data", (chunk) => {
    end.text += chunk;
    end.pieces++;
  });
  socket.on("end", () => {
    end.ended = true;
  });
  socket.on("close", () => {
    end.closed = true;
  });
  socket.on("error", (error) => {
    end.error = (error as NodeJS.ErrnoException).code ?? error.message;
  });
  return end;
}

async function until(done: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000 && !done(); i++) await Bun.sleep(5);
  expect(done()).toBe(true);
}

/** A link through a proxy: its near end, its far end. */
async function link(filter?: Filter): Promise<{ proxy: TcpProxy; near: End; far: End; dial: () => End }> {
  const fars: End[] = [];
  const server: Server = createServer((socket) => void fars.push(watch(socket)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const proxy = await TcpProxy.open({
    target: () => ({ port }),
    random: new Random(7),
    ...(filter && { filter: (direction) => (direction === "down" ? filter : undefined) }),
  });
  const dial = () => watch(connect(proxy.port, "127.0.0.1"));
  const near = dial();
  closers.push(() => {
    proxy.close();
    server.close();
    near.socket.destroy();
    for (const one of fars) one.socket.destroy();
  });
  await until(() => fars.length > 0);
  return { proxy, near, far: fars[0] as End, dial };
}

const numbers = Array.from({ length: 500 }, (_, n) => `${n};`).join("");

test("carries both directions unchanged", async () => {
  const { near, far } = await link();
  near.socket.write(numbers);
  far.socket.write("back");
  await until(() => far.text === numbers && near.text === "back");
});

test("latency, jitter, tiny pieces and little bandwidth keep every byte, in order", async () => {
  const { proxy, near, far } = await link();
  proxy.impair({ latencyMs: 5, jitterMs: 20, sliceBytes: 3, bytesPerSecond: 50_000 });
  for (const part of numbers.match(/.{1,100}/g) ?? []) near.socket.write(part);
  await until(() => far.text === numbers);
  expect(far.pieces).toBeGreaterThan(20);
});

test("a silent direction swallows, the other one goes on, and nobody is told", async () => {
  const { proxy, near, far, dial } = await link();
  proxy.silence("up");
  near.socket.write("lost");
  far.socket.write("heard");
  await until(() => near.text === "heard");
  expect(far.text).toBe("");
  near.socket.destroy();
  await until(() => proxy.links === 0);
  expect(far.closed || far.ended).toBe(false);
  // A new link is a good one.
  dial().socket.write("new");
  await until(() => proxy.opened === 2);
});

test("healing ends a link that has swallowed bytes, for it would look whole", async () => {
  const { proxy, near } = await link();
  proxy.silence();
  proxy.heal();
  await until(() => near.closed);
});

test("a stalled direction keeps its bytes for later", async () => {
  const { proxy, near, far } = await link();
  proxy.stall("up");
  near.socket.write("kept");
  far.socket.write("heard");
  await until(() => near.text === "heard");
  expect(far.text).toBe("");
  proxy.heal();
  await until(() => far.text === "kept");
});

test("a cut ends in order or with a reset", async () => {
  const orderly = await link();
  orderly.proxy.cut("fin");
  await until(() => orderly.near.ended && orderly.far.ended);
  expect(orderly.near.error).toBe("");
  const torn = await link();
  torn.proxy.cut("rst");
  await until(() => torn.near.closed && torn.far.closed);
  expect(torn.near.error + torn.far.error).toContain("ECONNRESET");
});

test("what the target said before it ended still arrives", async () => {
  const { proxy, near, far } = await link();
  proxy.impair({ latencyMs: 30 });
  far.socket.end("last words");
  await until(() => near.ended);
  expect(near.text).toBe("last words");
  await until(() => proxy.endedByTarget === 1);
});

test("refuses new links, keeps the old ones, until it is healed", async () => {
  const { proxy, near, far, dial } = await link();
  proxy.refuse();
  const refused = dial();
  await until(() => refused.closed);
  near.socket.write("still here");
  await until(() => far.text === "still here");
  proxy.heal();
  dial();
  await until(() => proxy.opened === 2);
});

test("the same seed makes the same choices", async () => {
  const draw = (seed: number) => Array.from({ length: 5 }, () => new Random(seed).fork().unit()).join();
  expect(draw(3)).toBe(draw(3));
  expect(draw(3)).not.toBe(draw(4));
});

test("NATS frames are cut whole, whatever the pieces; a line end in a body ends nothing", () => {
  const wire =
    "INFO {}\r\nMSG a.b 1 5\r\nab\r\nc\r\nPING\r\nMSG a.b 1 reply 0\r\n\r\nHMSG x 2 4 6\r\nhhhhbb\r\n+OK\r\n";
  for (const step of [1, 2, 7, 1_000]) {
    const split = createNatsSplitter();
    const frames = (wire.match(new RegExp(`[^]{1,${step}}`, "g")) ?? []).flatMap((part) => split(Buffer.from(part)));
    expect(frames.map(({ bytes }) => bytes.toString()).join("")).toBe(wire);
    expect(frames.map(({ isMessage }) => isMessage)).toEqual([false, true, false, true, true, false]);
  }
});

test("PostgreSQL's messages are cut whole, and an answer to a commit is told from others", () => {
  const message = (type: string, body: string) => {
    const bytes = Buffer.from(`${type}0000${body}\0`, "latin1");
    bytes.writeInt32BE(bytes.length - 1, 1);
    return bytes;
  };
  const wire = Buffer.concat([message("C", "INSERT 0 1"), message("C", "COMMIT"), message("D", "COMMIT")]);
  for (const step of [1, 4, 100]) {
    const split = createPostgresSplitter();
    const found = [];
    for (let at = 0; at < wire.length; at += step) found.push(...split(wire.subarray(at, at + step)));
    expect(found.map(isCommitted)).toEqual([false, true, false]);
  }
});
