import {
  type ClientFrame,
  type CloseReason,
  type Credential,
  closeCodes,
  mayReconnect,
  type ServerFrame,
} from "@aftercare/protocol";
import { Attempt, type Welcome, type Why } from "./attempt.ts";
import type { ClientPorts, Connection as ConnectionView, Transport, TransportName } from "./types.ts";

const BACKOFF_BASE_MS = 500;
const BACKOFF_CAP_MS = 30_000;
/** Online this long, the next loss starts again with the shortest wait. */
const STEADY_MS = 10_000;
const PROBE_MS = 120_000;
const FAILURES_BEFORE_FALLBACK = 2;

type Cursors = (ClientFrame & { t: "hello" })["cursors"];

export type ConnectionEvents = {
  /** The cursors for the hello, taken at the moment it is sent. */
  cursors(): Cursors;
  state(connection: ConnectionView): void;
  welcome(welcome: Welcome): void;
  frame(frame: ServerFrame): void;
  cut(): void;
  /** This transport was welcomed: worth trying first next time. */
  worked(transport: TransportName): void;
};

type Ports = Pick<ClientPorts, "transports" | "auth" | "wake" | "clock" | "random">;

/** Keeps one link to the server: opens, falls back, waits, wakes, and returns to the better transport. */
export class Connection {
  readonly #ports: Ports;
  readonly #events: ConnectionEvents;
  #running = false;
  /** The link in use or being opened. */
  #attempt: Attempt | undefined;
  /** A better transport tried beside the one in use. */
  #probe: Attempt | undefined;
  #preferred = 0;
  /** Attempts in a row that were not welcomed. */
  #failures = 0;
  #tries = 0;
  #since = 0;
  #onlineSince: number | undefined;
  #retry: unknown;
  #probeTimer: unknown;
  #silence: unknown;
  #silenceMs = 0;
  #heardAt = 0;
  #heardWallAt = 0;
  #move: { at: number; timer: unknown } | undefined;
  #unsubscribe: (() => void)[] = [];
  /** Grows with every step that makes an awaited credential stale. */
  #turn = 0;
  /** With which the link was begun. */
  #credential: Credential | undefined;

  constructor(ports: Ports, events: ConnectionEvents) {
    this.#ports = ports;
    this.#events = events;
  }

  get online(): boolean {
    return this.#attempt?.welcomed === true;
  }

