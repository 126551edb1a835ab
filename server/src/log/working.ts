import {
  type Actor,
  blankEdit,
  brings,
  type Decision,
  type Desk,
  type Facts,
  foldLeaving,
  foldMembers,
  foldMessage,
  foldMeta,
  type MessageEvent,
  type NewEvent,
} from "@aftercare/core";
import {
  type AccountId,
  accountOfInbox,
  type By,
  type Command,
  type CommandId,
  type EventOf,
  type Member,
  notesOf,
  type Seq,
  type StreamId,
} from "@aftercare/protocol";
import { Lines } from "./lines.ts";
import { type Changes, type Loaded, type LogEvent, type MemberRow, noChanges, type StreamRow } from "./store.ts";

const key = (stream: StreamId, other: string | number): string => `${stream} ${other}`;

/**
 * The rows one batch works on: loaded under the locks, changed by each command in turn, so that the second command of a
 * batch sees the first. What was changed is collected for one write.
 */
export class WorkingSet {
  private readonly streams = new Map<StreamId, StreamRow>();
  private readonly members = new Map<string, MemberRow>();
  private readonly messages = new Map<string, MessageEvent>();
  private readonly accounts = new Map<AccountId, Loaded["accounts"][number]>();
  private readonly desks: Map<string | undefined, Desk>;
  readonly changes = noChanges();
  private readonly moved = new Set<StreamId>();
  private readonly made = new Set<StreamId>();
  private readonly remade = new Set<StreamId>();
  private readonly refolded = new Set<string>();
  private readonly lines = new Lines();

  constructor(rows: readonly StreamRow[], loaded: Loaded, desks: Map<string | undefined, Desk>) {
    for (const row of rows) this.streams.set(row.id, { ...row });
    this.add(loaded);
    this.desks = desks;
  }

  add(loaded: Loaded): void {
    for (const row of loaded.members) this.members.set(key(row.stream, row.member.account), row);
    for (const message of loaded.messages) this.messages.set(key(message.stream, message.seq), message);
    for (const account of loaded.accounts) this.accounts.set(account.account, account);
  }

  row(stream: StreamId): StreamRow | undefined {
    return this.streams.get(stream);
  }

  isRetired(account: AccountId): boolean {
    return this.accounts.get(account)?.retired === true;
  }

  facts(actor: Actor, now: number, recallWindowMs: number, newConversation: StreamId): Facts {
    return {
      now,
      actor,
      recallWindowMs,
      newConversation,
      stream: (id) => {
        const row = this.streams.get(id);
        return row?.meta && { meta: row.meta, memberCount: row.memberCount, lastSeq: row.lastSeq };
      },
      member: (stream, account) => this.member(stream, account),
      invited: (stream, account) => this.members.get(key(stream, account))?.status === "invited",
      message: (stream, seq) => this.messages.get(key(stream, seq)),
      account: (account) => this.accounts.get(account),
      desk: (at) => this.desks.get(at),
    };
  }

  private member(stream: StreamId, account: By): Member | undefined {
    const row = this.members.get(key(stream, account));
    return row?.status === "joined" ? row.member : undefined;
  }

  /** Gives the events of a decision their seqs and does to the rows what they say. Returns them as they go into the log. */
  append(
    command: Command,
    actor: Actor,
    decision: Extract<Decision, { events: unknown }>,
    at: number,
    fingerprint: number,
  ): LogEvent[] {
    const [first, ...further] = decision.events;
    if (!first) return [];
    const mark = { commandId: command.id as CommandId, fingerprint };
    return [this.put(first, actor.account, at, mark), ...further.map((next) => this.put(next, actor.account, at))];
  }

  /** Takes events that no command asked for. */
  record(events: readonly NewEvent[], by: By, at: number): void {
    for (const next of events) this.put(next, by, at);
  }

