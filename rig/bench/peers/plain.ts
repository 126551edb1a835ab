import { fileURLToPath } from "node:url";
import { freePort } from "../../server-process.ts";
import { inParallel, numberAfter, type Side } from "../side.ts";
import type { Opener } from "../workload.ts";
import { startPeer } from "./process.ts";

const appAt = (file: string) => fileURLToPath(new URL(`apps/${file}`, import.meta.url));
const connectAtOnce = 100;

/** Plain WebSockets in a room for each conversation, without sign-in or store: what the runtimes themselves cost. */
const plain = (name: string, words: readonly string[]): Opener => ({
  name,
  async open(): Promise<Side> {
    const port = await freePort();
    const server = await startPeer([...words, String(port)], port);
    let sockets: WebSocket[] = [];
    return {
      name,
      durability: "D0",
      pid: server.pid,
      usesDatabase: false,
      delivers: true,
      prepare: async () => undefined,
      async connect({ seats }, hear) {
        sockets = new Array(seats.length);
        await inParallel(seats, connectAtOnce, async ({ conversation }, device) => {
          const socket = new WebSocket(`ws://127.0.0.1:${port}/${conversation}`);
          sockets[device] = socket;
          socket.onmessage = ({ data }) => {
            const frame = data as string;
            if (frame.startsWith("a")) hear.acked(numberAfter(frame, "a"));
            else hear.delivered(device, numberAfter(frame, '"text":"'), numberAfter(frame, '"id":'));
          };
          await new Promise<void>((resolve, reject) => {
            socket.onopen = () => resolve();
            socket.onclose = ({ code }) => {
              reject(new Error(`${name} closed a device: ${code}`));
              hear.lost(device, `${code}`);
            };
          });
        });
      },
      send: (device, n, text) => sockets[device]?.send(JSON.stringify({ n, text })),
      disconnect() {
        for (const socket of sockets) {
          socket.onclose = null;
          socket.close();
        }
        sockets = [];
      },
      stored: async () => undefined,
      close: server.stop,
    };
  },
});

export const ws = plain("ws", ["node", appAt("ws.mjs")]);
export const bunPublish = plain("bun-publish", [process.execPath, appAt("bun-publish.ts")]);
