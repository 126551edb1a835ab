import type { AccountId, Event, LinkAlarm, Receipt, Signal, StreamId } from "@aftercare/protocol";

/** Rung after a commit. A bell may be lost, doubled or late: the log is the truth, the copy in it a courtesy. */
export type Bell =
  | { kind: "events"; stream: StreamId; epoch: number; events: Event[] }
  | { kind: "receipts"; stream: StreamId; receipts: Record<AccountId, Receipt> }
  | { kind: "signal"; signal: Signal }
  | { kind: "revoked"; credentials: string[] }
  /** Somebody inspects deliveries of this stream: nodes write down what they have in memory. */
  | { kind: "trace"; stream: StreamId }
  /** The links of one node that stopped acknowledging, told again while there are any. */
  | { kind: "alarms"; node: string; links: LinkAlarm[] };

export interface Bus {
  /** No other node can hear. */
  readonly alone?: boolean;
  publish(bell: Bell): void;
  /** Calls back for every bell, also this node's own. */
  subscribe(listener: (bell: Bell) => void): () => void;
  close(): Promise<void>;
}

/** The bus of a single node: a bell is heard in the same turn, in order. */
export function createLocalBus(): Bus {
  const listeners = new Set<(bell: Bell) => void>();
  return {
    alone: true,
    publish(bell) {
      for (const listener of listeners) listener(bell);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      listeners.clear();
    },
  };
}
