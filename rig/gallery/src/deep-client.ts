import {
  type ClientFrame,
  type ConversationSnapshot,
  type Event,
  inboxOf,
  type ListLine,
  type ListPage,
  limits,
  type Member,
  type Meta,
  type Read,
  type ServerFrame,
  type StreamId,
} from "@aftercare/protocol";
import {
  type Client,
  createClient,
  decide,
  type Link,
  type LinkEvents,
  Lists,
  loneTab,
  MemoryStore,
  steadyWake,
  systemClock,
  systemRandom,
} from "@aftercare/sdk";
import type { Lines } from "./lines.ts";
import { ids, now } from "./sample.ts";

/** The longest conversation, and the others: enough to walk through. */
export const deepMessages = 100_000;
const others = 40;
const shortMessages = 120;

export const deepStream: StreamId = "c_deep000000000000000000";
export const shortStream = (n: number): StreamId => `c_short${String(n).padStart(17, "0")}`;

/**
 * The real client on a server in this page that makes every message when it is asked for: what grows in memory is the
 * client's alone. For figures of scrolling and opening (`rig/bench/ui.ts`).
 */
export function deepClient(lines: Lines): Client {
  const who = { account: ids.alex, name: lines.agents[0], kind: "staff" as const };
  const texts = Object.values(lines.talk);
  return createClient({
    transports: [{ name: "websocket", open: (events) => new DeepLink(events, who, texts, lines) }],
    auth: { credential: async () => ({ token: "t", ...who, expiresAt: Number.MAX_SAFE_INTEGER }) },
    store: new MemoryStore(new Map()),
    tabs: loneTab(),
    wake: steadyWake,
    clock: systemClock,
    random: systemRandom,
    law: decide,
    lists: Lists,
  });
}

class DeepLink implements Link {
  readonly #events: LinkEvents;
  readonly #who: { account: string; name: string; kind: "staff" };
  readonly #texts: readonly string[];
  readonly #lines: Lines;
  #open = true;

  constructor(
    events: LinkEvents,
    who: { account: string; name: string; kind: "staff" },
    texts: readonly string[],
    lines: Lines,
  ) {
    this.#events = events;
    this.#who = who;
    this.#texts = texts;
    this.#lines = lines;
    queueMicrotask(() => events.opened("ticket"));
  }

  send(text: string): void {
    const frame = JSON.parse(text) as ClientFrame;
    if (frame.t === "hello") {
      const { account, name, kind } = this.#who;
      this.#tell({ t: "welcome", version: 1, account, name, kind, at: now, epoch: 1, heartbeatMs: 15_000, limits });
      this.#subscribe([inboxOf(account)]);
    } else if (frame.t === "subscribe") this.#subscribe(frame.cursors.map(({ stream }) => stream));
    else if (frame.t === "read") this.#read(frame.n, frame.read as Read);
  }

  close(): void {
    this.#open = false;
  }

  /** An answer is a few milliseconds under way, as from a server nearby. */
  #tell(frame: ServerFrame): void {
    const text = JSON.stringify(frame);
    setTimeout(() => this.#open && this.#events.frame(text), 5);
  }

  #subscribe(streams: readonly StreamId[]): void {
    for (const stream of streams) {
      const inbox = stream === inboxOf(this.#who.account);
      const snapshot = inbox ? this.#inbox(stream) : this.#conversation(stream);
      this.#tell({ t: "reset", snapshot });
      this.#tell({ t: "live", stream, epoch: 1, seq: snapshot.seq, receipts: {}, present: [] });
    }
  }

  #inbox(stream: StreamId) {
    const all = [deepStream, ...Array.from({ length: others }, (_, n) => shortStream(n))];
    const entries = all.map((one) => ({ stream: one, kind: "support" as const, role: "agent" as const, settings: {} }));
    return { kind: "inbox" as const, stream, epoch: 1, seq: all.length, entries, drafts: {}, invitations: [] };
  }

  #conversation(stream: StreamId): ConversationSnapshot {
    const head = this.#head(stream);
    const name =
      stream === deepStream ? this.#lines.customer : `${this.#lines.customer} ${Number(stream.slice(7)) + 1}`;
    const member = (account: string, called: string, role: Member["role"]) => ({
      account,
      name: called,
      role,
      fromSeq: 1,
    });
    const members = [member(ids.customer, name, "customer"), member(ids.alex, this.#lines.agents[0], "agent")];
    const meta: Meta = { kind: "support", history: "all", createdAt: now, customer: ids.customer, pins: [] };
    const from = Math.max(1, head - limits.snapshotItems + 1);
    const receipts = { [ids.alex]: { readSeq: head, deliveredSeq: head } };
    const items = this.#items(stream, from, head);
    return { kind: "conversation", stream, epoch: 1, seq: head, meta, members, receipts, items, from, refs: [] };
  }

  #list(): ListPage {
    const all = [deepStream, ...Array.from({ length: others }, (_, n) => shortStream(n))];
    return {
      lines: all.map((stream): ListLine => {
        const { members, items } = this.#conversation(stream);
        const last = items.at(-1);
        const part = last?.type === "message.sent" ? last.body.parts[0] : undefined;
        const text = part && "text" in part ? String(part.text) : "";
        const customer = { account: ids.customer, name: members[0]?.name ?? "" };
        const said = last && { seq: last.seq, by: last.by, at: last.at, text };
        return {
          stream,
          kind: "support",
          customer,
          last: said,
          lastAt: last?.at ?? now,
          unread: { count: 0, more: false },
          settings: {},
        };
      }),
    };
  }

  #head(stream: StreamId): number {
    return stream === deepStream ? deepMessages : shortMessages;
  }

  #items(stream: StreamId, from: number, to: number): Event[] {
    const head = this.#head(stream);
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, index): Event => {
      const seq = from + index;
      const text = `${seq}. ${this.#texts[(seq * 7) % this.#texts.length]}`;
      const by = seq % 3 === 0 ? ids.alex : ids.customer;
      const at = now - (head - seq) * 4 * 60_000;
      return { stream, seq, type: "message.sent", by, at, body: { parts: [{ type: "text", text }] } };
    });
  }

  #read(n: number, read: Read): void {
    if (read.type === "list") return this.#tell({ t: "answer", n, answer: this.#list() });
    if (read.type !== "history") return this.#tell({ t: "answer", n, refusal: { code: "not-found" } });
    const { stream, limit = 50 } = read;
    const head = this.#head(stream);
    const time = (at: number) => Math.max(1, head - Math.floor((now - at) / (4 * 60_000)));
    const after = read.after ?? (read.at === undefined ? undefined : time(read.at) - 1);
    const half = Math.floor(limit / 2);
    const to =
      after === undefined
        ? Math.min(head, read.around === undefined ? (read.before ?? head + 1) - 1 : read.around + half)
        : Math.min(head, after + limit);
    const from = after === undefined ? Math.max(1, to - limit + 1) : after + 1;
    const items = this.#items(stream, from, to);
    this.#tell({ t: "answer", n, answer: { stream, epoch: 1, items, refs: [], from, to, head, older: from > 1 } });
  }
}
