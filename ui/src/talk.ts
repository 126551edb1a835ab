import type { Seq, StreamId } from "@aftercare/protocol";
import {
  type Client,
  type ConversationState,
  type MessageEvent,
  parseRichText,
  plainText,
  richTextWords,
  type StreamHandle,
} from "@aftercare/sdk";
import { type Signal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { type Ui, useClient } from "./context.tsx";
import { spoken } from "./notice.ts";
import { toast } from "./toast.tsx";
import type { Words } from "./words/words.ts";

/** `quiet`: nobody has asked for it here and now, so the focus stays where it is. */
export type Mode =
  | { kind: "write" }
  | { kind: "reply"; seq: Seq; quiet?: true }
  | { kind: "edit"; seq: Seq; text: string; quiet?: true };

/** One open stream and what its views have in common: what the composer is about, and where the timeline shall go. */
export type Talk = {
  stream: StreamId;
  handle: StreamHandle;
  mode: Signal<Mode>;
  target: Signal<{ seq: Seq } | undefined>;
};

export function useTalk(stream: StreamId): Talk {
  const client = useClient();
  const talk = useMemo(() => openTalk(client, stream), [client, stream]);
  useEffect(() => () => talk.handle.close(), [talk]);
  return talk;
}

function openTalk(client: Client, stream: StreamId): Talk {
  return { stream, handle: client.stream(stream), mode: signal({ kind: "write" }), target: signal(undefined) };
}

/** Brings a message into view, reading it first where needed. */
export async function goTo(ui: Ui, talk: Talk, seq: Seq): Promise<void> {
  if (await talk.handle.reveal(seq)) talk.target.value = { seq };
  else toast(ui, ui.language.words.value.timeline.cannotShow);
}

/** A message as one line of plain text, in the reader's words where it is a notice. */
export function lineOf(message: MessageEvent, words: Words): string {
  if (message.fold?.recalled) return words.list.recalled;
  return richTextWords(parseRichText(plainText(spoken(message.body.parts, words))))
    .replace(/\s+/g, " ")
    .trim();
}

/** Mentions of members in a text, for the part that is sent. */
export function mentionsIn(text: string, state: ConversationState | undefined): { account: string; name: string }[] {
  if (!state || !text.includes("@")) return [];
  return Object.values(state.members)
    .filter(({ name }) => text.includes(`@${name}`))
    .slice(0, 50)
    .map(({ account, name }) => ({ account, name }));
}

/** What one writes as long as nothing is edited: an answer where the draft is one. */
export function draftMode({ handle }: Talk): Mode {
  const seq = handle.draft.value?.replyTo;
  return seq === undefined ? { kind: "write" } : { kind: "reply", seq, quiet: true };
}

export const textBody = (text: string, state: ConversationState | undefined) => {
  const mentions = mentionsIn(text, state);
  return [{ type: "text" as const, text, ...(mentions.length > 0 && { mentions }) }];
};
