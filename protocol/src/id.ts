import * as v from "./v.ts";

// Sixty-four characters in ASCII order, so that ids sort by the time in their first 48 bits (as UUIDv7, RFC 9562).
const alphabet = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

const idForm = (prefix: string) => v.pipe(v.string(), v.regex(new RegExp(`^${prefix}_[-0-9A-Z_a-z]{22}$`)));

export const conversationId = idForm("c");
const streamForm = /^[cnid]_[-0-9A-Z_a-z]{22}$/;
export const streamId = v.pipe(v.string(), v.regex(streamForm));
export const accountId = idForm("a");
export const workspaceId = idForm("w");
export const shopId = idForm("s");
export const teamId = idForm("t");
export const customRoleId = idForm("r");
export const deskId = idForm("d");
/** Made by the client, the idempotency key: a UUID in lower case, version 7 by preference (keeps the index small). */
export const commandId = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
);
export const seq = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(Number.MAX_SAFE_INTEGER));
export const seqOrZero = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

export type StreamId = string;
export type AccountId = string;
export type CommandId = string;
export type Seq = number;
/** Who did it: an account, or the shop's own automation. */
export type By = AccountId | typeof SYSTEM;
export const SYSTEM = "system";

/** Of conversations, accounts, desks, shops, teams, roles and shared replies. */
export type IdPrefix = "c_" | "a_" | "d_" | "s_" | "t_" | "r_" | "q_";

export const streamKinds = ["conversation", "notes", "inbox", "desk"] as const;
export type StreamKind = (typeof streamKinds)[number];

const kindOf = { c: "conversation", n: "notes", i: "inbox", d: "desk" } as const;

export function streamKind(id: StreamId): StreamKind {
  const kind = kindOf[id[0] as keyof typeof kindOf];
  if (kind === undefined) throw new Error("not a stream id");
  return kind;
}

/** Whether it can be the id of a stream: a frame with any other one ends the session. */
export const isStreamId = (id: string): boolean => streamForm.test(id);
export const isConversationId = (id: string): boolean => id[0] === "c" && isStreamId(id);

export const inboxOf = (account: AccountId): StreamId => `i${account.slice(1)}`;
export const accountOfInbox = (inbox: StreamId): AccountId => `a${inbox.slice(1)}`;
export const notesOf = (conversation: StreamId): StreamId => `n${conversation.slice(1)}`;
export const conversationOfNotes = (notes: StreamId): StreamId => `c${notes.slice(1)}`;

/**
 * A new id from a time and randomness, both given by the caller.
 * @param prefix one letter and `_`
 * @param nowMs Unix time in milliseconds
 * @param random ten random bytes
 */
export function makeId(prefix: IdPrefix, nowMs: number, random: Uint8Array): string {
  return prefix + encode(timed(nowMs, random));
}

/** A UUIDv7 (RFC 9562 §5.7) from a time in milliseconds and ten random bytes. */
export function makeCommandId(nowMs: number, random: Uint8Array): CommandId {
  const bytes = timed(nowMs, random);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function timed(nowMs: number, random: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16);
  let rest = nowMs;
  for (let i = 5; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(random.subarray(0, 10), 6);
  return bytes;
}

function encode(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text += alphabet[(held >> bits) & 63];
    }
    held &= (1 << bits) - 1;
  }
  return text + alphabet[(held << (6 - bits)) & 63];
}
