import type { Ack, ClientFrame, Command, CommandId, Event, Refusal, Seq, StreamId } from "@aftercare/protocol";
import { doneKey, draftKey, outKey, outRow } from "./cache.ts";
import type { Entry } from "./change.ts";
import type { Ctx } from "./context.ts";
import { ackOf } from "./outbox.ts";
import { type Plan, planWrite } from "./plan.ts";
import { loadAgain } from "./sync.ts";

/** Commands sent and not answered, over all streams. */
const WINDOW_COMMANDS = 32;
const HOLD_MS = { least: 250, usual: 1_000, most: 60_000 } as const;

export type SenderPorts = {
  send(frame: ClientFrame): void;
  online(): boolean;
  seqOf(stream: StreamId): Seq | undefined;
  /** Whether events of the stream are known here, or on their way. */
  follows(stream: StreamId): boolean;
};

/** The leader's side of the outbox: sends in order per stream, again after every reconnect, and takes the answers. */
export class Sender {
  readonly #ctx: Ctx;
  readonly #ports: SenderPorts;
  /** Sent on this link and not answered. */
  readonly #sent = new Set<CommandId>();
  /** Told to come again on this link. */
  readonly #putOff = new Set<CommandId>();
  /** Streams that wait because the server said so, with the time and the timer that end the wait. */
  readonly #holds = new Map<string, { until: number; timer: unknown }>();
  #epoch = 0;

  constructor(ctx: Ctx, ports: SenderPorts) {
    this.#ctx = ctx;
    this.#ports = ports;
  }

