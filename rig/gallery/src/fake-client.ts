import {
  type Actor,
  apply,
  type ConversationState,
  type Decision,
  decide,
  type Facts,
  type MessageEvent,
  messageAt,
  type NewEvent,
} from "@aftercare/core";
import type {
  Command,
  Draft,
  Event,
  InboxEntry,
  Invitation,
  LinkAlarm,
  Read,
  Refusal,
  StreamId,
  Trace,
} from "@aftercare/protocol";
import type {
  Client,
  Connection,
  InboxLine,
  InboxView,
  Observable,
  Pending,
  Sent,
  StreamHandle,
  StreamView,
} from "@aftercare/sdk";

import { fakeLists } from "./fake-list.ts";

export class Value<T> implements Observable<T> {
  private readonly listeners = new Set<(value: T) => void>();
  private held: T;
  constructor(held: T) {
    this.held = held;
  }
  get value(): T {
    return this.held;
  }
  set(value: T): void {
    this.held = value;
    for (const listener of this.listeners) listener(value);
  }
  subscribe(listener: (value: T) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

export type FakeStream = {
  entry: InboxEntry;
  state: ConversationState;
  status?: StreamView["status"];
  older?: StreamView["older"];
  typing?: string[];
  present?: string[];
  draft?: Draft;
  pending?: Pending[];
};

export type FakeSetup = {
  me: Actor;
  now: number;
  streams: FakeStream[];
  people: { account: string; name: string }[];
  invitations?: Invitation[];
  connection?: Connection;
  inbox?: InboxView["status"];
  /** Older messages, given a page at a time. */
  history?: (before: number) => Event[];
  refuse?: Refusal;
  /** Answers to the inspector's questions; a refusal, or nothing yet. */
  trace?: Trace | { refusal: Refusal } | "never";
  alarms?: LinkAlarm[];
};

const answerMs = 350;

/** The SDK's face on fixed data: commands are decided by `core`, and answered after a moment. */
export function fakeClient(setup: FakeSetup): Client {
  const views = new Map<StreamId, Value<StreamView>>();
  const drafts = new Map<StreamId, Value<Draft | undefined>>();
  for (const one of setup.streams) {
    views.set(one.entry.stream, new Value(viewOf(one)));
    drafts.set(one.entry.stream, new Value(one.draft));
  }
  const inbox = new Value<InboxView>(inboxOfSetup(setup, views, drafts));
  const refresh = () => inbox.set(inboxOfSetup(setup, views, drafts));
  const connection = setup.connection ?? { state: "online", transport: "websocket", since: setup.now };
  const start = performance.now();
  const serverNow = () => setup.now + Math.round(performance.now() - start);
  let count = 0;
  const send = (type: string, stream: StreamId | undefined, body: unknown): Sent => {
    count += 1;
    const id = `fake-${count}`;
    const command = { id, type, stream, body } as unknown as Command;
    const run = () => answer(setup, views, command, serverNow());
    const view = stream === undefined ? undefined : views.get(stream);
    const shown = type === "message.send" && view;
    if (shown) addPending(view, { id, type, stream, body, at: serverNow(), status: { state: "sending" } });
    refresh();
    const done = new Promise<Awaited<Sent["done"]>>((resolve) => {
      setTimeout(() => {
        if (shown) view.set({ ...view.value, pending: view.value.pending.filter((one) => one.id !== id) });
        resolve(run());
        refresh();
      }, answerMs);
    });
    return { id, kept: Promise.resolve(), done };
  };
  return {
    list: fakeLists(inbox, setup.me.account),
    connection: new Value(connection),
    me: new Value<Actor | undefined>(setup.me),
    storage: new Value<"ok" | "failing">("ok"),
    inbox,
    pending: new Value<readonly Pending[]>([]),
    leader: new Value(true),
    start: async () => {},
    stop: async () => {},
    reset: async () => {},
    renew: async () => {},
    stream: (stream) => handleOf(setup, stream, views, drafts, refresh),
    newId: () => `fake-${++count}`,
    send: send as Client["send"],
    retry: () => {},
    discard: (id) => {
      for (const view of views.values())
        view.set({ ...view.value, pending: view.value.pending.filter((one) => one.id !== id) });
    },
    read: ((read: Read) => answerRead(setup, read)) as unknown as Client["read"],
    serverNow,
  };
}

async function answerRead(setup: FakeSetup, read: Read): Promise<unknown> {
  if (read.type === "alarms") return { links: setup.alarms ?? [] };
  if (read.type === "mentions") return { mentions: [] };
  if (read.type !== "trace") return { people: setup.people };
  return setup.trace === "never" ? new Promise(() => {}) : (setup.trace ?? { refusal: { code: "forbidden" } });
}

function viewOf(one: FakeStream): StreamView {
  const status = one.status ?? "live";
  const state = status === "loading" || status === "gone" ? undefined : one.state;
  return {
    status,
    confirmed: state,
    state,
    pending: one.pending ?? [],
    typing: one.typing ?? [],
    present: one.present ?? [],
    older: one.older ?? "none",
    newer: "none",
  };
}

function inboxOfSetup(
  setup: FakeSetup,
  views: Map<StreamId, Value<StreamView>>,
  drafts: Map<StreamId, Value<Draft | undefined>>,
): InboxView {
  const lines = setup.streams
    .filter(({ entry }) => entry.stream.startsWith("c_"))
    .map(({ entry }): InboxLine => {
      const state = views.get(entry.stream)?.value.state;
      const last = state?.items.findLast((item) => item.type === "message.sent") ?? state?.items.at(-1);
      const read = state?.receipts[setup.me.account]?.readSeq ?? 0;
      const fresh = state?.items.filter(
        (item) => item.type === "message.sent" && item.by !== setup.me.account && item.seq > read,
      );
      return {
        entry,
        title: state?.meta.title ?? (state?.meta.customer ? state.members[state.meta.customer]?.name : undefined),
        state,
        last,
        lastAt: last?.at ?? 0,
        unread: { count: fresh?.length ?? 0, more: (fresh?.length ?? 0) > 30 },
        draft: drafts.get(entry.stream)?.value,
        failed: views.get(entry.stream)?.value.pending.some((one) => one.status.state === "failed") ?? false,
      };
    })
    .sort((a, b) => b.lastAt - a.lastAt);
  const entries = Object.fromEntries(setup.streams.map(({ entry }) => [entry.stream, entry]));
  const state = {
    kind: "inbox",
    stream: `i_${setup.me.account}`,
    epoch: 1,
    seq: 1,
    entries,
    drafts: {},
    invitations: {},
  } as const;
  return { status: setup.inbox ?? "live", lines, invitations: setup.invitations ?? [], state };
}

function addPending(view: Value<StreamView>, pending: Pending): void {
  view.set({ ...view.value, pending: [...view.value.pending, pending] });
}

function handleOf(
  setup: FakeSetup,
  stream: StreamId,
  views: Map<StreamId, Value<StreamView>>,
  drafts: Map<StreamId, Value<Draft | undefined>>,
  refresh: () => void,
): StreamHandle {
  const nothing: StreamView = {
    status: "gone",
    confirmed: undefined,
    state: undefined,
    pending: [],
    typing: [],
    present: [],
    older: "none",
    newer: "none",
  };
  const view = views.get(stream) ?? new Value<StreamView>(nothing);
  const draft = drafts.get(stream) ?? new Value<Draft | undefined>(undefined);
  return {
    stream,
    view,
    draft,
    older: () => readOlder(setup, view),
    newer: async () => {},
    latest: () => {},
    revealAt: async (at) => view.value.state?.items.find((item) => item.at >= at)?.seq,
    reveal: async (seq) => view.value.state !== undefined && messageAt(view.value.state, seq) !== undefined,
    need: () => {},
    markRead: () => {},
    typing: () => {},
    viewing: () => {},
    setDraft(text) {
      draft.set(text === "" ? undefined : { text, at: setup.now });
      refresh();
    },
    close: () => {},
  };
}

async function readOlder(setup: FakeSetup, view: Value<StreamView>): Promise<void> {
  const { state, older } = view.value;
  if (!setup.history || !state || older !== "more") return;
  view.set({ ...view.value, older: "reading" });
  await new Promise((resolve) => setTimeout(resolve, answerMs));
  const page = setup.history(state.from);
  const from = page[0]?.seq ?? 1;
  const next = { ...state, items: [...page, ...state.items], from };
  view.set({ ...view.value, state: next, confirmed: next, older: from > 1 ? "more" : "none" });
}

function answer(
  setup: FakeSetup,
  views: Map<StreamId, Value<StreamView>>,
  command: Command,
  now: number,
): Awaited<Sent["done"]> {
  if (setup.refuse) return { refusal: setup.refuse };
  let decision: Decision;
  try {
    decision = decide(command, factsOf(setup, views, now));
  } catch {
    return { refusal: { code: "not-found" } };
  }
  if ("refusal" in decision) return decision;
  let first = true;
  for (const event of decision.events) {
    commit(views, event, setup.me.account, now, first ? command.id : undefined);
    first = false;
  }
  const home = decision.events[0]?.stream ?? "";
  const ack = { id: command.id, stream: home, seq: 1, at: now };
  return { ack: decision.conversation ? { ...ack, conversation: decision.conversation } : ack };
}

function commit(
  views: Map<StreamId, Value<StreamView>>,
  event: NewEvent,
  by: string,
  at: number,
  commandId: string | undefined,
): void {
  const view = views.get(event.stream);
  const state = view?.value.state;
  if (!view || !state) return;
  const whole = { by, ...event, seq: state.seq + 1, at, ...(commandId && { commandId }) } as Event;
  const next = apply(state, whole);
  view.set({ ...view.value, state: next, confirmed: next });
}

function factsOf(setup: FakeSetup, views: Map<StreamId, Value<StreamView>>, now: number): Facts {
  const stateOf = (stream: StreamId) => views.get(stream)?.value.state;
  return {
    now,
    actor: setup.me,
    recallWindowMs: 120_000,
    newConversation: "c_newnewnewnewnewnewnewn",
    stream(id) {
      const state = stateOf(id);
      return state && { meta: state.meta, memberCount: Object.keys(state.members).length, lastSeq: state.seq };
    },
    member: (stream, account) => stateOf(stream)?.members[account],
    invited: () => false,
    message: (stream, seq): MessageEvent | undefined => {
      const state = stateOf(stream);
      return state && messageAt(state, seq);
    },
    account(account) {
      const person = setup.people.find((one) => one.account === account);
      return person && { ...person, kind: "staff" };
    },
    desk: () => ({ id: "d_demo", staff: [] }),
  };
}
