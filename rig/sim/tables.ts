import type { Actor, MessageEvent } from "@aftercare/core";
import {
  type AccountId,
  type CommandId,
  type Draft,
  type Event,
  type InboxSettings,
  type Invitation,
  inboxOf,
  type Member,
  type Receipt,
  type Seq,
  type StreamId,
} from "@aftercare/protocol";
import type { TraceRow } from "../../server/src/gateway/trace-pack.ts";
import type { Changes, FoundCommand, LogEvent, MemberStatus, StreamRow } from "../../server/src/log/store.ts";

export type MemberRecord = {
  readonly stream: StreamId;
  readonly status: MemberStatus;
  readonly member: Member;
  readonly receipt: Receipt;
  readonly settings: InboxSettings;
  readonly draft: Draft | null;
  readonly invitation: Invitation | null;
};
export type EventRow = Readonly<LogEvent>;

/** A constraint of the schema was met: with the stream locked, that cannot happen. */
export class ConstraintViolation extends Error {}

/** What is stored is text there, so it is a copy here; frozen, as nobody may change a row by holding it. */
export function stored<T>(value: T): T {
  return freeze(JSON.parse(JSON.stringify(value)) as T);
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}

const commandKey = (stream: StreamId, by: string, id: CommandId): string => `${stream} ${by} ${id}`;

/** The committed rows of the log, with the constraints of server/migrations/0001_log.sql. Rows are never changed, only replaced. */
export class Tables {
  epoch = 1;
  readonly streams = new Map<StreamId, StreamRow>();
  /** Of desks. */
  readonly shops = new Map<StreamId, string>();
  readonly accounts = new Map<AccountId, Actor>();
  readonly #members = new Map<StreamId, Map<AccountId, MemberRecord>>();
  readonly #events = new Map<StreamId, EventRow[]>();
  readonly #commands = new Map<string, Seq>();
  readonly #commandIds = new Set<CommandId>();

  /** Changes of rights, each with the number of its commit. */
  readonly rights: { readonly commit: number; readonly stream: StreamId; readonly head: Seq }[] = [];
  commits = 0;
  /** The delivery inspector's marks. */
  readonly traces: TraceRow[] = [];