  /** Where order is kept: the stream, or the account's inbox for commands without one. */
  #home(entry: Entry): string {
    return entry.stream ?? "inbox";
  }

  pump(): void {
    if (!this.#ports.online()) return;
    const now: Entry[] = [];
    const unanswered = new Set<string>();
    const waiting = new Set<string>(this.#holds.keys());
    for (const entry of this.#ctx.model.outbox) {
      if (entry.status.state === "failed" || entry.acked) continue;
      const home = this.#home(entry);
      if (this.#sent.has(entry.id)) {
        unanswered.add(home);
        continue;
      }
      const isOld = this.#isOld(entry.epoch);
      // Later, as it may change the outbox; without the code it is looked at again with the next link.
      if (entry.lost || isOld) void loadAgain().then(({ settle }) => settle(this.#ctx, entry.id), nothing);
      if (entry.lost) continue;
      if (isOld || this.#isOld(this.#ctx.model.epochOf(entry.stream))) waiting.add(home);
      // Sent again before an earlier one is answered, it would tell the server that the earlier one was given up.
      if (this.#putOff.has(entry.id) && unanswered.has(home)) waiting.add(home);
      if (waiting.has(home)) continue;
      if (this.#sent.size >= WINDOW_COMMANDS) break;
      this.#sent.add(entry.id);
      now.push(entry);
    }
    if (now.length === 0) return;
    this.#ctx.publish([{ t: "standing", ids: now.map(({ id }) => id), status: { state: "sending" } }]);
    for (const { id, type, stream, body } of now)
      this.#ports.send({
        t: "command",
        command: { id, type, ...(stream !== undefined && { stream }), body } as Command,
      });
  }

  welcomed(epoch: number): void {
    this.#epoch = epoch;
    this.pump();
  }

  /** Whether the log went back since: what was named by its seq may be another message there. */
  #isOld(epoch: number | undefined): boolean {
    return epoch !== undefined && epoch !== this.#epoch;
  }

  cut(): void {
    this.#sent.clear();
    this.#putOff.clear();
    this.stop();
  }

  stop(): void {
    for (const { timer } of this.#holds.values()) this.#ctx.ports.clock.clearTimer(timer);
    this.#holds.clear();
  }

  planAck(ack: Ack, plan: Plan): void {
    const entry = this.#ctx.model.entry(ack.id);
    const known = this.#ports.seqOf(ack.stream) ?? 0;
    // Its event is here already, or will not come to this device: the ack alone ends it. In a conversation of which nothing
    // has come yet, what was said would be out of sight until it does.
    if (known >= ack.seq || !this.#ports.follows(ack.stream)) this.#end(ack.id, entry, { ack }, plan);
    else plan.changes.push({ t: "acked", id: ack.id, ack });
    this.#answered(ack.id, plan);
  }

  planRefused(id: CommandId, refusal: Refusal, plan: Plan): void {
    const entry = this.#ctx.model.entry(id);
    this.#answered(id, plan);
    if (!entry || entry.acked) return;
    if (refusal.code === "rate-limited" || refusal.code === "busy") return this.#hold(entry, refusal, plan);
    if (refusal.code === "no-change") {
      const stream = entry.stream ?? this.#ctx.model.inboxStream ?? "";
      return this.#end(id, entry, { ack: { id, stream, seq: 0, at: this.#ctx.now() } }, plan);
    }
    if (!isKept(entry, refusal)) return this.#end(id, entry, { refusal }, plan);
    const failed: Entry = { ...entry, status: { state: "failed", refusal } };
    planWrite(plan, { put: [[outKey(entry), outRow(failed)]] });
    plan.changes.push({ t: "standing", ids: [id], status: failed.status });
  }

  /** Its place in the window is free once the answer is applied: before, it would look as if it were not sent. */
  #answered(id: CommandId, plan: Plan): void {
    plan.after.push(() => {
      this.#sent.delete(id);
      if (!this.#ctx.model.entry(id)) this.#putOff.delete(id);
      this.pump();
    });
  }

  /** The server wants a pause: this command and all later ones of its stream are sent again after it, in order. */
  #hold(entry: Entry, { retryAfterMs = HOLD_MS.usual }: Refusal, plan: Plan): void {
    const home = this.#home(entry);
    const { clock } = this.#ctx.ports;
    const known = this.#holds.get(home);
    clock.clearTimer(known?.timer);
    const wanted = clock.elapsed() + Math.min(Math.max(retryAfterMs, HOLD_MS.least), HOLD_MS.most);
    // Those behind it are told to wait as well, perhaps for less: the longest wait is kept.
    const until = Math.max(wanted, known?.until ?? 0);
    const timer = clock.setTimer(() => {
      this.#holds.delete(home);
      this.pump();
    }, until - clock.elapsed());
    this.#holds.set(home, { until, timer });
    const waiting = this.#ctx.model.outbox.filter(
      (one) => this.#home(one) === home && one.order >= entry.order && one.status.state !== "failed" && !one.acked,
    );
    for (const { id } of waiting)
      plan.after.push(() => {
        if (this.#sent.delete(id) || id === entry.id) this.#putOff.add(id);
      });
    plan.changes.push({ t: "standing", ids: waiting.map(({ id }) => id), status: { state: "waiting" } });
  }

  /** Ends what the stream's new events, snapshot or end confirm: in the transaction that persists those. */
  planConfirmed(stream: StreamId, events: readonly Event[], seq: Seq, gone: boolean, plan: Plan): void {
    const { outbox, me } = this.#ctx.model;
    if (outbox.length === 0) return;
    plan.after.push(() => this.pump());
    const acks = acksOf(outbox, plan);
    const own = new Map<CommandId, Event>();
    for (const event of events)
      if (event.commandId !== undefined && event.by === me.value?.account) own.set(event.commandId, event);
    for (const entry of outbox) {
      const event = own.get(entry.id);
      const ack = acks.get(entry.id);
      if (event) this.#end(entry.id, entry, { ack: ackOf(event, entry.id) }, plan);
      else if (ack?.stream === stream && (gone || ack.seq <= seq)) this.#end(entry.id, entry, { ack }, plan);
    }
  }

  #end(id: CommandId, entry: Entry | undefined, outcome: { ack: Ack } | { refusal: Refusal }, plan: Plan): void {
    this.#answered(id, plan);
    if (entry) planWrite(plan, { delete: [outKey(entry)] });
    if (entry?.type === "draft.set" && "ack" in outcome) this.#planDraftDone(entry, plan);
    const { parts: _, ...body } = (entry?.body ?? {}) as { seq?: Seq; parts?: unknown };
    if (body.seq && "ack" in outcome && outcome.ack.seq) {
      const done = { ...entry, ...outcome.ack, body, epoch: this.#epoch, keptAt: this.#ctx.ports.clock.now() };
      planWrite(plan, { put: [[doneKey(id), done]] });
    }
    plan.changes.push({ t: "ended", id, outcome });
  }

  /** The server has the draft: its copy here goes, unless something newer was typed meanwhile. */
  #planDraftDone(entry: Entry, plan: Plan): void {
    const { stream } = entry.body as { stream: StreamId };
    const draft = this.#ctx.model.drafts.get(stream);
    if (draft === undefined || draft.id === entry.id) planWrite(plan, { delete: [draftKey(stream)] });
  }
}

/** What the server has acknowledged: taken already, or in the same batch and not applied yet. */
function acksOf(outbox: readonly Entry[], plan: Plan): ReadonlyMap<CommandId, Ack> {
  const acks = new Map<CommandId, Ack>();
  for (const { id, acked } of outbox) if (acked) acks.set(id, acked);
  for (const change of plan.changes) if (change.t === "acked") acks.set(change.id, change.ack);
  return acks;
}

const nothing = (): void => undefined;

/**
 * Whether a refused command stays to be seen, tried again or discarded: words always; other acts only when nobody heard
 * the refusal, as the page that ordered them is gone.
 */
function isKept(entry: Entry, { code }: Refusal): boolean {
  // A recall that comes too late now is heard of: the text is back.
  if (entry.quiet === true ? code !== "too-late" : code === entry.quiet) return false;
  if (entry.type === "draft.set" || entry.type === "inbox.set") return false;
  return entry.type.startsWith("message.") || entry.found === true;
}
