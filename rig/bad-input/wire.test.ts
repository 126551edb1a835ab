import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { deflateRawSync } from "node:zlib";
import { limits } from "@aftercare/protocol";
import { ask, customer } from "../api/server.ts";
import { type ServerProcess, startProcess } from "./server.ts";
import {
  closeCodeOf,
  closeFrame,
  type FrameForm,
  frameOf,
  handshake,
  jsonFrames,
  opcodes,
  openTcp,
  openWire,
  statusOf,
  type Wire,
  wait,
} from "./wire.ts";
import { createWitness, type Witness } from "./witness.ts";

// A runner that gives a test up kills the servers of all the others.
setDefaultTimeout(60_000);

let server: ServerProcess;
let witness: Witness;
let slow: Promise<SlowEnd[]>;
beforeAll(async () => {
  server = await startProcess();
  witness = await createWitness(server);
  slow = startSlow();
});
afterAll(async () => {
  await witness.close();
  await server.stop();
});

/** A connection that did wrong is closed at once; the bound only says that it is not the idle timer that closed it. */
const atOnceMs = 5_000;
const beat = '{"t":"beat"}';

type Case = { name: string; bytes: (string | Uint8Array)[]; code?: number | undefined };
const one = (name: string, form: FrameForm, code?: number): Case => ({ name, bytes: [frameOf(form)], code });

const protocolError = 1002;
const tooBig = 1009;
const notText = 1007;

const reserved: Case[] = violations([
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => one(`opcode ${opcode}`, { opcode, payload: beat })),
  ...[1, 2, 3, 4, 5, 6, 7].map((rsv) => one(`reserved bits ${rsv}`, { rsv, payload: beat })),
  one("an unmasked frame", { masked: false, payload: beat }),
  one("an unmasked long frame", { masked: false, payload: beat.padEnd(300) }),
  one("a continuation of nothing", { opcode: opcodes.continuation, payload: beat }),
  { name: "a text inside of a text", bytes: [frameOf({ fin: false, payload: "{" }), frameOf({ payload: beat })] },
  ...[opcodes.close, opcodes.ping, opcodes.pong].flatMap((opcode) => [
    one(`control frame ${opcode} of 126 bytes`, { opcode, payload: "x".repeat(126) }),
    one(`control frame ${opcode} in parts`, { opcode, fin: false, payload: "ab" }),
  ]),
  { name: "noise", bytes: [Buffer.alloc(5_000, 0xff)] },
  { name: "another request", bytes: ["GET / HTTP/1.1\r\nHost: x\r\n\r\n"] },
  { name: "a TLS greeting", bytes: [Buffer.from([0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3])] },
]);

const lengths: Case[] = [
  ...[2n ** 64n - 1n, 2n ** 63n, 2n ** 62n, 2n ** 53n + 1n, 2n ** 40n, 2n ** 32n, 2n ** 31n].map((claimed) =>
    one(`${claimed} bytes claimed`, { claimed, payload: "x" }, tooBig),
  ),
  one("one byte over the bound claimed", { claimed: 2 * limits.frameBytes + 1, payload: "x" }, tooBig),
  one("over the protocol's bound", { payload: "x".repeat(limits.frameBytes + 1) }, 4501),
  one("over the protocol's bound in bytes, not in characters", { payload: "長".repeat(30_000) }, 4501),
  one("eight bytes for a short length", { lengthBytes: 8, payload: beat }, 4504),
  one("two bytes for a short length", { lengthBytes: 2, payload: beat }, 4504),
  one("nothing", {}, 4500),
  {
    name: "fragments without an end",
    bytes: parts(3_000, "x".repeat(1_000)),
    code: tooBig,
  },
  {
    name: "fragments that are too large together",
    bytes: [...parts(99, "x".repeat(1_000)), frameOf({ opcode: opcodes.continuation, payload: "x" })],
    code: 4501,
  },
];

