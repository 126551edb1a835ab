import { inboxOf } from "@aftercare/protocol";
import { type Api, persist, socketUrl } from "../client.ts";
import { type Hearing, numberAfter, type Seat } from "./side.ts";

const connectTimeoutMs = 60_000;
/** As in the SDK. */
const receiptEveryMs = 300;

type BenchSocket = WebSocket & { terminate(): void };

/** A device on one socket and one conversation. It reads frames by their marks: parsing all of them would be the load's cost. */
export class AftercareDevice {
  readonly #api: Api;
  readonly #seat: Seat;
  readonly #index: number;
  readonly #hear: Hearing;
  readonly #receipts: boolean;
  #socket: BenchSocket | undefined;
  #epoch = 0;
  #seq: number | undefined;
  #inbox: { stream: string; epoch: number; seq: number } | undefined;
  #receipt: ReturnType<typeof setTimeout> | undefined;
  #onLive: () => void = () => undefined;
  #onAnswer: (items: number) => void = () => undefined;
  /** While a gap is asked for again, its events are counted, not shown. */
  #counting: number | undefined;

  constructor(api: Api, seat: Seat, index: number, hear: Hearing, receipts: boolean) {
    this.#api = api;
    this.#seat = seat;
    this.#index = index;
    this.#hear = hear;
    this.#receipts = receipts;
  }

  /** Resolves when the conversation is live: everything missed has come. */
  async open(): Promise<void> {
    // A server busy with a thousand arrivals may take its time.
    const { ticket } = await persist(() => this.#api.ticket(this.#seat.token));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = new WebSocket(socketUrl(this.#api.url)) as BenchSocket;
    this.#socket = socket;
    const timer = setTimeout(() => reject(new Error("a device did not get in")), connectTimeoutMs);
    this.#onLive = () => {
      clearTimeout(timer);
      resolve();
    };
    socket.onopen = () => socket.send(JSON.stringify({ t: "hello", versions: [1], ticket, cursors: this.#cursors() }));
    socket.onmessage = ({ data }) => this.#take(data as string);
    socket.onclose = ({ code, reason }) => {
      clearTimeout(timer);
      reject(new Error(`a device was closed: ${code} ${reason}`));
      this.#hear.lost(this.#index, `${code} ${reason}`);
    };
    return promise;
  }

  /** A device that was here before has its inbox too. */
  #cursors(): object[] {
    return [this.#cursor(this.#seq), ...(this.#inbox ? [this.#inbox] : [])];
  }

  #cursor(seq: number | undefined): object {
    return { stream: this.#seat.conversation, ...(seq !== undefined && { epoch: this.#epoch, seq }) };
  }

  #take(frame: string): void {
    // Both `event` and `events`.
    if (frame.startsWith('{"t":"event')) this.#show(frame);
    else if (frame.startsWith('{"t":"ack"')) this.#hear.acked(Number.parseInt(frame.slice(48, 60), 16));
    else if (frame.startsWith('{"t":"signal"')) this.#hear.signalled();
    else if (frame.startsWith('{"t":"live"')) this.#live(frame);
    else if (frame.startsWith('{"t":"answer"')) {
      const { answer } = JSON.parse(frame) as { answer?: { items: unknown[] } };
      this.#onAnswer(answer?.items.length ?? -1);
    } else if (frame.startsWith('{"t":"refused"')) {
      const { id, refusal } = JSON.parse(frame) as { id: string; refusal: { code: string } };
      this.#hear.refused(Number.parseInt(id.slice(24), 16), refusal.code);
    }
  }

  #show(frame: string): void {
    if (!frame.startsWith('{"t":"events"')) return this.#event(frame);
    const { stream, events } = JSON.parse(frame) as { stream: string; events: { seq: number }[] };
    if (stream !== this.#seat.conversation) return;
    if (this.#counting !== undefined) this.#counting += events.length;
    // What was asked for again was shown before; what came meanwhile was not.
    for (const event of events) if (event.seq > (this.#seq ?? 0)) this.#event(JSON.stringify(event));
  }

  #event(text: string): void {
    const seq = numberAfter(text, '"seq":');
    this.#seq = seq;
    this.#hear.delivered(this.#index, numberAfter(text, '"text":"'), seq);
    if (this.#receipts) this.#receipt ??= setTimeout(() => this.#report(), receiptEveryMs);
  }

  #report(): void {
    this.#receipt = undefined;
    this.#send({ t: "receipt", stream: this.#seat.conversation, deliveredSeq: this.#seq });
  }

  #live(frame: string): void {
    const inbox = inboxOf(this.#seat.account);
    if (frame.startsWith(`{"t":"live","stream":"${inbox}"`))
      this.#inbox = { stream: inbox, epoch: numberAfter(frame, '"epoch":'), seq: numberAfter(frame, '"seq":') };
    if (!frame.startsWith(`{"t":"live","stream":"${this.#seat.conversation}"`)) return;
    this.#epoch = numberAfter(frame, '"epoch":');
    this.#seq = numberAfter(frame, '"seq":');
    this.#onLive();
  }

  #send(frame: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  command(id: string, body: object): void {
    this.#send({ t: "command", command: { id, type: "message.send", stream: this.#seat.conversation, body } });
  }

  type(on: boolean): void {
    this.#send({ t: "signal", stream: this.#seat.conversation, type: "typing", on });
  }

  beat(): void {
    this.#send({ t: "beat" });
  }

  /** One question at a time. */
  history(limit: number): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#onAnswer = resolve;
    this.#send({ t: "read", n: 1, read: { type: "history", stream: this.#seat.conversation, limit } });
    return promise;
  }

  /** Subscribes anew, as one who has missed so many events. */
  catchUp(events: number): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#counting = 0;
    this.#onLive = () => {
      resolve(this.#counting ?? 0);
      this.#counting = undefined;
    };
    this.#send({ t: "subscribe", cursors: [this.#cursor(Math.max(1, (this.#seq ?? 0) - events))] });
    return promise;
  }

  /** The link is gone without a closing handshake. */
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
