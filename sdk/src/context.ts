import type { Cache } from "./cache.ts";
import type { Change, TabMessage } from "./change.ts";
import type { Model } from "./model.ts";
import type { ClientPorts } from "./types.ts";

/** What the parts of one client share. */
export type Ctx = {
  readonly ports: ClientPorts;
  readonly model: Model;
  readonly cache: Cache;
  /** This tab's name among the tabs. */
  readonly tab: string;
  /** Applies changes here, tells the other tabs, and then everybody who watches. What must last is persisted before. */
  publish(changes: readonly Change[]): void;
  post(message: TabMessage): void;
  /** Unix milliseconds by the server's clock, as well as it is known. */
  now(): number;
};
