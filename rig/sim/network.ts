import type { CloseReason } from "@aftercare/protocol";
import type { Link, LinkEvents, Transport, TransportName } from "../../sdk/src/types.ts";
import type { Principal } from "../../server/src/context.ts";
import type { Node, Outlet, Session } from "../../server/src/gateway/link.ts";
import type { Random } from "./random.ts";
import type { Delay, Life, Scheduler } from "./scheduler.ts";

/** A server process that takes links. */
export type Host = { readonly index: number; readonly life: Life; readonly node: Node };

/** What a device's way to the servers is like. */
export type Conditions = { offline: boolean; websocketBlocked: boolean; slow: boolean };
export const fairConditions: Conditions = { offline: false, websocketBlocked: false, slow: false };

export type Caller = {
  readonly life: Life;
  readonly principal: Principal;
  readonly conditions: Conditions;
  /** The host this device prefers, as a balancer would choose. */
  readonly homeHost: number;
};

/** Sees every frame on its way out of a server. */
export type Tap = { sent(wire: Wire, frame: string): void; received(wire: Wire, frame: string): void };

const quick: Delay = { lowMs: 0.3, highMs: 25, longMs: 400, longChance: 0.02 };
const crawl: Delay = { lowMs: 50, highMs: 900 };
const connectTimeoutMs = 4_000;

/** Links between devices and hosts. Each direction keeps its order; either may fall silent, and both ends learn late or never. */
export class Network {
  readonly wires = new Set<Wire>();
  hosts: () => readonly Host[] = () => [];
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #tap: Tap;

  constructor(scheduler: Scheduler, random: Random, tap: Tap) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#tap = tap;
  }

  transport(name: TransportName, caller: Caller): Transport {
    return { name, open: (events) => this.#open(name, caller, events) };
  }

  #open(name: TransportName, caller: Caller, events: LinkEvents): Link {
    let wire: Wire | undefined;
    let closed = false;
    const scheduler = this.#scheduler;
    scheduler.soon(
      quick,
      () => {
        if (closed) return;
        const host = this.#hostFor(caller);
        const { offline, websocketBlocked } = caller.conditions;
        if (offline || !host || (websocketBlocked && name === "websocket")) {
          const wait: Delay = this.#random.chance(0.3)
            ? { lowMs: connectTimeoutMs, highMs: 2 * connectTimeoutMs }
            : quick;
          scheduler.soon(wait, () => !closed && events.closed({ failed: true }), caller.life);
          return;
        }
        wire = new Wire(scheduler, this.#random, this.#tap, caller, host, events, () =>
          this.wires.delete(wire as Wire),
        );
        this.wires.add(wire);
        wire.begin();
      },
      caller.life,
    );
    return {
      send: (text) => wire?.fromClient(text),
      close: () => {
        closed = true;
        wire?.closeFromClient();
      },
    };
  }

  #hostFor(caller: Caller): Host | undefined {
    const hosts = this.hosts();
    if (hosts.length === 0) return undefined;
    const home = hosts.find((host) => host.index === caller.homeHost);
    return home && this.#random.chance(0.6) ? home : this.#random.pick(hosts);
  }

  of(life: Life): Wire[] {
    return [...this.wires].filter((wire) => wire.caller.life === life || wire.host.life === life);
  }
}

/** One link. */
export class Wire {
  readonly caller: Caller;
  readonly host: Host;
  /** A direction that carries nothing any more, though nobody was told. */
  upSilent = false;
  downSilent = false;
  /** So many of the next events get lost on the way, though the link goes on. */
  holes = 0;
  /** Frames that reached the server, the hello among them. */
  arrived = 0;
  #session: Session | undefined;
  #clientGone = false;
  #serverGone = false;
  #buffered = 0;
  #upAt = 0;
  #downAt = 0;
  /** Frames under way to the client after this time are lost with their sender. */
  #downUntil = Number.POSITIVE_INFINITY;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #tap: Tap;
  readonly #events: LinkEvents;
  readonly #ended: () => void;

