import { accountId, type By, type Seq, type StreamId, seq, streamId } from "./id.ts";
import { limits } from "./limits.ts";
import { cleanLine, cleanText, isCleanText } from "./text.ts";
import * as v from "./v.ts";

const mention = v.strictObject({ account: accountId, name: cleanLine(limits.nameChars) });

export const textPart = v.strictObject({
  type: v.literal("text"),
  text: cleanText(limits.textChars),
  mentions: v.optional(v.pipe(v.array(mention), v.maxLength(limits.mentionsPerMessage))),
});

/** Parts a client may send. Every part can be said as plain text: a text part says itself, others carry `fallback`. */
export const part = v.variant("type", [textPart]);
const parts = v.pipe(v.array(part), v.minLength(1), v.maxLength(limits.partsPerMessage));

export const emoji = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(limits.emojiChars),
  v.check((text) => isCleanText(text), "unclean"),
  // Digits, joiners and selectors are parts of emoji and none by themselves.
  v.regex(
    /^(?=.*(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3))[\p{Extended_Pictographic}\p{Emoji_Component}\p{Regional_Indicator}]+$/u,
  ),
);

export const messageCommands = {
  "message.send": {
    stream: streamId,
    body: v.strictObject({ parts, replyTo: v.optional(seq) }),
  },
  /** Copies a message the actor may read, from any conversation, into this one. */
  "message.forward": {
    stream: streamId,
    body: v.strictObject({ from: v.strictObject({ stream: streamId, seq }) }),
  },
  "message.edit": { stream: streamId, body: v.strictObject({ seq, parts }) },
  "message.recall": { stream: streamId, body: v.strictObject({ seq }) },
  "message.react": { stream: streamId, body: v.strictObject({ seq, emoji, on: v.boolean() }) },
  "message.pin": { stream: streamId, body: v.strictObject({ seq }) },
  "message.unpin": { stream: streamId, body: v.strictObject({ seq }) },
} as const;

export type TextPart = v.InferOutput<typeof textPart>;
/** Written by the shop's automation; `code` picks the words in the reader's language, `fallback` says it in plain text. */
export type NoticePart = { type: "notice"; code: string; fallback: string };
/** What a newer server may send: carried, shown by its `fallback`. */
export type UnknownPart = { type: string; fallback: string; [field: string]: unknown };
export type Part = TextPart | NoticePart | UnknownPart;

/** Where a forwarded message came from, as far as the reader may know: the writer's name and the time. */
export type Forwarded = { name: string; at: number };

export type Fold = {
  /** The last seq whose effect is in this fold; older events change nothing. */
  foldSeq: Seq;
  editedAt?: number;
  /** Seqs of the edits, so that their copies of the text can be removed. */
  edits?: Seq[];
  recalled?: { by: By; at: number };
  /** Emoji to the accounts that chose it, in the order they did. */
  reactions?: Record<string, string[]>;
};

export type MessageEvents = {
  /** `parts` is the current content: an edit rewrites it, a recall empties it. */
  "message.sent": { parts: Part[]; replyTo?: Seq | undefined; forwarded?: Forwarded | undefined };
  /** `parts` is empty once a later edit or a recall has removed this copy. */
  "message.edited": { seq: Seq; parts: Part[] };
  "message.recalled": { seq: Seq };
  "message.reacted": { seq: Seq; emoji: string; on: boolean };
  "message.pinned": { seq: Seq };
  "message.unpinned": { seq: Seq };
};

export type MessageRef = { stream: StreamId; seq: Seq };
