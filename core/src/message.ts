import {
  type Event,
  type EventOf,
  limits,
  type MessageEvents,
  type NoticePart,
  type Part,
  type Refusal,
  type Seq,
} from "@aftercare/protocol";
import { reopening } from "./conversation.ts";
import type { Decide, Facts } from "./decide.ts";
import { isOwn } from "./member.ts";
import { can } from "./permission.ts";
import { full, refuse } from "./refuse.ts";
import type { MessageEvent } from "./state.ts";

/** The events that change a message sent before. */
export type FoldEvent = EventOf<"message.edited"> | EventOf<"message.recalled"> | EventOf<"message.reacted">;

export const isFold = (event: Event): event is FoldEvent =>
  event.type === "message.edited" || event.type === "message.recalled" || event.type === "message.reacted";

/** The message after `event`; the same message when its fold has it already (laws 14 and 18). */
export function foldMessage(message: MessageEvent, event: FoldEvent): MessageEvent {
  const fold = message.fold;
  if (fold !== undefined && event.seq <= fold.foldSeq) return message;
  const next = { ...fold, foldSeq: event.seq };
  switch (event.type) {
    case "message.edited": {
      if (fold?.recalled) return { ...message, fold: next };
      next.editedAt = event.at;
      next.edits = [...(fold?.edits ?? []), event.seq];
      // A copy whose text a later edit or recall has removed: that later event brings what the message says now.
      if (event.body.parts.length === 0) return { ...message, fold: next };
      return { ...message, body: { ...message.body, parts: event.body.parts }, fold: next };
    }
    case "message.recalled":
      return {
        ...message,
        body: { parts: [] },
        fold: {
          foldSeq: event.seq,
          recalled: { by: event.by, at: event.at },
          ...(fold?.edits && { edits: fold.edits }),
        },
      };
    case "message.reacted": {
      if (fold?.recalled) return { ...message, fold: next };
      next.reactions = react(fold?.reactions ?? {}, event.body.emoji, event.by, event.body.on);
      return { ...message, fold: next };
    }
    default:
      return event satisfies never;
  }
}

function react(before: Record<string, string[]>, emoji: string, by: string, on: boolean): Record<string, string[]> {
  const { [emoji]: chosen = [], ...others } = before;
  const without = chosen.filter((account) => account !== by);
  const accounts = on ? [...without, by] : without;
  if (accounts.length === 0) return others;
  return { ...before, [emoji]: accounts };
}

/** What remains of an edit's own copy once a later edit or a recall has replaced it. */
export const blankEdit = (body: MessageEvents["message.edited"]): MessageEvents["message.edited"] => ({
  seq: body.seq,
  parts: [],
});

/** Every part as one plain text: for lists, pushes, quotes and screen readers (law 20). */
export function plainText(parts: readonly Part[]): string {
  return parts.map((part) => ("text" in part ? String(part.text) : "fallback" in part ? part.fallback : "")).join("\n");
}

/** The beginning of a text, for a line of a list: at most `previewChars`, never through the middle of a character. */
export function previewText(text: string): string {
  if (text.length <= limits.previewChars) return text;
  const short = text.slice(0, limits.previewChars);
  return short.isWellFormed() ? short : short.slice(0, -1);
}

/** The code of a message that is one notice: readers say it in their own language. */
export function noticeCode([part, ...others]: readonly Part[]): string | undefined {
  return part?.type === "notice" && others.length === 0 ? (part as NoticePart).code : undefined;
}

export const decideSend: Decide<"message.send"> = (command, facts) => {
  const refusal = mayWrite(command.stream, facts);
  if (refusal) return { refusal };
  const { parts, replyTo } = command.body;
  if (replyTo !== undefined && !visible(command.stream, replyTo, facts))
    return refuse("not-found", { path: "body.replyTo" });
  const body = replyTo === undefined ? { parts } : { parts, replyTo };
  // The message first: it carries the command's id, and its seq is the answer.
  return { events: [{ stream: command.stream, type: "message.sent", body }, ...reopening(command.stream, facts)] };
};

