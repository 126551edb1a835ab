import { decide } from "@aftercare/core";
import type { Ack, CommandBody, CommandType, Credential, Event, ServerFrame, StreamId } from "@aftercare/protocol";
import {
  type Client,
  createClient,
  loneTab,
  MemoryStore,
  systemClock,
  systemRandom,
  type Transport,
  type Wake,
  WebSocketTransport,
} from "@aftercare/sdk";

/** A command as somebody gave it, with every answer that came. */
export type Given = {
  readonly id: string;
  readonly type: string;
  /** The stream it was given to; an account's inbox where it has none. */
  readonly stream: string | undefined;
  readonly by: string;
  readonly who: string;
  readonly acks: Ack[];
  readonly refusals: string[];
};

/** One event as it came over the wire. */
export type Seen = { readonly type: string; readonly commandId: string | undefined; readonly epoch: number };

export type PhoneOptions = {
  readonly name: string;
  readonly credential: Credential;
  /** Where the server is, for this phone. */
  readonly base: string;
  /** Added to its clock. */
  readonly clockOffsetMs?: number;
};

/** A device as people have it: the SDK with a store in memory. It writes down what came, what was shown, what was given. */
export class Phone {
  readonly name: string;
  readonly account: string;
  readonly token: string;
  readonly client: Client;
  readonly given: Given[] = [];
  readonly breaches: string[] = [];
  /** By stream and seq: everything that the server ever sent to this phone. */
  readonly delivered = new Map<string, Map<number, Seen>>();
  /** Snapshots that came, with the seq they stand for. */
  readonly snapshots: { stream: string; seq: number }[] = [];
  connects = 0;
  readonly #wakers = new Set<() => void>();
  readonly #watched = new Set<string>();

  constructor({ name, credential, base, clockOffsetMs = 0 }: PhoneOptions) {
    this.name = name;
    this.account = credential.account;
    this.token = credential.token;
    const auth = { credential: async () => credential };
    const wake: Wake = {
      onLine: true,
      onWake: (listener) => {
        this.#wakers.add(listener);
        return () => this.#wakers.delete(listener);
      },
      onOffline: () => () => undefined,
    };
    this.client = createClient({
      transports: [this.#tapped(new WebSocketTransport({ base, auth }))],
      auth,
      store: new MemoryStore(),
      tabs: loneTab(),
      wake,
      clock: { ...systemClock, now: () => systemClock.now() + clockOffsetMs },
      random: systemRandom,
      law: decide,
    });
    this.client.connection.subscribe(({ state }) => {
      if (state === "online") this.connects++;
      if (state === "closed") this.breaches.push(`${name}: closed for good`);
    });
  }

  get isOnline(): boolean {
    return this.client.connection.value.state === "online";
  }

  get waiting(): number {
    return this.client.pending.value.filter(({ status }) => status.state !== "failed").length;
  }

  /** As when somebody takes it out of the pocket: tries to connect at once. */
  wake(): void {
    for (const wake of [...this.#wakers]) wake();
  }

  /** Looks at a stream, as an open page does; also at one that it may not see. */
  watch(stream: string): void {
    if (this.#watched.has(stream)) return;
    this.#watched.add(stream);
    let seq = 0;
    let epoch = 0;
    this.client.stream(stream as StreamId).view.subscribe(({ confirmed, status }) => {
      if (!confirmed || status === "gone") {
        seq = 0;
        return;
      }
      // Law 4: what is shown never goes back.
      if (confirmed.epoch === epoch && confirmed.seq < seq)
        this.breaches.push(`${this.name}: ${stream} went back from ${seq} to ${confirmed.seq}`);
      seq = confirmed.seq;
      epoch = confirmed.epoch;
      this.#checkOrder(stream, confirmed.items);
    });
  }

  #checkOrder(stream: string, items: readonly Event[]): void {
    for (let i = Math.max(1, items.length - 20); i < items.length; i++)
      if ((items[i]?.seq ?? 0) <= (items[i - 1]?.seq ?? 0))
        this.breaches.push(`${this.name}: ${stream} shows ${items[i]?.seq} after ${items[i - 1]?.seq}`);
  }

  /** What it shows of a stream now; undefined where it shows nothing. */
  shows(stream: string): { seq: number; items: readonly Event[] } | undefined {
    if (!this.#watched.has(stream)) return undefined;
    const { confirmed, status } = this.client.stream(stream as StreamId).view.value;
    return confirmed && status !== "gone" ? confirmed : undefined;
  }

  give<T extends CommandType>(type: T, stream: string | undefined, body: CommandBody<T>): Promise<Given> {
    const { id, done } = this.client.send(type, stream as StreamId | undefined, body);
    const given: Given = { id, type, stream, by: this.account, who: this.name, acks: [], refusals: [] };
    this.given.push(given);
    return done.then((answer) => {
      if ("ack" in answer) given.acks.push(answer.ack);
      else given.refusals.push(answer.refusal.code);
      return given;
    });
  }

  say(stream: string, text: string): Promise<Given> {
    return this.give("message.send", stream, { parts: [{ type: "text", text }] });
  }

  #tapped(inner: Transport): Transport {
    return {
      name: inner.name,
      open: (events) =>
        inner.open({
          opened: (ticket) => events.opened(ticket),
          closed: (why) => events.closed(why),
          frame: (text) => {
            this.#heard(JSON.parse(text) as ServerFrame);
            events.frame(text);
          },
        }),
    };
  }

  #heard(frame: ServerFrame): void {
    if (frame.t === "event") this.#note(frame.event, frame.epoch);
    else if (frame.t === "events") for (const event of frame.events) this.#note(event, frame.epoch);
    else if (frame.t === "reset") {
      const { snapshot } = frame;
      this.snapshots.push({ stream: snapshot.stream, seq: snapshot.seq });
      if (snapshot.kind === "conversation") for (const item of snapshot.items) this.#note(item, snapshot.epoch);
    }
  }

  #note({ stream, seq, type, commandId }: Event, epoch: number): void {
    let seen = this.delivered.get(stream);
    if (!seen) {
      seen = new Map();
      this.delivered.set(stream, seen);
    }
    const before = seen.get(seq);
    if (before && before.epoch === epoch && (before.commandId !== commandId || before.type !== type))
      this.breaches.push(`${this.name}: ${stream} ${seq} was ${before.type} first, then ${type}`);
    seen.set(seq, { type, commandId, epoch });
  }
}
