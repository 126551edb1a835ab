import type { AccountId, Event, LinkAlarm, Receipt, Seq, Signal, StreamId } from "@aftercare/protocol";

/** Rung after a commit. A bell may be lost, doubled or late: the log is the truth, the copy in it a courtesy. */
export type Bell =
  /** Without its events when they are too many to travel: the head says what to read. */
  | { kind: "events"; stream: StreamId; epoch: number; head: Seq; events: Event[] }
  | { kind: "receipts"; stream: StreamId; receipts: Record<AccountId, Receipt>; epoch?: number | undefined }
  | { kind: "signal"; signal: Signal; epoch?: number | undefined }
  /** All who are present in a stream on one node. `n` grows, so that a late one is known; who `asks` wants the same from others. */
  | {
      kind: "present";
      stream: StreamId;
      node: string;
      n: number;
      accounts: AccountId[];
      asks: boolean;
      epoch?: number | undefined;
    }
  /** A node lives, or stops. One that could not ring for a while says that bells were `missed`. */
  | { kind: "alive"; node: string; stopping: boolean; missed: boolean }
  /** What keys took of a rate that all nodes share, since the last bell. */
  | { kind: "spent"; rate: string; node: string; counts: Record<string, number> }
  | { kind: "revoked"; credentials: string[] }
  /** What these accounts may do has changed. */
  | { kind: "rights"; accounts: AccountId[] }
  /** What customers' pages show has changed. */
  | { kind: "looks" }
  /** What this account keeps for itself has changed, or, without one, what all staff share. */
  | { kind: "kept"; account?: AccountId }
  /** Somebody inspects deliveries of this stream: nodes write down what they have in memory. */
  | { kind: "trace"; stream: StreamId }
  /** The links of one node that stopped acknowledging, told again while there are any. */
  | { kind: "alarms"; node: string; links: LinkAlarm[] };

export type BusHealth = {
  /** Whether other nodes can be on it at all. */
  readonly shared: boolean;
  connected: boolean;
  reconnects: number;
  bellsIn: number;
  bellsOut: number;
  /** Not rung because there was no connection or no room, or not understood on arrival. */
  bellsDropped: number;
  /** Of those dropped, the ones that others did not get to hear. */
  bellsNotRung: number;
};

export interface Bus {
  /** This node hears its own bell in the same turn. */
  publish(bell: Bell): void;
  subscribe(listener: (bell: Bell) => void): () => void;
  /** From now on bells of this stream are wanted here; those of others may not come. */
  watch(stream: StreamId): void;
  unwatch(stream: StreamId): void;
  readonly health: Readonly<BusHealth>;
  /** Calls back when the connection to other nodes came or went. */
  onLink(listener: (connected: boolean) => void): () => void;
  close(): Promise<void>;
}

/** The stream whose watchers a bell is for; undefined: every node's. */
export function streamOf(bell: Bell): StreamId | undefined {
  if (bell.kind === "signal") return bell.signal.stream;
  // What was delivered is remembered for longer than the stream is active.
  if (bell.kind === "trace") return undefined;
  return "stream" in bell ? bell.stream : undefined;
}

/** The bus of a single node: a bell is heard in the same turn, in order. */
export function createLocalBus(): Bus {
  const listeners = new Set<(bell: Bell) => void>();
  const health: BusHealth = {
    shared: false,
    connected: true,
    reconnects: 0,
    bellsIn: 0,
    bellsOut: 0,
    bellsDropped: 0,
    bellsNotRung: 0,
  };
  return {
    publish(bell) {
      for (const listener of listeners) listener(bell);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    watch: () => undefined,
    unwatch: () => undefined,
    health,
    onLink: () => () => undefined,
    async close() {
      listeners.clear();
    },
  };
}