  constructor(
    scheduler: Scheduler,
    random: Random,
    tap: Tap,
    caller: Caller,
    host: Host,
    events: LinkEvents,
    ended: () => void,
  ) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#tap = tap;
    this.caller = caller;
    this.host = host;
    this.#events = events;
    this.#ended = ended;
  }

  begin(): void {
    const outlet: Outlet = {
      send: (frame) => this.#fromServer(frame),
      bufferedBytes: () => this.#buffered,
      close: (code, reason) => this.#closeFromServer(code, reason),
    };
    const identify = (): Promise<Principal | undefined> =>
      new Promise((resolve) => this.#scheduler.soon(quick, () => resolve(this.caller.principal), this.host.life));
    this.#session = this.host.node.connect(outlet, identify);
    this.#scheduler.soon(quick, () => !this.#clientGone && this.#events.opened("ticket"), this.caller.life);
  }

  #delay(): Delay {
    return this.caller.conditions.slow ? crawl : quick;
  }

  fromClient(text: string): void {
    if (this.#clientGone) return;
    this.#upAt = Math.max(this.#upAt, this.#scheduler.now + this.#scheduler.draw(this.#delay()));
    const arrive = (): void => {
      if (this.#serverGone || this.upSilent || this.caller.conditions.offline) return;
      this.arrived++;
      this.#tap.received(this, text);
      this.#session?.receive(text);
    };
    this.#scheduler.at(this.#upAt, arrive, this.host.life);
  }

  #fromServer(frame: string): void {
    if (this.#serverGone || !this.host.life.alive) return;
    this.#tap.sent(this, frame);
    this.#buffered += frame.length;
    this.#downAt = Math.max(this.#downAt, this.#scheduler.now + this.#scheduler.draw(this.#delay()));
    this.#scheduler.at(this.#downAt, () => this.#arrive(frame));
  }

  #arrive(frame: string): void {
    if (this.downSilent || this.caller.conditions.offline) return;
    this.#buffered -= frame.length;
    if (this.#buffered === 0 && !this.#serverGone) this.#scheduler.after(0, () => this.#drained(), this.host.life);
    if (this.#clientGone || !this.caller.life.alive || this.#scheduler.now > this.#downUntil) return;
    if (this.holes > 0 && frame.startsWith('{"t":"event",')) {
      this.holes--;
      return;
    }
    this.#events.frame(frame);
  }

  #drained(): void {
    if (!this.#serverGone) this.#session?.drained();
  }

  #closeFromServer(code: number, _reason: CloseReason): void {
    this.#serverGone = true;
    this.#ended();
    this.#tellClient({ code }, this.#downAt);
  }

  closeFromClient(): void {
    if (this.#clientGone) return;
    this.#clientGone = true;
    this.#ended();
    this.#tellServer();
  }

  #tellClient(why: { code?: number }, notBefore = 0): void {
    const tell = (): void => {
      if (this.#clientGone || this.downSilent) return;
      this.#clientGone = true;
      this.#events.closed(why);
    };
    this.#scheduler.at(Math.max(notBefore, this.#scheduler.now + this.#scheduler.draw(quick)), tell, this.caller.life);
  }

  #tellServer(): void {
    const tell = (): void => {
      if (this.#serverGone || this.upSilent) return;
      this.#serverGone = true;
      this.#session?.closed();
    };
    this.#scheduler.soon(quick, tell, this.host.life);
  }

  /** The link breaks: what is under way may be lost, and both ends are told. */
  cut(): void {
    this.#ended();
    this.#downUntil = this.#scheduler.now + this.#random.int(0, 20);
    this.upSilent ||= this.#random.chance(0.5);
    this.#tellClient({}, this.#downUntil);
    const { upSilent } = this;
    this.upSilent = false;
    this.#tellServer();
    this.upSilent = upSilent;
  }

  /** The client's process is gone. */
  clientDied(): void {
    this.#clientGone = true;
    this.#ended();
    this.#tellServer();
  }

  /** The host's process is gone: what it had handed to the network may still arrive. */
  hostDied(): void {
    this.#serverGone = true;
    this.#ended();
    this.#downUntil = this.#scheduler.now + this.#random.int(0, 20);
    this.#tellClient({}, this.#downUntil);
  }
}
