import type { Client, Refusal, StreamId } from "@aftercare/sdk";
import { remember, remembered, textBody } from "@aftercare/ui";
import { type ReadonlySignal, signal } from "@preact/signals";
import { subject } from "./extra.ts";
import { route } from "./route.ts";

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
  /** To be called when the list is known: goes on with what a closed page left unfinished. */
  resume(conversations: readonly StreamId[]): void;
};

const storageKey = "aftercare.first";
/** What was typed before there is a conversation to keep it in. */
export const startKey = "aftercare.start";

/**
 * What is kept while a conversation is made; `before` are those there were, so that the new one is told from them;
 * undefined where a new one is wanted and they are not known yet. `shop` is the one of the link where it was written, which may
 * not be the one where it is gone on with.
 */
type Kept = {
  texts: readonly string[];
  before?: readonly StreamId[] | undefined;
  shop?: string | undefined;
  asking?: boolean;
  answers?: Answers | undefined;
};

/** Whose desk is asked: the link's shop, also without a network. An id that no shop can have is left out: it would be refused. */
const shop = /[?&]shop=(s_[-\w]{22})(&|$)/.exec(location.search)?.[1];

function load(): Kept | undefined {
  const stored = remembered(storageKey);
  if (stored === null) return undefined;
  try {
    const kept = JSON.parse(stored) as Partial<Kept>;
    if (Array.isArray(kept.texts)) return kept as Kept;
  } catch {
    // As an older page kept it: the text alone
  }
  return { texts: [stored], before: [] };
}

const known = (client: Client) => client.inbox.value.lines.map(({ entry }) => entry.stream);

/** What was written goes into the conversation; what is half written goes on in its own composer. */
function sendAll(client: Client, stream: StreamId, { texts, answers }: Kept): void {
  for (const said of [answers?.text, ...texts])
    if (said) client.send("message.send", stream, { parts: textBody(said, undefined) });
  const typed = remembered(startKey);
  if (typed === null) return;
  const { setDraft, close } = client.stream(stream);
  setDraft(typed);
  close();
  remember(startKey, null);
}

/**
 * A conversation is asked for, then the message is sent into it. The text is remembered until the outbox has it, so that
 * a page closed in between loses nothing.
 */
export function firstMessage(client: Client): FirstMessage {
  const now = signal<First | undefined>(undefined);
  let kept: Kept | undefined;
  let resumed = false;
  const keep = (next: Kept | undefined) => {
    kept = next;
    remember(storageKey, next ? JSON.stringify(next) : null);
  };
  const into = (stream: StreamId, what: Kept): void => {
    sendAll(client, stream, what);
    keep(undefined);
    now.value = { state: "sent", stream };
  };
  const show = (state: "asking" | "sending", what: Kept): void => {
    keep(what);
    now.value = { ...what, state };
  };
  const ask = (wanted: Kept) => {
    const what = { ...wanted, before: wanted.before ?? known(client) };
    show("sending", what);
    const title = what.answers?.title ?? subject.value;
    const sent = client.send("conversation.ask", undefined, { shop: what.shop, title });
    void sent.done.then((answer) => {
      // More may have been written meanwhile.
      const all = kept ?? what;
      if ("refusal" in answer) {
        client.discard(sent.id);
        now.value = { ...all, state: "failed", refusal: answer.refusal };
      } else into(answer.ack.conversation ?? answer.ack.stream, all);
    });
  };

  return {
    now,
    send(text, asking) {
      const live = client.inbox.value.status === "live";
      // A closed page may have left something that is not gone on with yet.
      kept ??= live ? undefined : load();
      if (kept) return show("sending", { ...kept, texts: [...kept.texts, text] });
      // Until the list is known nobody can say whether there is a conversation already: `resume` goes on.
      resumed = asking || live;
      const before = live || route.peek().view !== "new" ? known(client) : undefined;
      const what = { texts: [text], before, shop, ...(asking && { asking }) };
      if (!asking && live) return ask(what);
      show(asking ? "asking" : "sending", what);
    },
    answer: (answers) => kept && ask({ ...kept, asking: false, answers }),
    retry: () => now.value?.state === "failed" && kept && ask(kept),
    discard() {
      keep(undefined);
      now.value = undefined;
    },
    resume(conversations) {
      if (resumed || !client.leader.value) return;
      kept ??= load();
      const left = kept;
      if (!left) return;
      const made = conversations.find((stream) => left.before?.includes(stream) === false);
      resumed = made !== undefined || left.asking === true;
      if (made !== undefined) return into(made, left);
      if (left.asking) return show("asking", left);
      now.value ??= { ...left, state: "sending" };
      // The outbox of the closed page may still hold the question: its answer makes the conversation appear.
      if (client.pending.value.some(({ type }) => type === "conversation.ask")) return;
      resumed = true;
      ask(left);
    },
  };
}