const texts: Case[] = [
  ...[
    ["a byte that is none", [0x22, 0xff, 0x22]],
    ["a raw lone surrogate", [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ["an overlong form", [0x22, 0xc0, 0xaf, 0x22]],
    ["beyond the last character", [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]],
    ["a cut character", [0x22, 0xe9, 0x95]],
  ].map(([name, bytes]) => one(String(name), { payload: new Uint8Array(bytes as number[]) }, notText)),
  {
    name: "a character that never ends over fragments",
    bytes: [
      frameOf({ fin: false, payload: new Uint8Array([0x22, 0xe9]) }),
      frameOf({ opcode: opcodes.continuation, payload: '"' }),
    ],
    code: notText,
  },
  one("a binary frame", { opcode: opcodes.binary, payload: beat }, 4500),
  one("an empty binary frame", { opcode: opcodes.binary }, 4500),
];

const closes: Case[] = [
  ...[0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map((code) => ({
    name: `close ${code}`,
    bytes: [closeFrame(code)],
    code: protocolError,
  })),
  { name: "close with half a code", bytes: [frameOf({ opcode: opcodes.close, payload: "x" })], code: protocolError },
  { name: "close with a reason that is no text", bytes: [closeFrame(1000, new Uint8Array([0xff]))], code: notText },
  { name: "close with no code", bytes: [closeFrame(undefined)] },
  { name: "words after a close", bytes: [closeFrame(1000), frameOf({ payload: beat })], code: 1000 },
];

function violations(cases: readonly Case[]): Case[] {
  return cases.map((each) => ({ ...each, code: protocolError }));
}

function parts(count: number, payload: string): Buffer[] {
  return Array.from({ length: count }, (_, index) =>
    frameOf({ fin: false, opcode: index === 0 ? opcodes.text : opcodes.continuation, payload }),
  );
}

async function tryBytes(wire: Wire, { name, bytes, code }: Case): Promise<void> {
  for (const each of bytes) wire.write(each);
  expect([name, await wire.endsWithin(atOnceMs)]).toEqual([name, true]);
  if (code !== undefined) expect([name, closeCodeOf(wire)]).toEqual([name, code]);
  wire.destroy();
  await witness.talk(name);
}

/** A link that was greeted. */
async function openGreeted(): Promise<Wire> {
  const { token } = await customer(server.url);
  const { ticket } = (await ask(server.url, "/v1/ticket", { token, body: {} })).body;
  const wire = await openWire(server.url);
  wire.write(frameOf({ payload: JSON.stringify({ t: "hello", versions: [1], cursors: [], ticket }) }));
  await wait(() => jsonFrames(wire).some((frame) => frame.t === "welcome"), "the welcome");
  return wire;
}

describe("frames that no library sends end that connection alone", () => {
  for (const [group, cases] of Object.entries({ reserved, lengths, texts, closes })) {
    test(`${group}, from a stranger`, async () => {
      for (const each of cases) await tryBytes(await openWire(server.url), each);
    });
    test(`${group}, from somebody who was greeted`, async () => {
      for (const each of cases) {
        // What a stranger is asked to say first, somebody known may say.
        if (each.code !== 4504) await tryBytes(await openGreeted(), each);
      }
    });
  }

  test("odd forms that the standard allows are taken", async () => {
    const wire = await openGreeted();
    for (const form of [{ lengthBytes: 8 }, { lengthBytes: 2 }, { fin: false, payload: '{"t":' }] as FrameForm[])
      wire.write(frameOf({ payload: beat, ...form }));
    wire.write(frameOf({ fin: false, opcode: opcodes.continuation }));
    wire.write(frameOf({ opcode: opcodes.ping, payload: "between" }));
    wire.write(frameOf({ opcode: opcodes.continuation, payload: '"beat"}' }));
    wire.write(frameOf({ opcode: opcodes.pong, payload: "unasked" }));
    wire.write(frameOf({ payload: '{"t":"read","n":1,"read":{"type":"people"}}' }));
    await wait(() => jsonFrames(wire).some((frame) => frame.t === "answer"), "an answer");
    expect(
      wire
        .frames()
        .find((frame) => frame.opcode === opcodes.pong)
        ?.payload.toString(),
    ).toBe("between");
    wire.destroy();
    await witness.talk("odd forms");
  });

  test("every single wrong first byte", async () => {
    const wires = await Promise.all(Array.from({ length: 256 }, () => openWire(server.url)));
    for (const [byte, wire] of wires.entries()) wire.write(new Uint8Array([byte, 0x80, 1, 2, 3, 4]));
    const allowed = new Set([0x80 | opcodes.ping, 0x80 | opcodes.pong, opcodes.text, opcodes.binary]);
    for (const [byte, wire] of wires.entries())
      if (!allowed.has(byte)) expect([byte, await wire.endsWithin(atOnceMs)]).toEqual([byte, true]);
    for (const wire of wires) wire.destroy();
    await witness.talk("first bytes");
  });

  test("a frame cut at every place", async () => {
    const whole = frameOf({ payload: '{"t":"hello","versions":[1],"cursors":[]}' });
    for (let at = 1; at < whole.length; at++) {
      const wire = await openWire(server.url);
      wire.write(whole.subarray(0, at));
      wire.socket.resetAndDestroy();
    }
    await witness.talk("cuts");
  });
});

describe("compression", () => {
  test("is never agreed to, and a bomb is no more than a wrong frame", async () => {
    const offers = [
      "permessage-deflate",
      "permessage-deflate; client_max_window_bits; server_max_window_bits=10",
      "permessage-deflate; server_no_context_takeover, x-webkit-deflate-frame",
    ];
    const before = await server.residentBytes();
    const bomb = deflateRawSync(Buffer.alloc(100_000_000, 0x20));
    for (const offer of offers) {
      const wire = await openWire(server.url, [`Sec-WebSocket-Extensions: ${offer}`]);
      expect(wire.text().split("\r\n\r\n")[0]?.toLowerCase()).not.toContain("sec-websocket-extensions");
      await tryBytes(wire, { name: offer, bytes: [frameOf({ rsv: 4, payload: bomb.subarray(0, 100_000) })] });
    }
    expect((await server.residentBytes()) - before).toBeLessThan(50_000_000);
  });

  test("a compressed body is not unpacked", async () => {
    const { token } = await customer(server.url);
    const before = await server.residentBytes();
    for (const encoding of ["gzip", "deflate", "br", "zstd", "gzip, gzip"]) {
      const response = await fetch(`${server.url}/v1/commands`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          "content-encoding": encoding,
        },
        body: deflateRawSync(Buffer.alloc(50_000_000, 0x20)).subarray(0, limits.frameBytes - 1),
      });
      expect([encoding, response.status]).toEqual([encoding, 400]);
    }
    expect((await server.residentBytes()) - before).toBeLessThan(50_000_000);
    await witness.talk("a compressed body");
  });
});

describe("handshakes and requests", () => {
  const leaving = (name: string, ...more: string[]) => handshake(server.url, more, [name]);
  const post = (...headers: string[]) =>
    ["POST /v1/customers HTTP/1.1", "Host: h", "Content-Type: application/json", ...headers, "", ""].join("\r\n");
  const requests = (): [name: string, bytes: string | Uint8Array, statuses: number[]][] => [
    ["no key", leaving("Sec-WebSocket-Key"), [426]],
    ["a short key", leaving("Sec-WebSocket-Key", "Sec-WebSocket-Key: x"), [426]],
    ["another version", leaving("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"), [426]],
    ["no version", leaving("Sec-WebSocket-Version"), [426]],
    ["no upgrade", leaving("Upgrade"), [426]],
    ["a POST", handshake(server.url).replace("GET", "POST"), [404]],
    ["no host", leaving("Host"), [400]],
    ...["[", "a b", "x/../y", "", "%00", "é", "a:99999", "u@h", "a:b:c", "\u0001", "<x>"].map(
      (host): [string, string, number[]] => [`the host ${host}`, leaving("Host", `Host: ${host}`), [400]],
    ),
    ["a header of 100 kB", handshake(server.url, [`X: ${"x".repeat(100_000)}`]), [431]],
    [
      "5,000 headers",
      handshake(
        server.url,
        Array.from({ length: 5_000 }, (_, n) => `X${n}: x`),
      ),
      [431],
    ],
    ["a path of 100 kB", `GET /${"x".repeat(100_000)} HTTP/1.1\r\nHost: h\r\n\r\n`, [414, 431]],
    ["bare line feeds", handshake(server.url).replaceAll("\r\n", "\n"), [400, 505]],
    ["a folded header", handshake(server.url, ["X: a", " b"]), [400]],
    ["NUL in a header", handshake(server.url, ["X: a\0b"]), [400]],
    ["a carriage return in a header", handshake(server.url, ["X: a\rY: b"]), [400]],
    ["a space before the colon", handshake(server.url, ["X : a"]), [400]],
    ["two ways to say the length", `${post("Content-Length: 5", "Transfer-Encoding: chunked")}0\r\n\r\n`, [400]],
    ["two lengths", `${post("Content-Length: 2", "Content-Length: 3")}{}`, [400]],
    ["a length below zero", `${post("Content-Length: -5")}{}`, [400]],
    ["a length beyond all numbers", `${post("Content-Length: 99999999999999999999")}{}`, [400, 413]],
    ["a length of 10 GB", `${post("Content-Length: 10000000000")}{}`, [413]],
    ["a chunk that is no number", `${post("Transfer-Encoding: chunked")}ZZ\r\n{}\r\n0\r\n\r\n`, [400]],
    ["a chunk of 2^64 bytes", `${post("Transfer-Encoding: chunked")}ffffffffffffffff\r\n{}`, [400, 413]],
    ["a TLS greeting", Buffer.from([0x16, 3, 1, 0, 200, 1, 0, 0]), [400]],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400, 505]],
    ["HTTP/0.9", "GET /\r\n\r\n", [400, 505]],
    ["noise", Buffer.alloc(5_000, 0xff), [400]],
    ["a path that is no path", "GET v1/me HTTP/1.1\r\nHost: h\r\n\r\n", [400, 404]],
    ["a broken escape in the path", "GET /v1/streams/%E0%A4%A/history HTTP/1.1\r\nHost: h\r\n\r\n", [401]],
  ];

  test("wrong ones are refused", async () => {
    for (const [name, bytes, statuses] of requests()) {
      const wire = await openTcp(server.url);
      wire.write(bytes);
      const status = await statusOf(wire);
      expect([name, statuses.includes(status) ? "" : status]).toEqual([name, ""]);
      wire.destroy();
      await witness.talk(name);
    }
  });

  test("HTTP/1.0 without a host, as probes speak it, is served", async () => {
    for (const path of ["/healthz", "/readyz"]) {
      const wire = await openTcp(server.url);
      wire.write(`GET ${path} HTTP/1.0\r\n\r\n`);
      expect(await statusOf(wire)).toBe(200);
      wire.destroy();
    }
  });

  test("one request cut at every place", async () => {
    const whole = handshake(server.url);
    for (let at = 1; at < whole.length; at += 3) {
      const wire = await openTcp(server.url);
      wire.write(whole.slice(0, at));
      wire.socket.resetAndDestroy();
    }
    await witness.talk("cut requests");
  });
});

