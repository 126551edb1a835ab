import {
  type AccountId,
  type Ack,
  accountOfInbox,
  type Command,
  type CommandId,
  type Event,
  type Refusal,
  type Seq,
  type ServerFrame,
  type Snapshot,
  type StreamId,
} from "@aftercare/protocol";
import { Deliveries } from "./inspector.ts";
import { Chronicle } from "./membership.ts";
import type { ModelDatabase } from "./model-store.ts";
import type { Wire } from "./network.ts";
import type { Tables } from "./tables.ts";
import { type Answer, later, Tries } from "./tries.ts";
import { Violation } from "./violation.ts";

/** A log, and who was a member of what in it. */
type Past = { tables: Tables; chronicle: Chronicle };

/** What is checked at every step of a run. */
export class Watch {
  readonly chronicle = new Chronicle();
  readonly deliveries = new Deliveries();
  readonly tries = new Tries();
  /** Acknowledged commands, by account and id. */
  readonly acks = new Map<string, { account: AccountId; ack: Ack }>();
  readonly refusals = new Map<string, Refusal>();
  /** The frames of commands that came in, by account and id. */
  readonly commands = new Map<string, Command>();
  frames = 0;
  /** Those who read support conversations and their notes by right. */
  readonly readers = new Set<AccountId>();
  readonly #database: ModelDatabase;
  /** The log before the last failover: a node that does not know of it yet speaks of that one, under its epoch. */
  #past: Past | undefined;
  #judgedByPast = false;
  readonly #parsed = new Map<string, ServerFrame>();

  constructor(database: ModelDatabase) {
    this.#database = database;
  }

  /**
   * The database went back: what it no longer has is forgotten, and nobody is blamed for it. `before`: what it was, where
   * nodes ran on.
   */
  restored(before: Tables | undefined): void {
    if (before) {
      const chronicle = new Chronicle();
      chronicle.retell(before);
      this.#past = { tables: before, chronicle };
    } else this.#past = undefined;
    const { tables } = this.#database;
    this.chronicle.retell(tables);
    this.tries.restored([...tables.streams.keys()].flatMap((stream) => tables.events(stream)));
    for (const [key, { account, ack }] of this.acks)
      if (!this.#database.tables.command(ack.stream, account, ack.id)) this.acks.delete(key);
    this.refusals.clear();
    this.deliveries.restored((stream) => this.#database.tables.streams.get(stream)?.lastSeq ?? 0);
  }

  get #tables(): Tables {
    return (this.#judgedByPast && this.#past?.tables) || this.#database.tables;
  }

  get #members(): Chronicle {
    return (this.#judgedByPast && this.#past?.chronicle) || this.chronicle;
  }

  /** What is said under an older epoch is held to the log of that one; what names none to either. */
  #judge(epoch: number | undefined, check: () => void): void {
    const { epoch: now } = this.#database.tables;
    const old = this.#past !== undefined && epoch !== undefined && epoch < now;
    try {
      this.#judgedByPast = old;
      check();
    } catch (error) {
      if (!this.#past || epoch !== undefined) throw error;
      this.#judgedByPast = true;
      check();
    } finally {
      this.#judgedByPast = false;
    }
  }

  received(wire: Wire, text: string): void {
    this.deliveries.received(wire, text);
    if (!text.startsWith('{"t":"command"')) return;
    const { command } = JSON.parse(text) as { command: Command };
    const { account } = wire.caller.principal;
    this.commands.set(`${account} ${command.id}`, command);
    this.tries.begin(account, command, wire);
  }

  sent(wire: Wire, text: string): void {
    this.frames++;
    const { account, kind } = wire.caller.principal;
    if (kind === "customer" && text.includes('"n_'))
      throw new Violation("member", `a customer hears of notes: ${text}`);
    const frame = this.#parse(text);
    this.deliveries.sent(wire, frame, this.#database.tables.epoch);
    switch (frame.t) {
      case "event":
        return this.#judge(frame.epoch, () => this.#event(account, frame.event));
      case "events":
        return this.#judge(frame.epoch, () => {
          for (const event of frame.events) this.#event(account, event);
        });
      case "reset":
        return this.#judge(frame.snapshot.epoch, () => this.#snapshot(account, frame.snapshot));
      case "ack":
        this.tries.answered(account, frame.ack.id, wire, frame);
        return this.answered(account, frame.ack.id, frame);
      case "refused":
        this.tries.answered(account, frame.id, wire, frame);
        return this.answered(account, frame.id, frame);
      case "answer":
        return this.answer(account, frame.answer);
      case "live":
        this.#judge(undefined, () => this.#told(frame.stream, ...frame.present, ...Object.keys(frame.receipts)));
        return this.#stream(account, kind, frame.stream);
      case "receipt":
        this.#judge(undefined, () => this.#told(frame.stream, frame.account));
        return this.#stream(account, kind, frame.stream);
      case "signal":
        this.#judge(undefined, () => this.#told(frame.signal.stream, frame.signal.by));
        return this.#stream(account, kind, frame.signal.stream);
      default:
    }
  }

  #parse(text: string): ServerFrame {
    const known = this.#parsed.get(text);
    if (known) return known;
    if (this.#parsed.size > 32) this.#parsed.clear();
    const frame = JSON.parse(text) as ServerFrame;
    this.#parsed.set(text, frame);
    return frame;
  }

  /** An answer to a command, by whatever way it went. */
  answered(account: AccountId, id: CommandId, answer: Answer): void {
    const key = `${account} ${id}`;
    if ("refusal" in answer) {
      if (!later.includes(answer.refusal.code)) this.refusals.set(key, answer.refusal);
      return;
    }
    this.#judge(undefined, () => this.#acked(account, id, answer.ack));
  }

  #acked(account: AccountId, id: CommandId, ack: Ack): void {
    const key = `${account} ${id}`;
    const row = this.#tables.event(ack.stream, ack.seq);
    if (ack.seq > 0 && (row?.commandId !== id || row.by !== account))
      throw new Violation("durable", `${id} was acknowledged at ${ack.stream} ${ack.seq}, which the log does not have`);
    // Acknowledged by a log that is gone: its client sends it again once it knows.
    if (this.#judgedByPast) return;
    const before = this.acks.get(key)?.ack;
    if (before && (before.seq !== ack.seq || before.stream !== ack.stream || before.conversation !== ack.conversation))
      throw new Violation("once", `${id} was answered ${JSON.stringify(before)}, then ${JSON.stringify(ack)}`);
    this.acks.set(key, { account, ack });
  }

  #stream(account: AccountId, kind: string, stream: StreamId): void {
    if (stream.startsWith("i_") && accountOfInbox(stream) !== account)
      throw new Violation("member", `${account} hears of ${stream}`);
    if (kind === "customer" && /^[nd]_/.test(stream)) throw new Violation("member", `a customer hears of ${stream}`);
  }

