import type { ClientSignal, Read, StreamId } from "@aftercare/protocol";
import type { Change, TabMessage } from "./change.ts";

/** What a tab does for its pages differs by whether it leads or follows (law 13). */
export interface Role {
  /** Carries a question of this tab towards the server. */
  ask(n: number, read: Read): void;
  signal(signal: ClientSignal): void;
  watch(stream: StreamId): void;
  /** A change does not link with what this tab has. */
  want(stream: StreamId): void;
  /** Changes of this tab or of another one were applied. */
  took(changes: readonly Change[]): void;
  heard(message: Exclude<TabMessage, { t: "changes" }>): void;
  stop(): void;
}
