import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { connectionOf } from "../../server/src/embedded/url.ts";
import { freePort } from "../server-process.ts";
import type { BenchDatabase } from "./database.ts";
import { onTestedCore } from "./machine.ts";
import { hashOf } from "./people.ts";
import { type Hearing, inParallel, numberAfter, type People, type Side } from "./side.ts";

const app = fileURLToPath(new URL("peers/socketio/app.mjs", import.meta.url));
const readyTimeoutMs = 30_000;
const connectAtOnce = 100;

/** The peer on Node, as it is usually run. Its devices speak Socket.IO's wire themselves, so that the load costs the same. */
export async function openSocketIo(database: BenchDatabase): Promise<Side> {
  const port = await freePort();
  const child = await start(database.url, port);
  let sockets: WebSocket[] = [];
  let seats: People["seats"] = [];
  return {
    name: "socketio-insert",
    durability: "D2",
    pid: child.pid ?? 0,
    async prepare(people) {
      const all = people.seats;
      await database.sql`insert into account (id, token_hash)
        select id, decode(hash, 'hex') from unnest(${all.map((s) => s.account)}::text[],
          ${all.map((s) => hashOf(s.token).toString("hex"))}::text[]) as given(id, hash)`;
      await database.sql`insert into member (account, conversation)
        select * from unnest(${all.map((s) => s.account)}::text[], ${all.map((s) => s.conversation)}::text[])`;
      await database.sql`analyze`;
    },
    async connect(people, hear) {
      seats = people.seats;
      sockets = new Array(seats.length);
      await inParallel(seats, connectAtOnce, async ({ token }, device) => {
        sockets[device] = await open(port, token, device, hear);
      });
    },
    send(device, message, text) {
      const body = { conversation: seats[device]?.conversation, clientId: randomUUID(), text };
      sockets[device]?.send(`42${message}${JSON.stringify(["send", body])}`);
    },
    disconnect() {
      for (const socket of sockets) {
        socket.onclose = null;
        socket.close();
      }
      sockets = [];
    },
    async stored() {
      const [row] = await database.sql<{ rows: number; distinct: number }[]>`
        select count(*)::integer as rows, count(distinct client_id)::integer as distinct from message`;
      return row ?? { rows: 0, distinct: 0 };
    },
    async close() {
      const ended = new Promise((resolve) => child.on("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function start(databaseUrl: string, port: number): Promise<ChildProcess> {
  const { url, path = "" } = connectionOf(databaseUrl);
  const [file = "", ...words] = [...onTestedCore, "node", app, url, path, String(port)];
  const child = spawn(file, words, { stdio: ["ignore", "ignore", "inherit"] });
  process.on("exit", () => child.kill("SIGKILL"));
  for (const startedAt = Date.now(); ; await sleep(50)) {
    const ready = await fetch(`http://127.0.0.1:${port}/`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return child;
    if (child.exitCode !== null || Date.now() - startedAt > readyTimeoutMs) throw new Error("the peer did not start");
  }
}

/** Engine.IO 4 and Socket.IO 5 by hand: `0` open, `2`/`3` ping and pong, `40` connect, `42` event, `43` acknowledgement. */
function open(port: number, token: string, device: number, hear: Hearing): Promise<WebSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
  socket.onmessage = ({ data }) => {
    const frame = data as string;
    if (frame.startsWith("42")) hear.delivered(device, numberAfter(frame, '"text":"'), numberAfter(frame, '"id":'));
    else if (frame.startsWith("43")) {
      const message = numberAfter(frame, "43");
      if (frame.includes('"error"')) hear.refused(message, frame);
      else hear.acked(message);
    } else if (frame === "2") socket.send("3");
    else if (frame.startsWith("0")) socket.send(`40${JSON.stringify({ token })}`);
    else if (frame.startsWith("40")) resolve(socket);
    else if (frame.startsWith("44")) reject(new Error(frame));
  };
  socket.onclose = ({ code, reason }) => {
    reject(new Error(`a device of the peer was closed: ${code} ${reason}`));
    hear.lost(device, `${code} ${reason}`);
  };
  return promise;
}