  private put(next: NewEvent, by: By, at: number, mark: Partial<LogEvent> = {}): LogEvent {
    const { stream, type, body } = next;
    const event = { stream, seq: this.nextSeq(stream), type, by: next.by ?? by, at, body, ...mark } as LogEvent;
    this.changes.events.push(event);
    this.effect(event);
    return event;
  }

  private nextSeq(stream: StreamId): Seq {
    let row = this.streams.get(stream);
    if (!row) {
      row = { id: stream, lastSeq: 0, memberCount: 0, version: 0 };
      this.streams.set(stream, row);
      this.made.add(stream);
    }
    row.lastSeq += 1;
    this.moved.add(stream);
    return row.lastSeq;
  }

  private effect(event: LogEvent): void {
    this.change(event);
    const meta = this.streams.get(event.stream)?.meta;
    if (meta && event.stream.startsWith("c_")) this.lines.take(event, meta);
  }

  private change(event: LogEvent): void {
    switch (event.type) {
      case "conversation.opened":
        return this.open(event);
      case "conversation.renamed":
      case "conversation.announced":
      case "conversation.assigned":
      case "conversation.closed":
      case "conversation.reopened":
      case "message.pinned":
      case "message.unpinned":
        return this.remeta(event);
      case "message.sent":
        this.messages.set(key(event.stream, event.seq), event);
        this.lines.mention(event, event.body.parts);
        return;
      case "message.recalled":
        this.remeta(event);
        return this.refold(event);
      case "message.edited":
      case "message.reacted":
        return this.refold(event);
      case "member.became":
        this.remeta(event);
        return this.remember(event);
      case "member.joined":
      case "member.left":
      case "member.removed":
      case "member.muted":
      case "member.role-set":
      case "member.handed-over":
        return this.remember(event);
      case "inbox.invited":
      case "inbox.invitation-ended":
        return this.invitation(event);
      case "desk.joined":
        return this.serve({ ...event.body, role: "agent", fromSeq: 1 }, event);
      case "desk.left":
        return this.unserve(event);
      case "inbox.left":
        return this.forgetOwn(event.body.stream, accountOfInbox(event.stream));
      case "inbox.settings-set":
        this.changes.settings.push({ ...event.body, account: accountOfInbox(event.stream) });
        return;
      case "draft.changed":
        this.changes.drafts.push({ ...event.body, account: accountOfInbox(event.stream) });
        return;
      default:
    }
  }

  private open(event: EventOf<"conversation.opened">): void {
    const row = this.streams.get(event.stream) as StreamRow;
    row.meta = event.body.meta;
    row.memberCount = event.body.members.length;
    const receipt = { deliveredSeq: event.seq, readSeq: event.seq };
    for (const member of event.body.members)
      this.putMember({ stream: event.stream, status: "joined", member }, { receipt });
  }

  private remeta(event: Parameters<typeof foldMeta>[1]): void {
    const row = this.streams.get(event.stream);
    if (!row?.meta) return;
    const meta = foldMeta(row.meta, event);
    if (meta === row.meta) return;
    row.meta = meta;
    this.remade.add(event.stream);
  }

  private refold(event: Parameters<typeof foldMessage>[1]): void {
    const place = key(event.stream, event.body.seq);
    const before = this.messages.get(place);
    if (!before) return;
    // Only the newest text stays in the log (law 14): older copies go as soon as an edit or a recall replaces them.
    if (event.type !== "message.reacted")
      for (const seq of before.fold?.edits ?? [])
        this.changes.blanked.push({ stream: event.stream, seq, body: blankEdit({ seq: event.body.seq, parts: [] }) });
    const after = foldMessage(before, event);
    if (event.type !== "message.reacted") this.lines.mentionAnew(before, after, event.at);
    this.messages.set(place, after);
    this.refolded.add(place);
  }

