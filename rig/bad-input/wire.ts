import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

/** A WebSocket client made by hand: it can say what no library would. */

export type FrameForm = {
  fin?: boolean;
  /** The three reserved bits, 0 to 7. */
  rsv?: number;
  opcode?: number;
  masked?: boolean;
  payload?: string | Uint8Array;
  /** The length that is claimed, whatever is sent. */
  claimed?: number | bigint;
  /** Bytes of the extended length: 0, 2 or 8; the shortest form without it. */
  lengthBytes?: 0 | 2 | 8;
};

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export function frameOf(form: FrameForm): Buffer {
  const { fin = true, rsv = 0, opcode = opcodes.text, masked = true } = form;
  const payload = Buffer.from(form.payload ?? "");
  const length = BigInt(form.claimed ?? payload.length);
  const lengthBytes = form.lengthBytes ?? (length < 126n ? 0 : length < 65_536n ? 2 : 8);
  const extended = Buffer.alloc(lengthBytes);
  if (lengthBytes === 2) extended.writeUInt16BE(Number(length));
  if (lengthBytes === 8) extended.writeBigUInt64BE(length);
  const short = lengthBytes === 0 ? Number(length) : lengthBytes === 2 ? 126 : 127;
  const head = Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode, (masked ? 0x80 : 0) | short]);
  if (!masked) return Buffer.concat([head, extended, payload]);
  const mask = randomBytes(4);
  const hidden = Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] as number)));
  return Buffer.concat([head, extended, mask, hidden]);
}

export const closeFrame = (code: number | undefined, reason: string | Uint8Array = ""): Buffer => {
  const number = Buffer.alloc(code === undefined ? 0 : 2);
  if (code !== undefined) number.writeUInt16BE(code);
  return frameOf({ opcode: opcodes.close, payload: Buffer.concat([number, Buffer.from(reason)]) });
};

export type ServerFrame = { opcode: number; rsv: number; payload: Buffer };

export type Wire = {
  readonly socket: Socket;
  /** Everything the server wrote. */
  readonly text: () => string;
  readonly frames: () => readonly ServerFrame[];
  write(bytes: string | Uint8Array): void;
  /** Whether the server ended the connection within this time. */
  endsWithin(limitMs: number): Promise<boolean>;
  destroy(): void;
};

/** A TCP connection that has said nothing. */
export async function openTcp(url: string): Promise<Wire> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const ended = new Promise<void>((resolve) => {
    socket.on("close", () => resolve());
    socket.on("end", () => resolve());
  });
  socket.on("error", () => undefined);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => void chunks.push(chunk));
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return {
    socket,
    text: () => Buffer.concat(chunks).toString("latin1"),
    frames: () => parseFrames(Buffer.concat(chunks)),
    write: (bytes) => void (socket.destroyed || socket.write(bytes)),
    endsWithin: (limitMs) => Promise.race([ended.then(() => true), Bun.sleep(limitMs).then(() => false)]),
    destroy: () => socket.destroy(),
  };
}

export function handshake(url: string, more: readonly string[] = [], leaveOut: readonly string[] = []): string {
  const lines = [
    `Host: ${new URL(url).host}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    "Sec-WebSocket-Version: 13",
  ].filter((line) => !leaveOut.some((name) => line.startsWith(`${name}:`)));
  return ["GET /v1/socket HTTP/1.1", ...lines, ...more, "", ""].join("\r\n");
}

/** A connection past its handshake. */
export async function openWire(url: string, more: readonly string[] = []): Promise<Wire> {
  const wire = await openTcp(url);
  wire.write(handshake(url, more));
  await wait(() => wire.text().includes("\r\n\r\n"), "an answer to the handshake");
  if (!wire.text().startsWith("HTTP/1.1 101")) throw new Error(wire.text());
  return wire;
}

/** The first line of the answer to whatever was asked. */
export async function statusOf(wire: Wire, limitMs = 5_000): Promise<number> {
  await wait(() => wire.text().includes("\r\n") || wire.socket.destroyed || wire.socket.readableEnded, "a", limitMs);
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(wire.text())?.[1] ?? 0);
}

export async function wait(fits: () => boolean, what: string, limitMs = 5_000): Promise<void> {
  const giveUpAt = Date.now() + limitMs;
  while (!fits()) {
    if (Date.now() > giveUpAt) throw new Error(`waited in vain for ${what}`);
    await Bun.sleep(2);
  }
}

/** The close code the server sent, if it did. */
export function closeCodeOf(wire: Wire): number | undefined {
  const close = wire.frames().find((frame) => frame.opcode === opcodes.close);
  return close && close.payload.length >= 2 ? close.payload.readUInt16BE() : undefined;
}

export const jsonFrames = (wire: Wire): { t: string }[] =>
  wire
    .frames()
    .filter((frame) => frame.opcode === opcodes.text)
    .map((frame) => JSON.parse(frame.payload.toString()));

function parseFrames(bytes: Buffer): ServerFrame[] {
  const frames: ServerFrame[] = [];
  let at = bytes.indexOf("\r\n\r\n") + 4;
  while (at >= 4 && at + 2 <= bytes.length) {
    const [first = 0, second = 0] = bytes.subarray(at);
    const short = second & 127;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (at + 2 + lengthBytes > bytes.length) break;
    const length =
      lengthBytes === 2
        ? bytes.readUInt16BE(at + 2)
        : lengthBytes === 8
          ? Number(bytes.readBigUInt64BE(at + 2))
          : short;
    const start = at + 2 + lengthBytes;
    if (start + length > bytes.length) break;
    frames.push({ opcode: first & 15, rsv: (first >> 4) & 7, payload: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return frames;
}
