import type { AccountId, Event, Receipt, Signal, StreamId } from "@aftercare/protocol";

/** Rung after a commit. A bell may be lost, doubled or late: the log is the truth, the copy in it a courtesy. */
export type Bell =
  | { kind: "events"; stream: StreamId; epoch: number; events: Event[] }
  | { kind: "receipts"; stream: StreamId; receipts: Record<AccountId, Receipt> }
  | { kind: "signal"; signal: Signal }
  | { kind: "revoked"; credentials: string[] };

export interface Bus {
  publish(bell: Bell): void;
  /** Calls back for every bell, also this node's own. */
  subscribe(listener: (bell: Bell) => void): () => void;
  close(): Promise<void>;
}

/** The bus of a single node: a bell is heard in the same turn, in order. */
export function createLocalBus(): Bus {
  const listeners = new Set<(bell: Bell) => void>();
  return {
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
