import type { Actor, StreamState } from "@aftercare/core";
import type {
  AccountId,
  Ack,
  By,
  ClientSignal,
  CommandId,
  Event,
  Read,
  Receipt,
  Refusal,
  Seq,
  Signal,
  StreamId,
} from "@aftercare/protocol";
import type { Connection, Pending, PendingState } from "./types.ts";

/** A command in the outbox, as it is kept. */
export type Entry = Pending & {
  /** Orders the outbox; grows over reloads also when the clock steps back. */
  order: number;
  /** Acknowledged; its event has not come yet. */
  acked?: Ack | undefined;
  /** Found in the store: nobody waits for its answer any more. */
  found?: boolean | undefined;
  /** Of the log that its seqs are of, as the tab knew it that made it: in another one they are other messages'. */
  epoch?: number | undefined;
  /** It names a message that the log has lost and whose sender brings it back: its `body.seq` is 0 until that is there. */
  lost?: { id: CommandId; by: By } | undefined;
  /** Sent again after the log went back: whoever ordered it has had the answer long ago. A code: of that refusal nobody hears. */
  quiet?: boolean | Refusal["code"] | undefined;
};

/**
 * What was done to a message and acknowledged with `seq` under `epoch`, kept for a while in case the log loses it. Without
 * any text. `keptAt`: by this device's clock, which may differ from the server's by any amount.
 */
export type Done = Omit<Entry, "body" | "epoch"> & { body: DoneBody; seq: Seq; epoch: number; keptAt?: number };
export type DoneBody = { seq: Seq; emoji?: string; on?: boolean };

/** What is typed on this device. `id`: the command that carries it to the server; none yet while it waits for a pause. */
export type LocalDraft = { text: string; replyTo?: Seq | undefined; at: number; id?: CommandId | undefined };

export type Outcome = { ack: Ack } | { refusal: Refusal };

/**
 * Everything that changes what a tab shows. The leader makes them after persisting, applies them, and tells the other
 * tabs; all tabs apply the same ones in the same order.
 */
export type Change =
  | { t: "me"; me: Actor }
  | { t: "connection"; connection: Connection }
  | { t: "clock"; offsetMs: number }
  /** The link is lost: nothing is live, nobody is known to be there, what was sent waits again. */
  | { t: "cut" }
  | { t: "events"; stream: StreamId; epoch: number; events: Event[] }
  | { t: "reset"; state: StreamState }
  | { t: "gone"; stream: StreamId }
  | { t: "live"; stream: StreamId; live: boolean }
  | { t: "present"; stream: StreamId; present: AccountId[] }
  | { t: "receipts"; stream: StreamId; receipts: Record<AccountId, Receipt> }
  | { t: "signal"; signal: Signal }
  | { t: "queued"; entry: Entry }
  | { t: "standing"; ids: CommandId[]; status: PendingState }
  | { t: "acked"; id: CommandId; ack: Ack }
  | { t: "ended"; id: CommandId; outcome: Outcome }
  | { t: "draft"; stream: StreamId; draft: LocalDraft | undefined }
  | { t: "read"; stream: StreamId; seq: Seq | undefined }
  /** The account is known as another one of the same person: what waits to be sent stays, what was read comes again. */
  | { t: "became" }
  | { t: "wiped" };

export type ReadOutcome = { answer: unknown } | { refusal: Refusal };

/** What tabs say to each other. `to` names one tab, without it all are meant. */
export type TabMessage =
  | { t: "changes"; changes: Change[]; to?: string | undefined }
  /** A new follower asks the leader how things stand. */
  | { t: "hello"; tab: string }
  | {
      t: "heads";
      to: string;
      heads: Record<StreamId, { epoch: number; seq: Seq }>;
      outbox: CommandId[];
      drafts: Record<StreamId, LocalDraft>;
    }
  /** A new leader: followers ask it again what they had asked the old one. */
  | { t: "leader" }
  /** The credential of this browser is another one now. */
  | { t: "renewed" }
  | { t: "want"; tab: string; stream: StreamId }
  | { t: "watch"; stream: StreamId }
  | ClientSignal
  | { t: "ask"; tab: string; n: number; read: Read }
  | { t: "answered"; to: string; n: number; outcome: ReadOutcome };
