import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Ack, type Credential, type Event, limits, makeCommandId, type Ticket } from "@aftercare/protocol";

/** The server's public face as a plain program uses it, without the SDK: what faults and benchmarks stand on. */
export type Api = {
  readonly url: string;
  newCustomer(name: string): Promise<Credential>;
  signIn(login: string, password: string): Promise<Credential>;
  ticket(token: string): Promise<Ticket>;
  command(token: string, command: Command): Promise<Answer>;
  get(token: string, path: string): Promise<{ status: number; body: unknown }>;
};

export type Command = { id: string; type: string; stream?: string; body: object };
export type Answer = { ack: Ack } | { refusal: { code: string; retryAfterMs?: number } };

const requestTimeoutMs = 5_000;

export const newCommandId = (): string => makeCommandId(Date.now(), randomBytes(10));

export const socketUrl = (url: string): string => `${url.replace(/^http/, "ws")}/v1/socket`;

export function createApi(url: string): Api {
  async function call(method: "GET" | "POST", path: string, token?: string, body?: object) {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body && { "content-type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    return { status: response.status, body: (await response.json()) as unknown };
  }

  async function must<T>(path: string, body: object, token?: string): Promise<T> {
    const answer = await call("POST", path, token, body);
    if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  }

  return {
    url,
    newCustomer: (name) => must("/v1/customers", { name }),
    signIn: (login, password) => must("/v1/sign-in", { login, password }),
    ticket: (token) => must("/v1/ticket", {}, token),
    async command(token, command) {
      const { status, body } = await call("POST", "/v1/commands", token, command);
      return status < 300 ? { ack: body as Ack } : (body as Answer);
    },
    get: (token, path) => call("GET", path, token),
  };
}

/** Tries until it works: for what must succeed while servers come and go. */
export async function persist<T>(work: () => Promise<T>, limitMs = 60_000): Promise<T> {
  for (const startedAt = Date.now(); ; ) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() - startedAt > limitMs) throw error;
      await sleep(50);
    }
  }
}

/** One stream as a device knows it: what came, in the order it came. */
export type Track = {
  epoch: number | undefined;
  seq: number | undefined;
  /** What the device holds, by seq. */
  readonly events: Map<number, Event>;
  /** Seqs in the order in which they were shown. */
  readonly shown: number[];
  live: boolean;
  gone: boolean;
};

/** A command of a device, from the first try to the answer. */
export type Sending = {
  readonly command: Command;
  /** Every answer that came; all of them must be the same. */
  readonly acks: Ack[];
  refusal?: string;
  tries: number;
};

export type DeviceOptions = {
  readonly api: () => Api;
  readonly credential: Credential;
  readonly name: string;
  readonly streams: readonly string[];
  /** A chance source for backoff. */
  readonly unit: () => number;
  /** Where to open the socket, when not at the API's own address. */
  readonly socketUrl?: () => string;
  readonly heartbeatMs?: number;
};

type Frame = { t: string; [field: string]: unknown };

const closeNormal = 1000;

/**
 * One device with one socket: reconnects, resumes by its cursors, sends each command under the same id until it is
 * acknowledged, and writes down every breach of the sync contract it sees.
 */