  private remember(event: Parameters<typeof foldMembers>[1]): void {
    const row = this.streams.get(event.stream) as StreamRow;
    for (const [account, member] of foldMembers((one) => this.member(event.stream, one), event)) {
      const before = this.members.get(key(event.stream, account));
      if (member === null) {
        if (!before) continue;
        row.memberCount -= 1;
        if (row.meta) row.meta = foldLeaving(row.meta, account);
        this.remade.add(event.stream);
        this.putMember({ ...before, status: "left" }, { untilSeq: event.seq });
      } else if (brings(event, account)) {
        if (before?.status !== "joined") row.memberCount += 1;
        this.remade.add(event.stream);
        const receipt = { deliveredSeq: event.seq, readSeq: event.seq };
        this.putMember({ stream: event.stream, status: "joined", member }, { receipt });
      } else this.putMember({ stream: event.stream, status: "joined", member });
    }
  }

  private serve(member: Member, { stream, seq }: EventOf<"desk.joined">): void {
    if (this.member(stream, member.account)) return;
    this.putMember({ stream, status: "joined", member }, { receipt: { deliveredSeq: seq, readSeq: seq } });
  }

  private unserve({ stream, seq, body }: EventOf<"desk.left">): void {
    const before = this.members.get(key(stream, body.account));
    if (before?.status !== "joined") return;
    this.putMember({ ...before, status: "left" }, { untilSeq: seq });
  }

  private invitation(event: EventOf<"inbox.invited"> | EventOf<"inbox.invitation-ended">): void {
    const { stream } = event.body;
    const account = accountOfInbox(event.stream);
    const before = this.members.get(key(stream, account));
    if (event.type === "inbox.invited") {
      const name = this.accounts.get(account)?.name ?? "";
      const member: Member = { account, name, role: "member", fromSeq: 1 };
      this.putMember({ stream, status: "invited", member }, { invitation: { ...event.body, at: event.at } });
    } else if (before?.status === "invited") this.putMember({ ...before, status: "left" });
  }

  /** Drafts and settings of one batch are written after its members: those from before a leaving must not come back. */
  private forgetOwn(conversation: StreamId, account: AccountId): void {
    const stays = (row: { stream: StreamId; account: AccountId }) =>
      row.account !== account || (row.stream !== conversation && row.stream !== notesOf(conversation));
    this.changes.drafts = this.changes.drafts.filter(stays);
    this.changes.settings = this.changes.settings.filter(stays);
  }

  private putMember(row: MemberRow, more: Partial<Changes["members"][number]> = {}): void {
    this.members.set(key(row.stream, row.member.account), row);
    this.changes.members.push({ ...row, ...more });
  }

  /** What the transaction has to write, each row once. */
  collect(): Changes {
    for (const stream of this.moved) {
      const row = this.streams.get(stream) as StreamRow;
      if (this.made.has(stream)) this.changes.newStreams.push(row);
      else {
        this.changes.heads.push({ id: stream, lastSeq: row.lastSeq });
        if (row.meta && this.remade.has(stream))
          this.changes.metas.push({ id: stream, meta: row.meta, memberCount: row.memberCount });
      }
    }
    for (const place of this.refolded) {
      const { stream, seq, body, fold } = this.messages.get(place) as MessageEvent;
      if (fold) this.changes.messages.push({ stream, seq, body, fold });
    }
    this.settleFresh();
    this.changes.lines = this.lines.collect(this.made);
    this.changes.mentions = this.lines.mentions();
    return this.changes;
  }

  /** Messages sent and changed in one batch are inserted as they ended; superseded edits likewise. */
  private settleFresh(): void {
    const fresh = new Map(this.changes.events.map((event) => [key(event.stream, event.seq), event]));
    this.changes.messages = this.changes.messages.filter((message) => {
      const event = fresh.get(key(message.stream, message.seq));
      if (event) Object.assign(event, { body: message.body, fold: message.fold });
      return event === undefined;
    });
    this.changes.blanked = this.changes.blanked.filter((edit) => {
      const event = fresh.get(key(edit.stream, edit.seq));
      if (event) event.body = edit.body;
      return event === undefined;
    });
  }
}