export const decideForward: Decide<"message.forward"> = (command, facts) => {
  const refusal = mayWrite(command.stream, facts);
  if (refusal) return { refusal };
  const { stream, seq } = command.body.from;
  const message = facts.member(stream, facts.actor.account) && visible(stream, seq, facts);
  if (!message) return refuse("not-found", { path: "body.from" });
  if (message.fold?.recalled) return refuse("recalled");
  // Staff-side words never reach a customer, also not by a slip of the hand.
  if (stream.startsWith("n") && !command.stream.startsWith("n")) return refuse("forbidden");
  const name = message.body.forwarded?.name ?? facts.account(message.by)?.name ?? "";
  const forwarded = { name, at: message.body.forwarded?.at ?? message.at };
  const body = { parts: message.body.parts, forwarded };
  return { events: [{ stream: command.stream, type: "message.sent", body }, ...reopening(command.stream, facts)] };
};

export const decideEdit: Decide<"message.edit"> = (command, facts) => {
  const found = target(command.stream, command.body.seq, facts);
  if ("refusal" in found) return found;
  const { message, member } = found;
  if (!isOwn(member, message.by) || message.body.forwarded) return refuse("forbidden");
  const refusal = mayWrite(command.stream, facts);
  if (refusal) return { refusal };
  if ((message.fold?.edits?.length ?? 0) >= limits.editsPerMessage)
    return full("editsPerMessage", limits.editsPerMessage);
  const { seq, parts } = command.body;
  return { events: [{ stream: command.stream, type: "message.edited", body: { seq, parts } }] };
};

export const decideRecall: Decide<"message.recall"> = (command, facts) => {
  const found = target(command.stream, command.body.seq, facts);
  if ("refusal" in found) return found;
  const { message, member, kind } = found;
  if (!can(kind, member.role, "recall-any")) {
    if (!isOwn(member, message.by)) return refuse("forbidden");
    if (facts.now - message.at > facts.recallWindowMs) return refuse("too-late");
  }
  return { events: [{ stream: command.stream, type: "message.recalled", body: { seq: command.body.seq } }] };
};

export const decideReact: Decide<"message.react"> = (command, facts) => {
  const found = target(command.stream, command.body.seq, facts);
  if ("refusal" in found) return found;
  const muted = mayWrite(command.stream, facts);
  if (muted) return { refusal: muted };
  const { seq, emoji, on } = command.body;
  const reactions = found.message.fold?.reactions ?? {};
  if ((reactions[emoji]?.includes(facts.actor.account) ?? false) === on) return refuse("no-change");
  if (on && !Object.hasOwn(reactions, emoji) && Object.keys(reactions).length >= limits.reactionsPerMessage)
    return full("reactionsPerMessage", limits.reactionsPerMessage);
  return { events: [{ stream: command.stream, type: "message.reacted", body: { seq, emoji, on } }] };
};

export const decidePin: Decide<"message.pin"> = (command, facts) =>
  decidePinning(command.stream, command.body.seq, facts, true);
export const decideUnpin: Decide<"message.unpin"> = (command, facts) =>
  decidePinning(command.stream, command.body.seq, facts, false);

function decidePinning(stream: string, seq: Seq, facts: Facts, on: boolean): ReturnType<Decide> {
  const found = target(stream, seq, facts);
  if ("refusal" in found) return found;
  if (!can(found.kind, found.member.role, "pin")) return refuse("forbidden");
  const pins = facts.stream(stream)?.meta.pins ?? [];
  if (pins.includes(seq) === on) return refuse("no-change");
  if (on && pins.length >= limits.pinsPerConversation) return full("pinsPerConversation", limits.pinsPerConversation);
  return { events: [{ stream, type: on ? "message.pinned" : "message.unpinned", body: { seq } }] };
}

/** Why the actor may not write in the stream now, or undefined. Desks have members too, but nobody writes there. */
function mayWrite(stream: string, facts: Facts): Refusal | undefined {
  const member = facts.stream(stream) && facts.member(stream, facts.actor.account);
  if (!member) return { code: "not-a-member" };
  if (member.mutedUntil !== undefined && member.mutedUntil > facts.now)
    return { code: "muted", retryAfterMs: member.mutedUntil - facts.now };
  return undefined;
}

function visible(stream: string, seq: Seq, facts: Facts): MessageEvent | undefined {
  const member = facts.member(stream, facts.actor.account);
  return member && seq >= member.fromSeq ? facts.message(stream, seq) : undefined;
}

function target(stream: string, seq: Seq, facts: Facts) {
  const member = facts.member(stream, facts.actor.account);
  const row = facts.stream(stream);
  if (!member || !row) return refuse("not-a-member");
  const message = visible(stream, seq, facts);
  if (!message) return refuse("not-found", { path: "body.seq" });
  if (message.fold?.recalled) return refuse("recalled");
  return { member, message, kind: row.meta.kind };
}
