import type { Ack } from "./command.ts";
import type { Refusal } from "./error.ts";
import type { Event } from "./event.ts";
import { type AccountId, type Seq, type StreamId, seq, seqOrZero, streamId } from "./id.ts";
import { type Limits, limits } from "./limits.ts";
import type { Receipt } from "./member.ts";
import { readSchema } from "./read.ts";
import { clientSignal, type Signal } from "./signal.ts";
import type { Snapshot } from "./snapshot.ts";
import { isCleanText } from "./text.ts";
import * as v from "./v.ts";

/** Where a client stands in a stream. Without `epoch` and `seq` it has nothing and asks for a snapshot. */
const cursor = v.strictObject({
  stream: streamId,
  epoch: v.optional(seq),
  seq: v.optional(seqOrZero),
});
const cursors = v.pipe(v.array(cursor), v.maxLength(limits.cursorsPerFrame));
const shortText = v.pipe(v.string(), v.maxLength(100), v.check(isCleanText));
const requestNumber = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(Number.MAX_SAFE_INTEGER));

/** Frames from a client, parsed strictly. The first is `hello`; on WebSocket it carries the ticket, elsewhere a header has the token. */
export const clientFrames = {
  hello: v.strictObject({
    t: v.literal("hello"),
    versions: v.pipe(v.array(v.pipe(v.number(), v.integer())), v.minLength(1), v.maxLength(16)),
    ticket: v.optional(v.pipe(v.string(), v.maxLength(500))),
    client: v.optional(shortText),
    cursors,
  }),
  /** A command; its inside is parsed by `parseCommand`, so that a wrong one is refused by its id and the session lives on. */
  command: v.strictObject({ t: v.literal("command"), command: v.anyObject() }),
  subscribe: v.strictObject({ t: v.literal("subscribe"), cursors }),
  unsubscribe: v.strictObject({
    t: v.literal("unsubscribe"),
    streams: v.pipe(v.array(streamId), v.maxLength(limits.cursorsPerFrame)),
  }),
  receipt: v.strictObject({
    t: v.literal("receipt"),
    stream: streamId,
    deliveredSeq: v.optional(seqOrZero),
    readSeq: v.optional(seqOrZero),
  }),
  signal: clientSignal,
  read: v.strictObject({ t: v.literal("read"), n: requestNumber, read: v.anyObject() }),
  beat: v.strictObject({ t: v.literal("beat") }),
} as const;

export const clientFrame = v.variant("t", [
  clientFrames.hello,
  clientFrames.command,
  clientFrames.subscribe,
  clientFrames.unsubscribe,
  clientFrames.receipt,
  clientFrames.signal,
  clientFrames.read,
  clientFrames.beat,
]);
export type ClientFrame = v.InferOutput<typeof clientFrame>;
export type Cursor = v.InferOutput<typeof cursor>;

export { readSchema };

/** Frames from the server. A client ignores types and fields that it does not know. */
export type ServerFrame =
  | {
      t: "welcome";
      version: number;
      account: AccountId;
      name: string;
      kind: "staff" | "customer";
      /** What the account may do wherever it is a member, whatever its role there. */
      may?: string[] | undefined;
      /** Of staff alone. */
      role?: string | undefined;
      shop?: string | undefined;
      /** Further accounts of the same person, newest first: what a device keeps of one of them is this account's. */
      formerly?: AccountId[] | undefined;
      /** The server's Unix time in milliseconds, for the client's clock offset. */
      at: number;
      epoch: number;
      heartbeatMs: number;
      limits: Limits;
    }
  /** Who the account is and what it may do from now on, in place of what the welcome said. */
  | { t: "rights"; name: string; may: string[]; role?: string | undefined; shop?: string | undefined }
  | { t: "ack"; ack: Ack }
  | { t: "refused"; id: string; refusal: Refusal }
  /** One live event. */
  | { t: "event"; epoch: number; event: Event }
  /** Part of a gap, in order. More follow until `live`. */
  | { t: "events"; stream: StreamId; epoch: number; events: Event[]; head: Seq }
  /** The cursor is of another epoch or too far behind: forget the stream and take this. */
  | { t: "reset"; snapshot: Snapshot }
  /** Everything up to `seq` has been sent; from here on `event` frames follow. */
  | {
      t: "live";
      stream: StreamId;
      epoch: number;
      seq: Seq;
      receipts: Record<AccountId, Receipt>;
      present: AccountId[];
    }
  /** The stream is not (or no longer) the account's to read. */
  | { t: "gone"; stream: StreamId }
  | { t: "receipt"; stream: StreamId; account: AccountId; receipt: Receipt }
  | { t: "signal"; signal: Signal }
  | { t: "answer"; n: number; answer?: unknown; refusal?: Refusal }
  /** Heads of the session's streams that moved since the last beat. */
  | { t: "beat"; at: number; heads: Record<StreamId, Seq> }
  /** The node is going: reconnect after `inMs`, elsewhere. */
  | { t: "move"; inMs: number }
  /** The session ends with this close code (where the transport has none of its own). */
  | { t: "bye"; code: number; reason: string };

/** Depth of a JSON text by its brackets, without building it: guards the parser. */
export function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (quoted) {
      if (code === 92) i++;
      else if (code === 34) quoted = false;
    } else if (code === 34) quoted = true;
    else if (code === 123 || code === 91) {
      depth++;
      if (depth > deepest) deepest = depth;
    } else if (code === 125 || code === 93) depth--;
  }
  return deepest;
}
