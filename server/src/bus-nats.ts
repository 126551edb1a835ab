import { readFileSync } from "node:fs";
import type { StreamId } from "@aftercare/protocol";
import {
  type Authenticator,
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type NatsConnection,
  type Subscription,
} from "@nats-io/transport-node";
import { decodeBell, encodeBell, withoutCopy } from "./bell-code.ts";
import { type Bell, type Bus, type BusHealth, streamOf } from "./bus.ts";
import type { Config } from "./config.ts";
import type { Clock, Logger } from "./context.ts";

type NatsConfig = Pick<
  Config,
  | "natsServers"
  | "natsUser"
  | "natsPassword"
  | "natsToken"
  | "natsCredentialsFile"
  | "natsTlsCa"
  | "natsTlsCert"
  | "natsTlsKey"
  | "natsSubject"
>;

/** Larger bells go without their copy of the events, well before the server would refuse them. */
const bellMaxBytes = 262_144;
const connectTimeoutMs = 3_000;
/** Between tries to connect; the client waits this long, then up to half as long again. */
const reconnectWaitMs = 250;
/** A connection that answers no ping twice in a row is given up. */
const pingEveryMs = 2_000;
const closeTimeoutMs = 1_000;

/** The bus of many nodes: one subject a stream, heard by the nodes where it is active, and one that all hear. */
export function createNatsBus(config: NatsConfig, { clock, log }: { clock: Clock; log: Logger }): Bus {
  return new NatsBus(config, clock, log);
}

class NatsBus implements Bus {
  readonly health: BusHealth = {
    shared: true,
    connected: false,
    reconnects: 0,
    bellsIn: 0,
    bellsOut: 0,
    bellsDropped: 0,
    bellsNotRung: 0,
  };
  private readonly listeners = new Set<(bell: Bell) => void>();
  private readonly linkListeners = new Set<(connected: boolean) => void>();
  /** The streams watched; a subscription each once there has been a connection. */
  private readonly watched = new Map<StreamId, Subscription | undefined>();
  private readonly config: NatsConfig;
  private readonly clock: Clock;
  private readonly log: Logger;
  private connection: NatsConnection | undefined;
  private timer: unknown;
  private closed = false;

  constructor(config: NatsConfig, clock: Clock, log: Logger) {
    this.config = config;
    this.clock = clock;
    this.log = log;
    void this.open();
  }

  /** Tries until there is a connection; from then on the client itself keeps it. */
  private async open(): Promise<void> {
    try {
      const made = await connect(optionsOf(this.config));
      if (this.closed) return void made.close();
      this.connection = made;
      made.subscribe(this.subjectOf(undefined), { callback: (error, message) => this.hear(error, message.data) });
      for (const stream of this.watched.keys()) this.watched.set(stream, this.subscribeTo(made, stream));
      void this.follow(made);
      this.linked(true);
    } catch (error) {
      if (this.closed) return;
      if (this.timer === undefined)
        this.log.warn({ error: String(error) }, "NATS cannot be reached; it is tried again");
      this.timer = this.clock.setTimer(() => void this.open(), reconnectWaitMs);
    }
  }