export class Device {
  readonly tracks = new Map<string, Track>();
  readonly sendings = new Map<string, Sending>();
  readonly breaches: string[] = [];
  readonly closes: { code: number; reason: string }[] = [];
  readonly name: string;
  readonly account: string;
  readonly token: string;
  connects = 0;
  state: "off" | "connecting" | "online" = "off";
  /** Called after every answer, so that the next command can follow. */
  onAnswer: () => void = () => undefined;
  readonly #options: DeviceOptions;
  #socket: WebSocket | undefined;
  #unanswered = new Set<string>();
  #reads = new Map<number, (frame: Frame) => void>();
  #nextRead = 1;
  #heardAt = 0;
  #beat: ReturnType<typeof setInterval> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #paused = false;

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.name = options.name;
    this.account = options.credential.account;
    this.token = options.credential.token;
    for (const stream of options.streams) this.#track(stream);
  }

  get unanswered(): number {
    return this.#unanswered.size;
  }

  start(): void {
    this.#paused = false;
    void this.#connect();
  }

  stop(): void {
    this.#paused = true;
    clearTimeout(this.#retry);
    this.#drop(closeNormal);
  }

  /** Sends a message, now or as soon as there is a connection. */
  send(stream: string, text: string): string {
    const command = { id: newCommandId(), type: "message.send", stream, body: { parts: [{ type: "text", text }] } };
    return this.submit(command);
  }

  submit(command: Command): string {
    this.sendings.set(command.id, { command, acks: [], tries: 0 });
    this.#unanswered.add(command.id);
    if (this.state === "online") this.#write(command.id);
    return command.id;
  }

  /** A read over the socket; undefined when the connection ends before the answer. */
  async read(read: object): Promise<Frame | undefined> {
    if (this.state !== "online") return undefined;
    const n = this.#nextRead++;
    const { promise, resolve } = Promise.withResolvers<Frame | undefined>();
    this.#reads.set(n, resolve);
    this.#sendFrame({ t: "read", n, read });
    return promise;
  }

  #track(stream: string): Track {
    let track = this.tracks.get(stream);
    if (!track) {
      track = { epoch: undefined, seq: undefined, events: new Map(), shown: [], live: false, gone: false };
      this.tracks.set(stream, track);
    }
    return track;
  }

  #breach(text: string): void {
    this.breaches.push(`${this.name}: ${text}`);
  }

  async #connect(): Promise<void> {
    if (this.#paused || this.state !== "off") return;
    this.state = "connecting";
    let ticket: string;
    try {
      ({ ticket } = await this.#options.api().ticket(this.token));
    } catch {
      this.state = "off";
      return this.#again();
    }
    if (this.#paused) {
      this.state = "off";
      return;
    }
    const socket = new WebSocket(this.#options.socketUrl?.() ?? socketUrl(this.#options.api().url));
    this.#socket = socket;
    this.#heardAt = Date.now();
    socket.onopen = () => this.#sendFrame({ t: "hello", versions: [1], ticket, cursors: this.#cursors() });
    socket.onmessage = (message) => {
      if (socket !== this.#socket) return;
      this.#heardAt = Date.now();
      this.#take(JSON.parse(String(message.data)) as Frame);
    };
    socket.onclose = ({ code, reason }) => this.#closed(socket, code, reason);
    socket.onerror = () => undefined;
    clearInterval(this.#beat);
    const heartbeatMs = this.#options.heartbeatMs ?? 5_000;
    this.#beat = setInterval(() => this.#heartbeat(heartbeatMs), heartbeatMs);
  }

  /** Says that we are there, and takes a link that was silent for three heartbeats for dead. */
  #heartbeat(heartbeatMs: number): void {
    if (Date.now() - this.#heardAt > Math.min(3 * heartbeatMs, limits.silenceTimeoutMs)) this.#drop(4001);
    else if (this.state === "online") this.#sendFrame({ t: "beat" });
  }

  #drop(code: number): void {
    const socket = this.#socket;
    if (!socket) return;
    this.#closed(socket, code, "dropped by the device");
    // A dead link never finishes a closing handshake.
    if (code === 4001) (socket as WebSocket & { terminate(): void }).terminate();
    else socket.close();
  }

  #closed(socket: WebSocket, code: number, reason: string): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    this.state = "off";
    this.closes.push({ code, reason });
    clearInterval(this.#beat);
    for (const [, resolve] of this.#reads) resolve({ t: "lost" });
    this.#reads.clear();
    for (const track of this.tracks.values()) track.live = false;
    if (code >= 4500 && code < 5000) this.#breach(`closed for good: ${code} ${reason}`);
    this.#again();
  }

  #again(): void {
    if (this.#paused) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#connect(), 20 + 80 * this.#options.unit());
  }

  #cursors(): object[] {
    return [...this.tracks]
      .filter(([, track]) => !track.gone)
      .map(([stream, { epoch, seq }]) => ({ stream, ...(seq !== undefined && { epoch, seq }) }));
  }

  #sendFrame(frame: object): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  #write(id: string): void {
    const sending = this.sendings.get(id);
    if (!sending) return;
    sending.tries++;
    this.#sendFrame({ t: "command", command: sending.command });
  }

  #take(frame: Frame): void {
    switch (frame.t) {
      case "welcome":
        this.state = "online";
        this.connects++;
        // In the order of the first sending, under the same ids.
        for (const id of this.#unanswered) this.#write(id);
        return;
      case "ack":
        return this.#acked(frame.ack as Ack);
      case "refused":
        return this.#refused(String(frame.id), frame.refusal as { code: string; retryAfterMs?: number });
      case "event":
        return this.#show([frame.event as Event], frame.epoch as number);
      case "events":
        return this.#show(frame.events as Event[], frame.epoch as number);
      case "reset":
        return this.#reset(frame.snapshot as { stream: string; epoch: number; seq: number; items?: Event[] });
      case "live":
        return this.#live(frame as Frame & { stream: string; seq: number });
      case "gone":
        this.#track(String(frame.stream)).gone = true;
        return;
      case "answer":
        this.#reads.get(frame.n as number)?.(frame);
        this.#reads.delete(frame.n as number);
        return;
      case "move":
        setTimeout(() => this.#drop(4000), frame.inMs as number);
        return;
      default:
    }
  }

  #acked(ack: Ack): void {
    const sending = this.sendings.get(ack.id);
    if (!sending) return this.#breach(`an answer to a command of somebody else: ${ack.id}`);
    sending.acks.push(ack);
    this.#unanswered.delete(ack.id);
    this.onAnswer();
  }

  #refused(id: string, { code, retryAfterMs = 100 }: { code: string; retryAfterMs?: number }): void {
    const sending = this.sendings.get(id);
    if (!sending) return this.#breach(`a refusal of a command of somebody else: ${id}`);
    if (code === "busy" || code === "rate-limited") {
      const socket = this.#socket;
      setTimeout(() => {
        // After a reconnect it has been sent again already.
        if (socket === this.#socket && this.#unanswered.has(id)) this.#write(id);
      }, retryAfterMs);
      return;
    }
    sending.refusal = code;
    this.#unanswered.delete(id);
    this.onAnswer();
  }

  /** Law 4: nothing across a gap, nothing twice. */
  #show(events: readonly Event[], epoch: number): void {
    for (const event of events) {
      const track = this.#track(event.stream);
      if (track.seq === undefined) this.#breach(`${event.stream}: an event before any snapshot`);
      else if (epoch !== track.epoch) this.#breach(`${event.stream}: an event of another epoch`);
      else if (event.seq !== track.seq + 1) this.#breach(`${event.stream}: ${event.seq} came after ${track.seq}`);
      track.seq = event.seq;
      track.events.set(event.seq, event);
      track.shown.push(event.seq);
    }
  }

  #reset(snapshot: { stream: string; epoch: number; seq: number; items?: Event[] }): void {
    const track = this.#track(snapshot.stream);
    if (track.epoch === snapshot.epoch && (track.seq ?? 0) > snapshot.seq)
      this.#breach(`${snapshot.stream}: a snapshot at ${snapshot.seq} after ${track.seq}`);
    // Law 7: the stream is forgotten, and begins anew with what the snapshot holds.
    track.events.clear();
    track.shown.length = 0;
    track.epoch = snapshot.epoch;
    track.seq = snapshot.seq;
    for (const item of snapshot.items ?? []) track.events.set(item.seq, item);
  }

  #live({ stream, seq }: { stream: string; seq: number }): void {
    const track = this.#track(stream);
    if (track.seq !== seq) this.#breach(`${stream}: live at ${seq}, but what came ends at ${track.seq}`);
    track.live = true;
  }
}
