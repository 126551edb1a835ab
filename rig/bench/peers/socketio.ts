import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { connectionOf } from "../../../server/src/embedded/url.ts";
import { freePort } from "../../server-process.ts";
import type { BenchDatabase } from "../database.ts";
import { hashOf } from "../people.ts";
import { type Hearing, inParallel, numberAfter, type People, type Seat, type Side, textOf } from "../side.ts";
import type { Opener } from "../workload.ts";
import { startPeer } from "./process.ts";

const app = fileURLToPath(new URL("apps/socketio.mjs", import.meta.url));
const connectAtOnce = 100;
const receiptEveryMs = 300;

/** The peer on Node, as it is usually run. Its devices speak Socket.IO's wire themselves, so that the load costs the same. */
export type SocketIoOptions = { readonly receipts?: boolean; readonly storedItems?: number };

export const socketIo = (options: SocketIoOptions = {}): Opener => ({
  name: "socketio-insert",
  open: async (database) => openSocketIo(await database(), options),
});

async function openSocketIo(database: BenchDatabase, options: SocketIoOptions): Promise<Side> {
  const { receipts = false, storedItems = 0 } = options;
  const port = await freePort();
  const { url, path = "" } = connectionOf(database.url);
  const server = await startPeer(["node", app, url, path, String(port)], port);
  let devices: SocketIoDevice[] = [];
  const one = (device: number) => devices[device] as SocketIoDevice;
  return {
    name: "socketio-insert",
    durability: "D2",
    pid: server.pid,
    usesDatabase: true,
    delivers: true,
    prepare: (people) => insert(database, people, storedItems),
    async connect(people, hear) {
      devices = people.seats.map((seat, index) => new SocketIoDevice(port, seat, index, hear, receipts));
      await inParallel(devices, connectAtOnce, (device) => device.open());
    },
    send: (device, message, text) => one(device).message(message, text),
    type: (device, on) => one(device).type(on),
    cut: (device) => one(device).cut(),
    resume: (device) => one(device).resume(),
    history: (device, items) => one(device).ask("history", { limit: items }),
    catchUp: (device, events) => one(device).ask("since", { last: events }),
    disconnect() {
      for (const device of devices) device.close();
      devices = [];
    },
    async stored() {
      const [row] = await database.sql<{ rows: number; distinct: number }[]>`
        select count(*)::integer as rows, count(distinct client_id)::integer as distinct from message`;
      return row ?? { rows: 0, distinct: 0 };
    },
    close: server.stop,
  };
}

async function insert({ sql }: BenchDatabase, { seats }: People, storedItems: number): Promise<void> {
  await sql`insert into device (token_hash, account)
    select decode(hash, 'hex'), account from unnest(${seats.map((s) => hashOf(s.token).toString("hex"))}::text[],
      ${seats.map((s) => s.account)}::text[]) as given(hash, account)`;
  await sql`insert into member (account, conversation)
    select distinct * from unnest(${seats.map((s) => s.account)}::text[], ${seats.map((s) => s.conversation)}::text[])`;
  for (const [conversation, author] of new Map(seats.map((seat) => [seat.conversation, seat.account])))
    if (storedItems > 0)
      await sql`insert into message (conversation, author, client_id, body)
        select ${conversation}, ${author}, gen_random_uuid(), ${textOf(0)} from generate_series(1, ${storedItems}::integer)`;
  await sql`analyze`;
}

/** Engine.IO 4 and Socket.IO 5 by hand: `0` open, `2`/`3` ping and pong, `40` connect, `42` event, `43` acknowledgement. */
class SocketIoDevice {
  readonly #port: number;
  readonly #seat: Seat;
  readonly #index: number;
  readonly #hear: Hearing;
  readonly #receipts: boolean;
  #socket: (WebSocket & { terminate(): void }) | undefined;
  #last = 0;
  #receipt: ReturnType<typeof setTimeout> | undefined;
  /** Acknowledgement numbers of questions are above those of messages. */
  readonly #questions = new Map<number, (rows: { id: number; text: string }[]) => void>();
  #nextQuestion = 1_000_000_000;
  /** After a cut, what comes live waits for what was missed. */
  #waiting: string[] | undefined;