  copy(): Tables {
    const other = new Tables();
    other.rights.push(...this.rights);
    other.commits = this.commits;
    other.traces.push(...this.traces);
    other.epoch = this.epoch;
    for (const [id, row] of this.streams) other.streams.set(id, row);
    for (const [desk, shop] of this.shops) other.shops.set(desk, shop);
    for (const [id, row] of this.accounts) other.accounts.set(id, row);
    for (const [id, rows] of this.#members) other.#members.set(id, new Map(rows));
    for (const [id, rows] of this.#events) other.#events.set(id, [...rows]);
    for (const [key, seq] of this.#commands) other.#commands.set(key, seq);
    for (const id of this.#commandIds) other.#commandIds.add(id);
    return other;
  }

  addAccount(actor: Actor): void {
    this.accounts.set(actor.account, stored(actor));
    const id = inboxOf(actor.account);
    this.streams.set(id, stored({ id, lastSeq: 0, memberCount: 0, version: 0 }));
  }

  addDesk(id: StreamId, title: string, staff: readonly Actor[], shop?: string): void {
    if (shop !== undefined) this.shops.set(id, shop);
    this.streams.set(id, stored({ id, lastSeq: 0, memberCount: staff.length, version: 0, title }));
    for (const { account, name } of staff)
      this.#putMember({
        stream: id,
        status: "joined",
        member: { account, name, role: "agent", fromSeq: 1 },
        receipt: { deliveredSeq: 0, readSeq: 0 },
        settings: {},
        draft: null,
        invitation: null,
      });
  }

  events(stream: StreamId): readonly EventRow[] {
    return this.#events.get(stream) ?? [];
  }

  event(stream: StreamId, seq: Seq): EventRow | undefined {
    const rows = this.events(stream);
    const dense = rows[seq - 1];
    return dense?.seq === seq ? dense : rows.find((row) => row.seq === seq);
  }

  message(stream: StreamId, seq: Seq): MessageEvent | undefined {
    const row = this.event(stream, seq);
    return row?.type === "message.sent" ? (withoutFingerprint(row) as MessageEvent) : undefined;
  }

  hasCommandId(id: CommandId): boolean {
    return this.#commandIds.has(id);
  }

  /** In order of account. */
  members(stream: StreamId): MemberRecord[] {
    const rows = [...(this.#members.get(stream)?.values() ?? [])];
    return rows.sort((a, b) => (a.member.account < b.member.account ? -1 : 1));
  }

  member(stream: StreamId, account: AccountId): MemberRecord | undefined {
    return this.#members.get(stream)?.get(account);
  }

  /** In order of stream, last first. */
  memberships(account: AccountId): MemberRecord[] {
    const rows: MemberRecord[] = [];
    for (const members of this.#members.values()) {
      const row = members.get(account);
      if (row) rows.push(row);
    }
    return rows.sort((a, b) => (a.stream > b.stream ? -1 : 1));
  }

  command(stream: StreamId, by: string, commandId: CommandId): FoundCommand | undefined {
    const seq = this.#commands.get(commandKey(stream, by, commandId));
    const row = seq === undefined ? undefined : this.event(stream, seq);
    if (!row) return undefined;
    const found: FoundCommand = { stream, by, commandId, seq: row.seq, at: row.at, fingerprint: row.fingerprint ?? 0 };
    if (row.type === "inbox.joined") found.conversation = row.body.stream;
    return found;
  }

  /** Throws what PostgreSQL would reject. */
  check(changes: Changes): void {
    for (const event of changes.events) {
      if (this.event(event.stream, event.seq))
        throw new ConstraintViolation(`two events take ${event.stream} ${event.seq}`);
      if (event.commandId !== undefined && this.#commands.has(commandKey(event.stream, event.by, event.commandId)))
        throw new ConstraintViolation(`command ${event.commandId} is in ${event.stream} twice`);
    }
    for (const row of changes.newStreams)
      if (this.streams.has(row.id)) throw new ConstraintViolation(`stream ${row.id} is there`);
  }

  apply(changes: Changes): void {
    this.commits++;
    for (const { id, lastSeq } of changes.heads)
      if (changes.members.some(({ stream }) => stream === id))
        this.rights.push({ commit: this.commits, stream: id, head: lastSeq });
    for (const event of changes.events) this.#insert(stored(event));
    for (const row of changes.newStreams) this.streams.set(row.id, stored(row));
    for (const { id, lastSeq } of changes.heads) this.#change(id, { lastSeq });
    for (const { id, meta, memberCount } of changes.metas) this.#change(id, { meta: stored(meta), memberCount });
    const changed = new Set([...changes.metas.map(({ id }) => id), ...changes.members.map(({ stream }) => stream)]);
    for (const { id } of changes.newStreams) changed.delete(id);
    for (const id of changed) this.#change(id, { version: (this.streams.get(id)?.version ?? 0) + 1 });
    for (const row of changes.members) this.#upsert(row);
    for (const { stream, seq, body, fold } of changes.messages) this.#rewrite(stream, seq, { body, fold });
    for (const { stream, seq, body } of changes.blanked) this.#rewrite(stream, seq, { body });
    for (const { stream, account, draft } of changes.drafts) {
      const row = this.member(stream, account);
      if (row) this.#putMember({ ...row, draft: stored(draft) });
    }
    for (const { stream, account, settings } of changes.settings) {
      const row = this.member(stream, account);
      if (row) this.#putMember({ ...row, settings: stored({ ...row.settings, ...settings }) });
    }
  }

  raiseReceipt(stream: StreamId, account: AccountId, { deliveredSeq, readSeq }: Receipt): boolean {
    const row = this.member(stream, account);
    if (row?.status !== "joined") return false;
    const receipt = {
      deliveredSeq: Math.max(row.receipt.deliveredSeq, deliveredSeq),
      readSeq: Math.max(row.receipt.readSeq, readSeq),
    };
    this.#putMember({ ...row, receipt: stored(receipt) });
    return true;
  }

  #insert(row: EventRow): void {
    const rows = this.#events.get(row.stream) ?? [];
    this.#events.set(row.stream, rows);
    rows.push(row);
    if ((rows.at(-2)?.seq ?? 0) > row.seq) rows.sort((a, b) => a.seq - b.seq);
    if (row.commandId === undefined) return;
    this.#commands.set(commandKey(row.stream, row.by, row.commandId), row.seq);
    this.#commandIds.add(row.commandId);
  }

  #change(id: StreamId, change: Partial<StreamRow>): void {
    const row = this.streams.get(id);
    if (row) this.streams.set(id, Object.freeze({ ...row, ...change }));
  }

  #rewrite(stream: StreamId, seq: Seq, change: object): void {
    const rows = this.#events.get(stream);
    const index = rows?.findIndex((row) => row.seq === seq) ?? -1;
    if (rows && index >= 0) rows[index] = stored({ ...(rows[index] as EventRow), ...change });
  }

  #upsert({ stream, status, member, receipt, invitation }: Changes["members"][number]): void {
    const was = this.member(stream, member.account);
    const stays = status === "joined" && was?.status === "joined";
    const kept = was?.receipt ?? { deliveredSeq: 0, readSeq: 0 };
    this.#putMember({
      stream,
      status,
      member: stored(member),
      receipt: stored({
        deliveredSeq: receipt?.deliveredSeq || kept.deliveredSeq,
        readSeq: receipt?.readSeq || kept.readSeq,
      }),
      settings: stays ? was.settings : {},
      draft: stays ? was.draft : null,
      invitation: invitation ? stored(invitation) : null,
    });
  }

  #putMember(row: MemberRecord): void {
    const rows = this.#members.get(row.stream) ?? new Map<AccountId, MemberRecord>();
    this.#members.set(row.stream, rows);
    rows.set(row.member.account, row);
  }
}

export function withoutFingerprint(row: EventRow): Event {
  const { fingerprint: _, ...event } = row;
  return event as Event;
}