  /** Of a conversation nobody hears of somebody who never was a member: reading by right is not seen. */
  #told(stream: StreamId, ...accounts: AccountId[]): void {
    if (!stream.startsWith("c_")) return;
    for (const account of accounts)
      if (!this.#members.everMember(stream, account)) throw new Violation("member", `${stream} tells of ${account}`);
  }

  /** Whether the account reads the stream without being a member. */
  readsByRight(stream: StreamId, account: AccountId): boolean {
    return this.readers.has(account) && this.#tables.streams.get(stream)?.meta?.kind === "support";
  }

  #event(account: AccountId, event: Event): void {
    const { stream, seq } = event;
    if (stream.startsWith("d_")) {
      if (!this.#tables.member(stream, account)) throw new Violation("member", `${account} gets ${stream} ${seq}`);
    } else if (stream.startsWith("i_")) {
      if (accountOfInbox(stream) !== account) throw new Violation("member", `${account} gets ${stream} ${seq}`);
    } else if (!this.#members.mayRead(stream, account, seq) && !this.readsByRight(stream, account))
      throw new Violation("member", `${account} gets ${event.type} ${stream} ${seq}`);
    const row = this.#tables.event(stream, seq);
    if (!row) throw new Violation("durable", `${stream} ${seq} is told and not in the log`);
    if (row.type !== event.type || row.commandId !== event.commandId || row.by !== event.by)
      throw new Violation("dense", `${stream} ${seq} is ${row.type} in the log and told as ${event.type}`);
  }

  #snapshot(account: AccountId, snapshot: Snapshot): void {
    const { stream, seq } = snapshot;
    if (snapshot.kind === "inbox") return this.#stream(account, "staff", stream);
    if (snapshot.kind === "desk") return;
    if (!this.#members.wasMember(stream, account, seq) && !this.readsByRight(stream, account))
      throw new Violation("member", `${account} gets a snapshot of ${stream} at ${seq}`);
    this.#whole(stream, snapshot.items, snapshot.from, snapshot.seq);
    for (const event of [...snapshot.items, ...snapshot.refs]) this.#event(account, event);
  }

  answer(account: AccountId, answer: unknown): void {
    if (typeof answer !== "object" || answer === null) return;
    const { epoch } = answer as { epoch?: number };
    this.#judge(epoch, () => this.#answer(account, answer));
  }

  #answer(account: AccountId, answer: object): void {
    const found = answer as Partial<Record<"items" | "refs" | "messages", Event[]>> & {
      stream: StreamId;
      from?: Seq;
      to?: Seq;
      kind?: string;
    };
    if (found.kind !== undefined) return this.#snapshot(account, answer as Snapshot);
    for (const event of [...(found.items ?? []), ...(found.refs ?? []), ...(found.messages ?? [])])
      this.#event(account, event);
    if (found.items && found.from !== undefined && found.to !== undefined)
      this.#whole(found.stream, found.items, found.from, found.to);
  }

  /** Between its bounds a page has every item, once, in order. */
  #whole(stream: StreamId, items: readonly Event[], from: Seq, to: Seq): void {
    for (const [index, item] of items.entries())
      if (item.seq < from || item.seq > to || (index > 0 && item.seq <= (items[index - 1] as Event).seq))
        throw new Violation("page", `${stream} ${from}-${to} holds ${items.map(({ seq }) => seq).join(" ")}`);
    if (to < from) return;
    const count = this.#members.countItems(stream, from, to);
    if (count !== items.length)
      throw new Violation("page", `${stream} ${from}-${to} has ${count} items in the log, ${items.length} in the page`);
  }
}
