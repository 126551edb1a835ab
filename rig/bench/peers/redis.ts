import { freePort } from "../../server-process.ts";
import { inParallel, type Seat, type Side } from "../side.ts";
import type { Opener } from "../workload.ts";
import { needProgram, peerDirectory, startPeer } from "./process.ts";
import { openWire, type Wire } from "./wire.ts";

const connectAtOnce = 100;

/** The store alone, a bound: `XADD` to a stream for each conversation, flushed each time (`appendfsync always`). */
export const redis: Opener = {
  name: "redis-xadd",
  async open(): Promise<Side> {
    needProgram("redis-server", "redis-server");
    const port = await freePort();
    const directory = peerDirectory("redis");
    const server = await startPeer(
      [
        ...["redis-server", "--port", String(port), "--bind", "127.0.0.1", "--dir", directory.path, "--save", ""],
        ...["--appendonly", "yes", "--appendfsync", "always", "--maxclients", "15000"],
      ],
      port,
    );
    let seats: readonly Seat[] = [];
    let wires: Wire[] = [];
    /** Messages of each device that are not answered, in order. */
    let waiting: number[][] = [];
    return {
      name: "redis-xadd",
      durability: "D2",
      pid: server.pid,
      usesDatabase: false,
      delivers: false,
      prepare: async () => undefined,
      async connect(people, hear) {
        seats = people.seats;
        waiting = seats.map(() => []);
        wires = new Array(seats.length);
        await inParallel(seats, connectAtOnce, async (_, device) => {
          const onReply = (reply: string) => {
            const message = waiting[device]?.shift() ?? -1;
            if (reply.startsWith("$")) hear.acked(message);
            else hear.refused(message, reply);
          };
          wires[device] = await openWire(
            port,
            (bytes) => takeReplies(bytes, onReply),
            () => hear.lost(device, "closed"),
          );
        });
      },
      send(device, message, text) {
        waiting[device]?.push(message);
        wires[device]?.write(command(["XADD", seats[device]?.conversation ?? "", "*", "text", text]));
      },
      disconnect() {
        for (const wire of wires) wire.end();
        wires = [];
      },
      async stored() {
        const streams = [...new Set(seats.map(({ conversation }) => conversation))];
        const rows = await countRows(port, streams);
        return { rows, distinct: rows };
      },
      async close() {
        await server.stop();
        directory.remove();
      },
    };
  },
};

const command = (words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;

/** Replies of one line (`:1`, `+OK`, `-ERR`) or of a length and that many bytes. */
function takeReplies(bytes: Buffer, onReply: (head: string) => void): number {
  let at = 0;
  for (;;) {
    const end = bytes.indexOf("\r\n", at);
    if (end < 0) return at;
    const head = bytes.toString("latin1", at, end);
    const next = end + 2 + (head.startsWith("$") ? Number(head.slice(1)) + 2 : 0);
    if (next > bytes.length) return at;
    onReply(head);
    at = next;
  }
}

async function countRows(port: number, streams: readonly string[]): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let rows = 0;
  let left = streams.length;
  const onReply = (head: string) => {
    rows += Number(head.slice(1));
    if (--left === 0) resolve(rows);
  };
  const wire = await openWire(
    port,
    (bytes) => takeReplies(bytes, onReply),
    () => resolve(rows),
  );
  wire.write(streams.map((stream) => command(["XLEN", stream])).join(""));
  const found = await promise;
  wire.end();
  return found;
}