  private async follow(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === "disconnect") this.linked(false);
      else if (status.type === "reconnect") {
        this.health.reconnects++;
        this.linked(true);
      } else if (status.type === "error") this.log.warn({ error: String(status.error) }, "NATS says no");
    }
    if (this.closed || this.connection !== connection) return;
    // The client gave up, which it was told not to: begin again.
    this.linked(false);
    this.connection = undefined;
    this.timer = this.clock.setTimer(() => void this.open(), reconnectWaitMs);
  }

  private linked(connected: boolean): void {
    if (this.health.connected === connected || this.closed) return;
    this.health.connected = connected;
    const text = connected ? "connected to NATS" : "NATS is lost; other nodes are heard through the database";
    this.log[connected ? "info" : "warn"]({ server: this.connection?.getServer() }, text);
    for (const listener of [...this.linkListeners]) listener(connected);
  }

  private subjectOf(stream: StreamId | undefined): string {
    return stream === undefined ? `${this.config.natsSubject}.all` : `${this.config.natsSubject}.s.${stream}`;
  }

  private subscribeTo(connection: NatsConnection, stream: StreamId): Subscription {
    return connection.subscribe(this.subjectOf(stream), {
      callback: (error, message) => this.hear(error, message.data),
    });
  }

  private hear(error: Error | null, data: Uint8Array): void {
    const bell = error || data.length > 2 * bellMaxBytes ? undefined : decodeBell(Buffer.from(data).toString("utf8"));
    if (!bell) {
      this.health.bellsDropped++;
      return;
    }
    this.health.bellsIn++;
    this.tell(bell);
  }

  /** What a bell does must not end the node, whatever it carries. */
  private tell(bell: Bell): void {
    for (const listener of [...this.listeners]) {
      try {
        listener(bell);
      } catch (error) {
        this.log.error({ error: String(error), kind: bell.kind }, "a bell could not be taken");
      }
    }
  }

  publish(bell: Bell): void {
    this.tell(bell);
    const { connection, health } = this;
    if (!connection || !health.connected || this.closed) {
      health.bellsDropped++;
      health.bellsNotRung++;
      return;
    }
    try {
      const bound = Math.min(bellMaxBytes, connection.info?.max_payload ?? bellMaxBytes);
      let payload = Buffer.from(encodeBell(bell));
      const smaller = payload.length > bound ? withoutCopy(bell) : undefined;
      if (smaller) payload = Buffer.from(encodeBell(smaller));
      if (payload.length > bound) throw new Error(`a bell of ${payload.length} bytes`);
      connection.publish(this.subjectOf(streamOf(bell)), payload);
      health.bellsOut++;
    } catch (error) {
      health.bellsDropped++;
      health.bellsNotRung++;
      this.log.warn({ error: String(error), kind: bell.kind }, "a bell was not rung");
    }
  }

  subscribe(listener: (bell: Bell) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  watch(stream: StreamId): void {
    if (this.watched.has(stream) || this.closed) return;
    this.watched.set(stream, this.connection && this.subscribeTo(this.connection, stream));
  }

  unwatch(stream: StreamId): void {
    const subscription = this.watched.get(stream);
    this.watched.delete(stream);
    if (!this.closed) subscription?.unsubscribe();
  }

  onLink(listener: (connected: boolean) => void): () => void {
    this.linkListeners.add(listener);
    return () => this.linkListeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    const { connection } = this;
    // What was rung last still goes out, unless nobody takes it.
    if (connection && this.health.connected)
      await Promise.race([
        connection.flush().catch(() => undefined),
        new Promise<void>((resolve) => this.clock.setTimer(resolve, closeTimeoutMs)),
      ]);
    this.closed = true;
    this.health.connected = false;
    this.clock.clearTimer(this.timer);
    this.listeners.clear();
    this.linkListeners.clear();
    await connection?.close();
  }
}

function optionsOf(config: NatsConfig): ConnectionOptions {
  const { natsTlsCa, natsTlsCert, natsTlsKey, natsCredentialsFile } = config;
  const wantsTls = natsTlsCa !== "" || natsTlsCert !== "" || config.natsServers.some((url) => url.startsWith("tls://"));
  return {
    servers: config.natsServers.map((url) => url.replace(/^(nats|tls):\/\//, "")),
    name: "aftercare",
    // A node hears its own bells at once, and not a second time.
    noEcho: true,
    timeout: connectTimeoutMs,
    maxReconnectAttempts: -1,
    // A password that was wrong for a moment, as in a rotation, must not cut a node off for ever.
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: reconnectWaitMs,
    reconnectJitter: reconnectWaitMs / 2,
    reconnectJitterTLS: reconnectWaitMs / 2,
    pingInterval: pingEveryMs,
    maxPingOut: 2,
    ...(config.natsUser !== "" && { user: config.natsUser, pass: config.natsPassword }),
    ...(config.natsToken !== "" && { token: config.natsToken }),
    ...(natsCredentialsFile !== "" && { authenticator: credentialsIn(natsCredentialsFile) }),
    ...(wantsTls && {
      tls: {
        ...(natsTlsCa !== "" && { caFile: natsTlsCa }),
        ...(natsTlsCert !== "" && { certFile: natsTlsCert, keyFile: natsTlsKey }),
      },
    }),
  };
}

/**
 * Credentials run out and are exchanged in their file, so it is read for each connection. While the exchange goes on, those
 * before are shown: the client hangs on an authenticator that throws.
 */
function credentialsIn(path: string): Authenticator {
  const read = () => {
    const authenticator = credsAuthenticator(readFileSync(path));
    authenticator("");
    return authenticator;
  };
  let last = read();
  return (nonce) => {
    try {
      last = read();
    } catch {
      // Not whole yet.
    }
    return last(nonce);
  };
}