type SlowEnd = { name: string; ended: boolean };

/** Connections that say a little and then wait, all at once: they outlast the tests above, which show that nobody waits for them. */
function startSlow(): Promise<SlowEnd[]> {
  const head = "HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n";
  const dripMs = 500;
  const boundMs = 3 * limits.helloTimeoutMs;
  const tell = async (name: string, wire: Wire, start: string | Uint8Array, drip: string | Uint8Array) => {
    wire.write(start);
    const timer = drip.length > 0 ? setInterval(() => wire.write(drip), dripMs) : undefined;
    const isAnswered = wait(() => / 4\d\d /.test(wire.text().slice(0, 20)), name, boundMs).then(
      () => true,
      () => false,
    );
    const ended = await Promise.race([wire.endsWithin(boundMs), isAnswered]);
    clearInterval(timer);
    wire.destroy();
    return { name, ended };
  };
  const tcp = async (name: string, start: string, drip: string) => tell(name, await openTcp(server.url), start, drip);
  const half = frameOf({ payload: beat.padEnd(200) }).subarray(0, 50);
  const socket = async (name: string, start: Uint8Array, drip: Uint8Array) =>
    tell(name, await openWire(server.url), start, drip);
  return Promise.all([
    tcp("silence", "", ""),
    tcp("half a line", "GET /v1/so", ""),
    tcp("a header at a time", "GET /v1/socket HTTP/1.1\r\nHost: h\r\n", "X: y\r\n"),
    tcp("a letter at a time", "GET /", "x"),
    tcp("a body that stops", `POST /v1/customers ${head}Content-Length: 5000\r\n\r\n{`, ""),
    tcp("a body byte by byte", `POST /v1/customers ${head}Content-Length: 5000\r\n\r\n{`, " "),
    tcp("a chunked body byte by byte", `POST /v1/customers ${head}Transfer-Encoding: chunked\r\n\r\n`, "1\r\n \r\n"),
    socket("half a frame", half, new Uint8Array()),
    socket("a frame byte by byte", half.subarray(0, 8), new Uint8Array([0])),
    socket("nothing but pings", frameOf({ opcode: opcodes.ping }), frameOf({ opcode: opcodes.ping })),
    socket("empty fragments", frameOf({ fin: false }), frameOf({ fin: false, opcode: opcodes.continuation })),
  ]);
}

test("whoever says a little and waits is not waited for", async () => {
  for (const { name, ended } of await slow) expect([name, ended]).toEqual([name, true]);
  await witness.talk("the slow ones");
});
