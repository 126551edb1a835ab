import { randomBytes } from "node:crypto";
import { makeCommandId } from "@aftercare/protocol";
import { createApi, socketUrl } from "../client.ts";
import { freePort, ServerProcess } from "../server-process.ts";
import type { BenchDatabase } from "./database.ts";
import { onTestedCore } from "./machine.ts";
import { insertAftercare } from "./people.ts";
import { type Hearing, inParallel, numberAfter, type People, type Side } from "./side.ts";

/** As shipped, but for the rates, which are set for people. */
const env = {
  AFTERCARE_DEMO: "false",
  AFTERCARE_LOG_LEVEL: "error",
  AFTERCARE_RATE_ACCOUNT_PER_SECOND: "100000",
  AFTERCARE_RATE_ACCOUNT_BURST: "1000000",
  AFTERCARE_RATE_ADDRESS_PER_SECOND: "1000000",
  AFTERCARE_RATE_ADDRESS_BURST: "10000000",
};
const beatEveryMs = 15_000;
const connectAtOnce = 100;
const connectTimeoutMs = 60_000;

export async function openAftercare(database: BenchDatabase, runtime: readonly string[] = []): Promise<Side> {
  const server = new ServerProcess({
    port: await freePort(),
    env: { ...env, DATABASE_URL: database.url },
    before: onTestedCore,
    runtime,
  });
  await server.start();
  const api = createApi(server.url);
  let sockets: WebSocket[] = [];
  let seats: People["seats"] = [];
  let beats: ReturnType<typeof setInterval> | undefined;

  return {
    name: "aftercare",
    durability: "D2",
    pid: server.pid,
    prepare: (people) => insertAftercare(database.sql, people),
    async connect(people, hear) {
      seats = people.seats;
      sockets = new Array(seats.length);
      // From the first on: connecting them all may take longer than the server waits for a sign of life.
      beats = beatInTurn(sockets);
      await inParallel(seats, connectAtOnce, async (seat, device) => {
        const { ticket } = await api.ticket(seat.token);
        sockets[device] = await open(socketUrl(server.url), ticket, seat.conversation, device, hear);
      });
    },
    send(device, message, text) {
      const stream = seats[device]?.conversation;
      const body = { parts: [{ type: "text", text }] };
      const command = { id: idOf(message), type: "message.send", stream, body };
      sockets[device]?.send(JSON.stringify({ t: "command", command }));
    },
    disconnect() {
      clearInterval(beats);
      for (const socket of sockets) {
        socket.onclose = null;
        socket.close();
      }
      sockets = [];
    },
    async stored() {
      const [row] = await database.sql<{ rows: number; distinct: number }[]>`
        select count(*)::integer as rows, count(distinct command_id)::integer as distinct
        from event where type = 'message.sent'`;
      return row ?? { rows: 0, distinct: 0 };
    },
    async close() {
      await server.signal("SIGTERM");
    },
  };
}

/** A UUIDv7 whose last twelve digits are the message's number. */
const idOf = (message: number): string =>
  makeCommandId(Date.now(), randomBytes(10)).slice(0, 24) + message.toString(16).padStart(12, "0");

/** Each device says every 15 s that it is there; not all in the same moment. */
function beatInTurn(sockets: readonly WebSocket[]): ReturnType<typeof setInterval> {
  const turns = 50;
  let turn = 0;
  return setInterval(() => {
    for (let i = turn; i < sockets.length; i += turns) sockets[i]?.send('{"t":"beat"}');
    turn = (turn + 1) % turns;
  }, beatEveryMs / turns);
}

/** Resolves when the conversation is live for this device. */
function open(url: string, ticket: string, conversation: string, device: number, hear: Hearing): Promise<WebSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  const socket = new WebSocket(url);
  const timer = setTimeout(() => reject(new Error("a device did not get in")), connectTimeoutMs);
  const live = `{"t":"live","stream":"${conversation}"`;
  socket.onopen = () =>
    socket.send(JSON.stringify({ t: "hello", versions: [1], ticket, cursors: [{ stream: conversation }] }));
  socket.onmessage = ({ data }) => {
    const frame = data as string;
    if (frame.startsWith('{"t":"event"'))
      return hear.delivered(device, numberAfter(frame, '"text":"'), numberAfter(frame, '"seq":'));
    if (frame.startsWith('{"t":"ack"')) return hear.acked(Number.parseInt(frame.slice(48, 60), 16));
    if (frame.startsWith(live)) {
      clearTimeout(timer);
      resolve(socket);
    } else if (frame.startsWith('{"t":"events"')) {
      const { stream, events } = JSON.parse(frame) as { stream: string; events: object[] };
      if (stream !== conversation) return;
      for (const event of events) {
        const text = JSON.stringify(event);
        hear.delivered(device, numberAfter(text, '"text":"'), numberAfter(text, '"seq":'));
      }
    } else if (frame.startsWith('{"t":"refused"')) {
      const { id, refusal } = JSON.parse(frame) as { id: string; refusal: { code: string } };
      hear.refused(Number.parseInt(id.slice(24), 16), refusal.code);
    }
  };
  socket.onclose = ({ code, reason }) => {
    reject(new Error(`a device was closed: ${code} ${reason}`));
    hear.lost(device, `${code} ${reason}`);
  };
  return promise;
}
