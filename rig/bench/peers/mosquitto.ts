import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../server-process.ts";
import { inParallel, type Side } from "../side.ts";
import type { Opener } from "../workload.ts";
import { needProgram, peerDirectory, startPeer } from "./process.ts";
import { openWire, type Wire } from "./wire.ts";

const connectAtOnce = 100;
const topic = "all";
/** First bytes of MQTT 3.1.1 packets. */
const packet = { connect: 0x10, connack: 0x20, publish: 0x32, puback: 0x40, subscribe: 0x82, suback: 0x90 } as const;

/**
 * mosquitto with persistence, everything at QoS 1. D0 all the same: it writes its memory to the disk now and then, and
 * acknowledges before.
 */
export const mosquitto: Opener = {
  name: "mosquitto-qos1",
  async open(): Promise<Side> {
    needProgram("mosquitto", "mosquitto");
    const port = await freePort();
    const directory = peerDirectory("mosquitto");
    const config = join(directory.path, "mosquitto.conf");
    const lines = [
      ...[`listener ${port} 127.0.0.1`, "allow_anonymous true", "user root", "log_dest none"],
      ...["persistence true", `persistence_location ${directory.path}/`, "autosave_interval 1"],
      ...["max_inflight_messages 0", "max_queued_messages 0"],
    ];
    writeFileSync(config, `${lines.join("\n")}\n`);
    const server = await startPeer(["/usr/sbin/mosquitto", "-c", config], port);
    let wires: Wire[] = [];
    /** Packet ids have 16 bits; the message of each is remembered until its acknowledgement. */
    const sent: Map<number, number>[] = [];
    let nextId = 0;
    return {
      name: "mosquitto-qos1",
      durability: "D0",
      pid: server.pid,
      usesDatabase: false,
      delivers: true,
      prepare: async () => undefined,
      async connect({ seats }, hear) {
        wires = new Array(seats.length);
        await inParallel(seats, connectAtOnce, async (_, device) => {
          sent[device] = new Map();
          let received = 0;
          const { promise, resolve } = Promise.withResolvers<void>();
          const on = (kind: number, body: Buffer, wire: Wire) => {
            if (kind === packet.connack) wire.write(framed(packet.subscribe, [idBytes(1), named(topic), Buffer.of(1)]));
            else if (kind === packet.suback) resolve();
            else if (kind === packet.puback) hear.acked(takeSent(sent[device], body.readUInt16BE(0)));
            else if ((kind & 0xf0) === 0x30) {
              const at = 2 + body.readUInt16BE(0);
              wire.write(framed(packet.puback, [body.subarray(at, at + 2)]));
              hear.delivered(device, Number.parseInt(body.toString("latin1", at + 2, at + 14), 10), ++received);
            }
          };
          const wire = await openWire(
            port,
            (bytes, own) => takePackets(bytes, own, on),
            () => hear.lost(device, "closed"),
          );
          wires[device] = wire;
          // Protocol "MQTT" level 4, clean session, no keep-alive.
          wire.write(framed(packet.connect, [named("MQTT"), Buffer.of(4, 2, 0, 0), named(`device-${device}`)]));
          await promise;
        });
      },
      send(device, message, text) {
        nextId = (nextId % 65_535) + 1;
        sent[device]?.set(nextId, message);
        wires[device]?.write(framed(packet.publish, [named(topic), idBytes(nextId), Buffer.from(text)]));
      },
      disconnect() {
        for (const wire of wires) wire.end();
        wires = [];
      },
      stored: async () => undefined,
      async close() {
        await server.stop();
        directory.remove();
      },
    };
  },
};

const idBytes = (id: number): Buffer => Buffer.of(id >> 8, id & 0xff);
const named = (text: string): Buffer => Buffer.concat([idBytes(Buffer.byteLength(text)), Buffer.from(text)]);

function takeSent(sent: Map<number, number> | undefined, id: number): number {
  const message = sent?.get(id) ?? -1;
  sent?.delete(id);
  return message;
}

/** The length stands in groups of seven bits, the lowest first. */
function framed(first: number, parts: readonly Buffer[]): Buffer {
  const head = [first];
  let length = parts.reduce((sum, part) => sum + part.length, 0);
  do {
    head.push((length & 0x7f) | (length > 0x7f ? 0x80 : 0));
    length >>= 7;
  } while (length > 0);
  return Buffer.concat([Buffer.from(head), ...parts]);
}

function takePackets(bytes: Buffer, wire: Wire, on: (kind: number, body: Buffer, wire: Wire) => void): number {
  for (let at = 0; ; ) {
    let length = 0;
    let next = at + 1;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[next++];
      if (byte === undefined) return at;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (next + length > bytes.length) return at;
    on(bytes[at] ?? 0, bytes.subarray(next, next + length), wire);
    at = next + length;
  }
}
