import type { Client, Refusal, StreamId } from "@aftercare/sdk";
import { remember, remembered, textBody } from "@aftercare/ui";
import { type ReadonlySignal, signal } from "@preact/signals";
import { subject } from "./extra.ts";

/** The first message, from the moment it is written until its conversation exists. */
export type First =
  | { state: "sending"; text: string }
  | { state: "failed"; text: string; refusal: Refusal }
  | { state: "sent"; stream: StreamId };

export type FirstMessage = {
  now: ReadonlySignal<First | undefined>;
  send(text: string): void;
  retry(): void;
  discard(): void;
  /** To be called when the list is known: goes on with what a closed page left unfinished. */
  resume(conversation: StreamId | undefined): void;
};

const storageKey = "aftercare.first";

/**
 * A conversation is asked for, then the message is sent into it. The text is remembered until the outbox has it, so that
 * a page closed in between loses nothing.
 */
export function firstMessage(client: Client): FirstMessage {
  const now = signal<First | undefined>(undefined);
  let resumed = false;

  const into = (stream: StreamId, text: string) => {
    client.send("message.send", stream, { parts: textBody(text, undefined) });
    remember(storageKey, null);
    now.value = { state: "sent", stream };
  };
  const ask = (text: string) => {
    now.value = { state: "sending", text };
    remember(storageKey, text);
    const sent = client.send("conversation.ask", undefined, { title: subject.value });
    void sent.done.then((answer) => {
      if ("refusal" in answer) {
        client.discard(sent.id);
        now.value = { state: "failed", text, refusal: answer.refusal };
      } else into(answer.ack.conversation ?? answer.ack.stream, text);
    });
  };

  return {
    now,
    send: (text) => {
      resumed = true;
      ask(text);
    },
    retry() {
      if (now.value?.state === "failed") ask(now.value.text);
    },
    discard() {
      remember(storageKey, null);
      now.value = undefined;
    },
    resume(conversation) {
      const text = remembered(storageKey);
      if (resumed || text === null || !client.leader.value) return;
      if (conversation !== undefined) {
        resumed = true;
        into(conversation, text);
        return;
      }
      now.value ??= { state: "sending", text };
      // The outbox of the closed page may still hold the question: its answer makes the conversation appear.
      if (client.pending.value.some(({ type }) => type === "conversation.ask")) return;
      resumed = true;
      ask(text);
    },
  };
}