  start(remembered: TransportName | undefined): void {
    const { wake, transports } = this.#ports;
    this.#running = true;
    this.#preferred = Math.max(
      0,
      transports.findIndex(({ name }) => name === remembered),
    );
    this.#unsubscribe = [wake.onWake(() => this.#woken()), wake.onOffline(() => this.#offline())];
    this.#since = this.#ports.clock.now();
    if (wake.onLine) this.#connect();
    else this.#offline();
  }

  stop(): void {
    this.#running = false;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
    this.#drop();
    this.#events.state({ state: "idle" });
  }

  /** Begins anew at once, with fresh cursors. */
  restart(): void {
    if (!this.#running) return;
    this.#drop();
    this.#connect();
  }

  /** Tries again after a wait: what went wrong may do so at once again. */
  fail(): void {
    if (this.#running) this.#lost({});
  }

  send(frame: ClientFrame): void {
    if (this.online) this.#attempt?.send(frame);
  }

  #clear(): void {
    const { clock } = this.#ports;
    for (const timer of [this.#retry, this.#silence, this.#probeTimer, this.#move?.timer]) clock.clearTimer(timer);
    this.#retry = undefined;
    this.#silence = undefined;
    this.#probeTimer = undefined;
    this.#move = undefined;
    this.#probe?.close();
    this.#probe = undefined;
    this.#turn++;
  }

  /** Ends the link, if any, and every timer. */
  #drop(): void {
    const wasOnline = this.online;
    this.#clear();
    this.#attempt?.close();
    this.#attempt = undefined;
    if (!wasOnline) return;
    const elapsed = this.#ports.clock.elapsed();
    if (elapsed - (this.#onlineSince ?? elapsed) >= STEADY_MS) this.#tries = 0;
    this.#onlineSince = undefined;
    this.#since = this.#ports.clock.now();
    this.#events.cut();
  }

  #connect(): void {
    const turn = ++this.#turn;
    this.#tries++;
    this.#ports.clock.clearTimer(this.#retry);
    this.#retry = undefined;
    this.#events.state({ state: "connecting", since: this.#since, attempt: this.#tries });
    this.#ports.auth.credential().then(
      (credential) => {
        if (turn !== this.#turn) return;
        this.#credential = credential;
        if (credential) this.#open(this.#pick());
        else this.#close("unauthorised");
      },
      // The server that gives the credential cannot be reached: the same as a link that does not open.
      () => turn === this.#turn && this.#lost({}),
    );
  }

  /** The transport that worked; after failures in turn the best and the lesser ones. */
  #pick(): Transport {
    const { transports } = this.#ports;
    const beyond = this.#failures - FAILURES_BEFORE_FALLBACK;
    let index = this.#preferred;
    if (beyond >= 0 && transports.length > 1)
      index = beyond % 2 === 1 ? 0 : (this.#preferred + 1 + (beyond >> 1)) % transports.length;
    const picked = transports[index] ?? transports[0];
    if (!picked) throw new Error("bug: no transports");
    return picked;
  }

  #open(transport: Transport): void {
    const attempt: Attempt = new Attempt(transport, this.#ports.clock, this.#events.cursors, {
      welcome: (welcome) => {
        this.#attempt = attempt;
        this.#welcomed(attempt, welcome);
      },
      frame: (frame) => this.#frame(frame),
      closed: (why) => this.#lost(why),
    });
    // It may have been closed, and the next one begun, within the constructor.
    if (this.#retry === undefined && this.#running && this.#attempt === undefined) this.#attempt = attempt;
  }

  #welcomed(attempt: Attempt, welcome: Welcome): void {
    const { clock, transports } = this.#ports;
    this.#failures = 0;
    this.#onlineSince = clock.elapsed();
    this.#heard();
    this.#silenceMs = Math.min(2.5 * welcome.heartbeatMs, welcome.limits.silenceTimeoutMs);
    this.#preferred = transports.indexOf(attempt.transport);
    this.#armSilence(this.#silenceMs);
    this.#armProbe();
    this.#events.worked(attempt.transport.name);
    this.#events.state({ state: "online", transport: attempt.transport.name, since: clock.now() });
    this.#events.welcome(welcome);
  }

  #heard(): void {
    const { clock } = this.#ports;
    this.#heardAt = clock.elapsed();
    this.#heardWallAt = clock.now();
  }

  #frame(frame: ServerFrame): void {
    this.#heard();
    if (frame.t === "beat") this.send({ t: "beat" });
    if (frame.t === "move") return this.#moving(frame.inMs);
    this.#events.frame(frame);
  }

  /** The node is going: this link serves until its time, then the next one is opened without a wait. */
  #moving(inMs: number): void {
    const { clock } = this.#ports;
    clock.clearTimer(this.#move?.timer);
    this.#move = { at: clock.elapsed() + inMs, timer: clock.setTimer(() => this.restart(), inMs) };
  }

  #armSilence(delayMs: number): void {
    this.#silence = this.#ports.clock.setTimer(() => {
      const left = this.#heardAt + this.#silenceMs - this.#ports.clock.elapsed();
      if (left > 0) this.#armSilence(left);
      else this.#lost({ code: closeCodes.silent });
    }, delayMs);
  }

  #lost(why: Why): void {
    const { clock } = this.#ports;
    if (!this.online) this.#failures++;
    const moveAt = this.#move?.at;
    this.#drop();
    if (why.unauthorised || why.code === closeCodes.unauthorised) return this.#refused();
    if (why.code !== undefined && why.code < 5_000 && !mayReconnect(why.code)) return this.#close(reasonOf(why.code));
    const delayMs = moveAt === undefined ? this.#backoffMs() : Math.max(0, moveAt - clock.elapsed());
    const retryAt = clock.now() + delayMs;
    this.#retry = clock.setTimer(() => this.#connect(), delayMs);
    this.#events.state({ state: "connecting", since: this.#since, attempt: this.#tries, retryAt });
  }

  /** Only when no other tab was given another credential meanwhile is it over. */
  #refused(): void {
    const turn = this.#turn;
    const next = this.#credential && this.#ports.auth.another?.(this.#credential).catch(() => undefined);
    if (!next) return this.#close("unauthorised");
    this.#events.state({ state: "connecting", since: this.#since, attempt: this.#tries });
    void next.then((found) => {
      if (turn === this.#turn) found ? this.#connect() : this.#close("unauthorised");
    });
  }

  /** Full jitter: thousands of clients of one lost node come back spread out. */
  #backoffMs(): number {
    const cap = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.min(Math.max(0, this.#tries - 1), 10));
    const [high = 0, low = 0] = this.#ports.random(2);
    return Math.floor(((high * 256 + low) / 65_536) * cap);
  }

  #close(reason: CloseReason): void {
    this.#drop();
    this.#events.state({ state: "closed", reason });
    this.#running = false;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
  }

  #offline(): void {
    this.#drop();
    this.#events.state({ state: "offline", since: this.#ports.clock.now() });
  }

  #woken(): void {
    if (!this.#ports.wake.onLine) return;
    if (this.online) {
      // After a sleep the link may be dead without a sign: silence is judged at once, by the clock that went on meanwhile.
      if (this.#ports.clock.now() - this.#heardWallAt >= this.#silenceMs) return this.restart();
      return this.#tryBetter();
    }
    if (this.#attempt) return;
    this.#tries = 0;
    this.#connect();
  }

  #armProbe(): void {
    const { clock } = this.#ports;
    clock.clearTimer(this.#probeTimer);
    this.#probeTimer = undefined;
    if (this.#preferred > 0) this.#probeTimer = clock.setTimer(() => this.#tryBetter(), PROBE_MS);
  }

  /** Opens the best transport beside the lesser one in use, and changes over only once it was welcomed. */
  #tryBetter(): void {
    const best = this.#ports.transports[0];
    if (!this.online || this.#probe || this.#preferred === 0 || !best) return;
    const probe: Attempt = new Attempt(best, this.#ports.clock, this.#events.cursors, {
      welcome: (welcome) => {
        this.#probe = undefined;
        this.#drop();
        this.#attempt = probe;
        this.#welcomed(probe, welcome);
      },
      frame: (frame) => this.#frame(frame),
      closed: (why) => {
        if (this.#attempt === probe) return this.#lost(why);
        this.#probe = undefined;
        this.#armProbe();
      },
    });
    this.#probe = probe;
  }
}

function reasonOf(code: number): CloseReason {
  const known = Object.entries(closeCodes).find(([, value]) => value === code)?.[0];
  return (known as CloseReason | undefined) ?? "unauthorised";
}
