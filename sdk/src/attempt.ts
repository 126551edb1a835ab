import { type ClientFrame, protocolVersions, type ServerFrame } from "@aftercare/protocol";
import type { Clock, Link, LinkEvents, Transport } from "./types.ts";

/** A link that was not welcomed within this time counts as failed. */
const WELCOME_TIMEOUT_MS = 5_000;

export type Welcome = Extract<ServerFrame, { t: "welcome" }>;
export type Why = Parameters<LinkEvents["closed"]>[0];

export type AttemptEvents = {
  welcome(welcome: Welcome): void;
  frame(frame: ServerFrame): void;
  /** At most once, and never after `close` was called. */
  closed(why: Why): void;
};

/** One link from opening to its end: says hello, waits for the welcome, then carries frames. */
export class Attempt {
  readonly transport: Transport;
  readonly #clock: Clock;
  readonly #cursors: () => (ClientFrame & { t: "hello" })["cursors"];
  readonly #events: AttemptEvents;
  readonly #timer: unknown;
  #link: Link | undefined;
  #ended = false;
  #unsent: string | undefined;
  welcomed = false;

  constructor(
    transport: Transport,
    clock: Clock,
    cursors: () => (ClientFrame & { t: "hello" })["cursors"],
    events: AttemptEvents,
  ) {
    this.transport = transport;
    this.#clock = clock;
    this.#cursors = cursors;
    this.#events = events;
    this.#timer = clock.setTimer(() => this.#end({ failed: true }), WELCOME_TIMEOUT_MS);
    const link = transport.open({
      opened: (ticket) => this.#hello(ticket),
      frame: (text) => this.#frame(text),
      closed: (why) => this.#end(why, false),
    });
    if (this.#ended) return;
    this.#link = link;
    // A transport that opens within `open` has no link to send with until now.
    if (this.#unsent !== undefined) link.send(this.#unsent);
  }

  #hello(ticket: string | undefined): void {
    if (this.#ended) return;
    const hello: ClientFrame = {
      t: "hello",
      versions: [...protocolVersions],
      ...(ticket !== undefined && { ticket }),
      client: "aftercare-sdk",
      cursors: this.#cursors(),
    };
    const text = JSON.stringify(hello);
    if (this.#link) this.#link.send(text);
    else this.#unsent = text;
  }

  #frame(text: string): void {
    if (this.#ended) return;
    let frame: ServerFrame;
    try {
      frame = JSON.parse(text) as ServerFrame;
    } catch {
      // Something between us and the server garbled it: the link cannot be trusted any more.
      return this.#end({ failed: !this.welcomed });
    }
    if (frame.t === "bye") return this.#end({ code: frame.code });
    if (frame.t !== "welcome") {
      if (this.welcomed) this.#events.frame(frame);
      return;
    }
    this.welcomed = true;
    this.#clock.clearTimer(this.#timer);
    this.#events.welcome(frame);
  }

  #end(why: Why, closeLink = true): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#clock.clearTimer(this.#timer);
    if (closeLink) this.#link?.close();
    this.#events.closed(why);
  }

  send(frame: ClientFrame): void {
    if (!this.#ended) this.#link?.send(JSON.stringify(frame));
  }

  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#clock.clearTimer(this.#timer);
    this.#link?.close();
  }
}
