import type { AccountId } from "@aftercare/protocol";
import type { BusHealth } from "../bus.ts";
import type { Clock, Logger, Principal } from "../context.ts";
import type { ReplicaStats } from "../db/replicas.ts";
import type { Links } from "../gateway/link-table.ts";
import type { Customers } from "../identity/customers.ts";
import type { Identity } from "../identity/identity.ts";
import type { IdentityKeys } from "../identity/identity-keys.ts";
import type { Door } from "../identity/staff/door.ts";
import type { ServerNode as Node } from "../node.ts";
import type { ProcessFigures } from "../platform.ts";
import type { PushServices } from "../push/service.ts";
import type { Subscription } from "../push/store.ts";
import type { Admin } from "../workspace/admin.ts";

/** The node with the face that transports need. */
export type ServerNode = Node;

/** What the routes need of notifications. */
export type PushFace = {
  readonly publicKey: string;
  readonly services: Pick<PushServices, "known">;
  subscribe(device: string, account: AccountId, subscription: Subscription): Promise<void>;
  unsubscribe(device: string): Promise<void>;
};

/** What the routes use. */
export type HttpCtx = {
  readonly node: ServerNode;
  readonly identity: Identity;
  readonly door: Door;
  readonly admin: Admin;
  readonly identityKeys: IdentityKeys;
  readonly customers: Customers;
  readonly links: Links;
  readonly clock: Clock;
  readonly log: Logger;
  /** One word for each check that fails; empty when the node may be given traffic. */
  readonly troubles: () => Promise<string[]>;
  readonly isDraining: () => boolean;
  /** Whether this node serves clients; else it answers probes alone. */
  readonly isGateway: boolean;
  readonly busHealth: Readonly<BusHealth>;
  readonly processFigures: () => ProcessFigures;
  readonly replicaStats: ReplicaStats;
  readonly push: PushFace;
  /** Where browsers reach us, as the operator says; empty: where the request came to. */
  readonly publicUrl: string;
  /** Unguessable. */
  readonly newSessionId: () => string;
};

/** What the carrier of a request adds to it. */
export type Carrier = {
  /** The peer of the connection. */
  readonly peer: string;
  /** Takes the connection off the idle timer: it will be quiet for long. */
  keepOpen(): void;
  /** Puts it back, for a short time. */
  closeIfIdle(): void;
  /** Turns the connection into a socket; false when it asked for none. */
  upgrade(): boolean;
};

/** One request, past all the checks its route asks for. */
export type Call = {
  readonly request: Request;
  readonly carrier: Carrier;
  readonly address: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
};
export type SignedCall = Call & { readonly principal: Principal };