  constructor(port: number, seat: Seat, index: number, hear: Hearing, receipts: boolean) {
    this.#port = port;
    this.#seat = seat;
    this.#index = index;
    this.#hear = hear;
    this.#receipts = receipts;
  }

  open(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const url = `ws://127.0.0.1:${this.#port}/socket.io/?EIO=4&transport=websocket`;
    const socket = new WebSocket(url) as WebSocket & { terminate(): void };
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const frame = data as string;
      if (frame.startsWith("42")) this.#event(frame);
      else if (frame.startsWith("43")) this.#answered(frame);
      else if (frame === "2") socket.send("3");
      else if (frame.startsWith("0")) socket.send(`40${JSON.stringify({ token: this.#seat.token })}`);
      else if (frame.startsWith("40")) resolve();
      else if (frame.startsWith("44")) reject(new Error(frame));
    };
    socket.onclose = ({ code, reason }) => {
      reject(new Error(`a device of the peer was closed: ${code} ${reason}`));
      this.#hear.lost(this.#index, `${code} ${reason}`);
    };
    return promise;
  }

  #event(frame: string): void {
    if (frame.startsWith('42["typing"')) return this.#hear.signalled();
    if (!frame.startsWith('42["message"')) return;
    if (this.#waiting) this.#waiting.push(frame);
    else this.#show(numberAfter(frame, '"text":"'), numberAfter(frame, '"id":'));
  }

  #show(message: number, id: number): void {
    this.#last = Math.max(this.#last, id);
    this.#hear.delivered(this.#index, message, id);
    if (this.#receipts) this.#receipt ??= setTimeout(() => this.#report(), receiptEveryMs);
  }

  #report(): void {
    this.#receipt = undefined;
    this.#send("", "delivered", { conversation: this.#seat.conversation, id: this.#last });
  }

  #answered(frame: string): void {
    const number = numberAfter(frame, "43");
    const question = this.#questions.get(number);
    if (question) {
      this.#questions.delete(number);
      return question((JSON.parse(frame.slice(frame.indexOf("["))) as [{ rows?: [] }])[0].rows ?? []);
    }
    if (frame.includes('"error"')) this.#hear.refused(number, frame);
    else this.#hear.acked(number);
  }

  #send(number: number | "", event: string, body: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(`42${number}${JSON.stringify([event, body])}`);
  }

  message(message: number, text: string): void {
    this.#send(message, "send", { conversation: this.#seat.conversation, clientId: randomUUID(), text });
  }

  type(on: boolean): void {
    this.#send("", "typing", { conversation: this.#seat.conversation, on });
  }

  #rows(event: string, body: object): Promise<{ id: number; text: string }[]> {
    const number = this.#nextQuestion++;
    const { promise, resolve } = Promise.withResolvers<{ id: number; text: string }[]>();
    this.#questions.set(number, resolve);
    this.#send(number, event, { conversation: this.#seat.conversation, ...body });
    return promise;
  }

  async ask(event: string, body: object): Promise<number> {
    return (await this.#rows(event, body)).length;
  }

  /** What a careful app does by hand: after connecting it asks for what came after the last id it has. */
  async resume(): Promise<void> {
    this.#waiting = [];
    await this.open();
    for (const { id, text } of await this.#rows("since", { id: this.#last })) this.#show(Number.parseInt(text, 10), id);
    const frames = this.#waiting;
    this.#waiting = undefined;
    for (const frame of frames)
      if (numberAfter(frame, '"id":') > this.#last)
        this.#show(numberAfter(frame, '"text":"'), numberAfter(frame, '"id":'));
  }

  cut(): void {
    const socket = this.#socket;
    if (!socket) return;
    socket.onclose = null;
    socket.onmessage = null;
    socket.terminate();
  }

  close(): void {
    clearTimeout(this.#receipt);
    if (this.#socket) this.#socket.onclose = null;
    this.#socket?.close();
  }
}
