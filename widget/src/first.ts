import type { Client, CommandId, InboxLine, Refusal, StreamHandle, StreamId } from "@aftercare/sdk";
import { remember, remembered, textBody } from "@aftercare/ui";
import { type ReadonlySignal, signal } from "@preact/signals";
import { subject } from "./extra.ts";
import { openOf } from "./lines.ts";
import { route, shop } from "./route.ts";

/** What was answered before the first message: a line of text about it, and what the conversation is called. */
export type Answers = { title?: string; text: string };

/** The first message and what was written after it, until their conversation exists. */
export type First =
  /** Written; the shop asks something before it goes. */
  | { state: "asking"; texts: readonly string[] }
  | { state: "sending"; texts: readonly string[] }
  | { state: "failed"; texts: readonly string[]; refusal: Refusal }
  | { state: "sent"; stream: StreamId };

export type FirstMessage = {
  now: ReadonlySignal<First | undefined>;
  /** `ask`: holds it until `answer`. While a message is under way, one more that goes after it. */
  send(text: string, ask: boolean): void;
  answer(answers: Answers | undefined): void;
  retry(): void;
  discard(): void;
  /** To be called when the list is known: goes on with what was written before, and what a closed page left, if this tab leads. */
  resume(lines: readonly InboxLine[]): void;
};

const storageKey = "aftercare.first";
/** What was typed before there is a conversation to keep it in. */
export const startKey = "aftercare.start";

/**
 * What is kept until the outbox has it all. `ids` are those of the question, the answers and the texts: whoever goes on sends
 * under the same ones, so that it takes effect once. `fresh`: a new conversation is wanted, or asked for already. `shop` is the
 * one of the link where it was written, which may not be the one where it is gone on with.
 */
type Kept = {
  texts: readonly string[];
  ids?: readonly CommandId[] | undefined;
  fresh?: boolean;
  shop?: string | undefined;
  title?: string | undefined;
  asking?: boolean;
  answers?: Answers | undefined;
  /** The conversation that it goes into, once it is known. */
  stream?: StreamId | undefined;
};

export function load(): Kept | undefined {
  try {
    const stored = JSON.parse(remembered(storageKey) ?? "null");
    // As this version keeps it, that is; what is anything else is nothing.
    return Array.isArray(stored?.texts) ? stored : undefined;
  } catch {
    return undefined;
  }
}

/** With an id for the question, one for the answers, and one for each text. */
function withIds(client: Client, what: Kept): Kept {
  const ids = [...(what.ids ?? [])];
  while (ids.length < what.texts.length + 2) ids.push(client.newId());
  return { ...what, ids };
}

/** What is half written goes on in the conversation's composer, behind what was there. */
export function takeTyped({ draft: { value: before }, setDraft }: StreamHandle): void {
  const typed = remembered(startKey);
  remember(startKey, null);
  if (typed) setDraft(before?.text ? `${before.text}\n${typed}` : typed, before?.replyTo);
}

/** What was written goes into the conversation; what is half written goes on in its own composer. */
function sendAll(client: Client, stream: StreamId, { texts, answers, ids }: Kept): Promise<unknown> {
  const sent = [answers?.text, ...texts].map(
    (said, place) =>
      said && client.send("message.send", stream, { parts: textBody(said, undefined) }, ids?.[place + 1]).kept,
  );
  const handle = client.stream(stream);
  takeTyped(handle);
  handle.close();
  return Promise.all(sent);
}

/**
 * A conversation is asked for, then the message is sent into it. The text is remembered until the outbox has it, so that
 * a page closed in between loses nothing.
 */
export function firstMessage(client: Client): FirstMessage {
  const now = signal<First | undefined>(undefined);
  let kept: Kept | undefined;
  let resumed = false;
  const keep = (next: Kept): Kept => {
    kept = withIds(client, next);
    remember(storageKey, JSON.stringify(kept));
    return kept;
  };
  const forget = (): void => {
    kept = undefined;
    remember(storageKey, null);
  };
  const into = (stream: StreamId, what: Kept): void => {
    const all = sendAll(client, stream, keep({ ...what, stream }));
    kept = undefined;
    now.value = { state: "sent", stream };
    // Another one may have been begun meanwhile.
    void all.then(() => kept ?? forget());
  };
  const show = (state: "asking" | "sending", what: Kept): Kept => {
    const all = keep(what);
    now.value = { ...all, state };
    return all;
  };
  const ask = (wanted: Kept) => {
    const title = wanted.answers?.title ?? wanted.title ?? subject.value;
    const { shop, ids = [] } = show("sending", { ...wanted, title, fresh: true });
    const sent = client.send("conversation.ask", undefined, { shop, title }, ids[0]);
    void sent.done.then((answer) => {
      // More may have been written meanwhile, or all be thrown away.
      if (!kept) return;
      if ("refusal" in answer) {
        client.discard(sent.id);
        now.value = { ...kept, state: "failed", refusal: answer.refusal };
      } else into(answer.ack.conversation ?? answer.ack.stream, kept);
    });
  };

  return {
    now,
    send(text, asking) {
      const live = client.inbox.value.status === "live";
      // A closed page may have left something that is not gone on with yet.
      kept ??= live ? undefined : load();
      if (kept) return void show("sending", { ...kept, texts: [...kept.texts, text] });
      // Until the list is known nobody can say whether there is a conversation already: `resume` goes on.
      resumed = asking || live;
      const what = { texts: [text], shop, fresh: live || route.peek().view === "new", asking };
      if (!asking && live) return ask(what);
      show(asking ? "asking" : "sending", what);
    },
    answer: (answers) => kept && ask({ ...kept, asking: false, answers }),
    retry: () => now.value?.state === "failed" && kept && ask(kept),
    discard() {
      if (now.value?.state !== "sent") forget();
      now.value = undefined;
    },
    resume(lines) {
      if (resumed || !(kept || client.leader.value)) return;
      kept ??= load();
      const left = kept;
      if (!left) return;
      resumed = true;
      const stream = left.stream ?? (left.fresh ? undefined : openOf(lines, left.shop)[0]?.entry.stream);
      if (stream !== undefined) return into(stream, left);
      return left.asking ? void show("asking", left) : ask(left);
    },
  };
}
