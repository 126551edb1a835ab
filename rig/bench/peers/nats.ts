import { freePort } from "../../server-process.ts";
import { inParallel, type Side } from "../side.ts";
import type { Opener } from "../workload.ts";
import { needProgram, startPeer } from "./process.ts";
import { openWire, type Wire } from "./wire.ts";

const connectAtOnce = 100;
const subject = "all";

/** nats-server, core: a publish is acknowledged by the answer to a PING behind it, which says "taken", not "kept". */
export const nats: Opener = {
  name: "nats-server",
  async open(): Promise<Side> {
    needProgram("nats-server", "nats-server");
    const port = await freePort();
    const server = await startPeer(["nats-server", "-a", "127.0.0.1", "-p", String(port)], port);
    let wires: Wire[] = [];
    const pinged: number[][] = [];
    return {
      name: "nats-server",
      durability: "D0",
      pid: server.pid,
      usesDatabase: false,
      delivers: true,
      prepare: async () => undefined,
      async connect({ seats }, hear) {
        wires = new Array(seats.length);
        await inParallel(seats, connectAtOnce, async (_, device) => {
          pinged[device] = [];
          let received = 0;
          const { promise, resolve } = Promise.withResolvers<void>();
          const onPong = () => {
            const message = pinged[device]?.shift();
            if (message === undefined) resolve();
            else hear.acked(message);
          };
          const onMessage = (message: number) => hear.delivered(device, message, ++received);
          const wire = await openWire(
            port,
            (bytes, own) => takeFrames(bytes, own, onPong, onMessage),
            () => hear.lost(device, "closed"),
          );
          wires[device] = wire;
          wire.write(`CONNECT {"verbose":false,"pedantic":false,"echo":true}\r\nSUB ${subject} 1\r\nPING\r\n`);
          await promise;
        });
      },
      send(device, message, text) {
        pinged[device]?.push(message);
        wires[device]?.write(`PUB ${subject} ${Buffer.byteLength(text)}\r\n${text}\r\nPING\r\n`);
      },
      disconnect() {
        for (const wire of wires) wire.end();
        wires = [];
      },
      stored: async () => undefined,
      close: server.stop,
    };
  },
};

const code = { M: 77, P: 80, I: 73, O: 79 } as const;

function takeFrames(bytes: Buffer, wire: Wire, onPong: () => void, onMessage: (message: number) => void): number {
  let at = 0;
  for (;;) {
    const end = bytes.indexOf("\r\n", at);
    if (end < 0) return at;
    if (bytes[at] === code.M) {
      const size = Number(bytes.toString("latin1", bytes.lastIndexOf(32, end) + 1, end));
      if (bytes.length < end + 2 + size + 2) return at;
      onMessage(Number.parseInt(bytes.toString("latin1", end + 2, end + 14), 10));
      at = end + 2 + size + 2;
      continue;
    }
    if (bytes[at] === code.P && bytes[at + 1] === code.O) onPong();
    else if (bytes[at] === code.P && bytes[at + 1] === code.I) wire.write("PONG\r\n");
    at = end + 2;
  }
}
