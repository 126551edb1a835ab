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
import { Chronicle } from "./membership.ts";
import type { ModelDatabase } from "./model-store.ts";
import type { Wire } from "./network.ts";
import { Violation } from "./violation.ts";

/** Refusals that only put a command off: it is sent again under the same id. */
const later: readonly Refusal["code"][] = ["busy", "rate-limited", "unauthorised"];

/** What is checked at every step of a run. */
export class Watch {
  readonly chronicle = new Chronicle();
  /** Acknowledged commands, by account and id. */
  readonly acks = new Map<string, { account: AccountId; ack: Ack }>();
  readonly refusals = new Map<string, Refusal>();
  /** The frames of commands that came in, by account and id. */
  readonly commands = new Map<string, Command>();
  frames = 0;
  readonly #database: ModelDatabase;
  readonly #parsed = new Map<string, ServerFrame>();

  constructor(database: ModelDatabase) {
    this.#database = database;
    database.onCommit = (events) => this.chronicle.tell(events);
  }

  /** The database went back: what it no longer has is forgotten, and nobody is blamed for it. */
  restored(): void {
    this.chronicle.retell(this.#database.tables);
    for (const [key, { account, ack }] of this.acks)
      if (!this.#database.tables.command(ack.stream, account, ack.id)) this.acks.delete(key);
    this.refusals.clear();
  }

  received(wire: Wire, text: string): void {
    if (!text.startsWith('{"t":"command"')) return;
    const { command } = JSON.parse(text) as { command: Command };
    this.commands.set(`${wire.caller.principal.account} ${command.id}`, command);
  }

  sent(wire: Wire, text: string): void {
    this.frames++;
    const { account, kind } = wire.caller.principal;
    if (kind === "customer" && text.includes('"n_'))
      throw new Violation("member", `a customer hears of notes: ${text}`);
    const frame = this.#parse(text);
    switch (frame.t) {
      case "event":
        return this.#event(account, frame.event);
      case "events":
        for (const event of frame.events) this.#event(account, event);
        return;
      case "reset":
        return this.#snapshot(account, frame.snapshot);
      case "ack":
        return this.answered(account, frame.ack.id, { ack: frame.ack });
      case "refused":
        return this.answered(account, frame.id, { refusal: frame.refusal });
      case "answer":
        return this.answer(account, frame.answer);
      case "live":
      case "receipt":
        return this.#stream(account, kind, frame.stream);
      case "signal":
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
  answered(account: AccountId, id: CommandId, answer: { ack: Ack } | { refusal: Refusal }): void {
    const key = `${account} ${id}`;
    if ("refusal" in answer) {
      if (!later.includes(answer.refusal.code)) this.refusals.set(key, answer.refusal);
      return;
    }
    const { ack } = answer;
    const row = this.#database.tables.event(ack.stream, ack.seq);
    if (ack.seq > 0 && (row?.commandId !== id || row.by !== account))
      throw new Violation("durable", `${id} was acknowledged at ${ack.stream} ${ack.seq}, which the log does not have`);
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

  #event(account: AccountId, event: Event): void {
    const { stream, seq } = event;
    if (stream.startsWith("d_")) {
      if (!this.#database.tables.member(stream, account))
        throw new Violation("member", `${account} gets ${stream} ${seq}`);
    } else if (stream.startsWith("i_")) {
      if (accountOfInbox(stream) !== account) throw new Violation("member", `${account} gets ${stream} ${seq}`);
    } else if (!this.chronicle.mayRead(stream, account, seq))
      throw new Violation("member", `${account} gets ${event.type} ${stream} ${seq}`);
    const row = this.#database.tables.event(stream, seq);
    if (!row) throw new Violation("durable", `${stream} ${seq} is told and not in the log`);
    if (row.type !== event.type || row.commandId !== event.commandId || row.by !== event.by)
      throw new Violation("dense", `${stream} ${seq} is ${row.type} in the log and told as ${event.type}`);
  }

  #snapshot(account: AccountId, snapshot: Snapshot): void {
    const { stream, seq } = snapshot;
    if (snapshot.kind === "inbox") return this.#stream(account, "staff", stream);
    if (snapshot.kind === "desk") return;
    if (!this.chronicle.wasMember(stream, account, seq))
      throw new Violation("member", `${account} gets a snapshot of ${stream} at ${seq}`);
    this.#whole(stream, snapshot.items, snapshot.from, snapshot.seq);
    for (const event of [...snapshot.items, ...snapshot.refs]) this.#event(account, event);
  }

  answer(account: AccountId, answer: unknown): void {
    if (typeof answer !== "object" || answer === null) return;
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
    const count = this.chronicle.countItems(stream, from, to);
    if (count !== items.length)
      throw new Violation("page", `${stream} ${from}-${to} has ${count} items in the log, ${items.length} in the page`);
  }
}
