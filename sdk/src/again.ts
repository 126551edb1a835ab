import { type ConversationState, canonical, type MessageEvent, messageAt, type StreamState } from "@aftercare/core";
import type { By, CommandId, Event, Refusal, Seq, Snapshot, StreamId } from "@aftercare/protocol";
import { AGAIN_MS, doneKey, draftKey, outKey, outRow } from "./cache.ts";
import type { Change, Done, Entry } from "./change.ts";
import type { Ctx } from "./context.ts";
import type { Model } from "./model.ts";
import { namedBy } from "./outbox.ts";
import { type Plan, planWrite } from "./plan.ts";
import { conversationOf } from "./slot.ts";

type Whole = Snapshot & { kind: "conversation" };
export type PlanAgain = (before: StreamState | undefined, after: Snapshot, plan: Plan) => void;

/** What a body names by seq. */
type Naming = { seq?: Seq; replyTo?: Seq; from?: { stream: StreamId; seq: Seq } };

/** Where messages went when a stream was last reset into another epoch: for what was made before and is heard of later. */
const lastPlaces = new WeakMap<Model, Map<StreamId, Places>>();

/** With what was acknowledged of late, as the store has it now. */
export async function readAgain(ctx: Ctx): Promise<PlanAgain> {
  await ctx.cache.write({});
  // A store that fails has kept nothing.
  const rows = await ctx.ports.store.list("done/").catch(() => []);
  const done = rows.map(([, row]) => row as Done).sort((a, b) => a.order - b.order);
  return (before, after, plan) => {
    planUnknown(ctx, after.stream, plan);
    if (before?.kind === "conversation" && after.kind === "conversation")
      new Again(ctx, done, before, after, plan).plan();
  };
}

/** An acknowledgement of another epoch says nothing of this log: the command is sent again, and the log knows its id. */
function planUnknown({ model }: Ctx, stream: StreamId, plan: Plan): void {
  const ended = endedIn(plan);
  const acks = new Map(model.outbox.map(({ id, acked }) => [id, acked]));
  for (const change of plan.changes) if (change.t === "acked") acks.set(change.id, change.ack);
  for (const entry of model.outbox)
    if (acks.get(entry.id)?.stream === stream && !ended.has(entry.id))
      plan.changes.push({ t: "queued", entry: unanswered(entry) });
}

/** While their rows are written. */
const settling = new WeakSet<Entry>();

/** Makes an entry fit to be sent that waits for a message, or was made before the log went back and heard of after. */
export async function settle(ctx: Ctx, id: CommandId): Promise<void> {
  const { model, cache, ports, publish, now } = ctx;
  const entry = model.entry(id);
  if (!entry || entry.status.state === "failed" || settling.has(entry)) return;
  const stream = namedBy(entry);
  const epoch = model.epochOf(stream);
  const right = entry.lost ? found(entry, model, now() - AGAIN_MS) : late(entry, model, epoch);
  if (!right) return;
  settling.add(entry);
  // Behind all that may have gone out meanwhile, as what is sent again is sent in the order of the first time.
  const order = entry.lost ? Math.max(ports.clock.now(), (model.outbox.at(-1)?.order ?? 0) + 1) : entry.order;
  const next = { ...right, order };
  await cache.write({ put: [[outKey(next), outRow(next)]], delete: entry.lost ? [outKey(entry)] : [] });
  const still = model.entry(id);
  if (still === entry && model.epochOf(stream) === epoch) return publish(queued(next));
  // The log has gone back once more, or somebody has discarded it: the store keeps what is shown.
  settling.delete(entry);
  await cache.write({ put: still ? [[outKey(still), outRow(still)]] : [], delete: [outKey(next)] });
  if (still) await settle(ctx, id);
}

/** What it names was lost with the log: it goes on once that is there again, and is refused when that takes too long. */
function found(entry: Entry, model: Model, since: number): Entry | undefined {
  const { lost, stream } = entry;
  const state = conversationOf(model.slots.get(stream ?? ""));
  const item = state?.items.find(({ commandId, by }) => commandId === lost?.id && by === lost?.by);
  if (!state || (!item && entry.at > since)) return undefined;
  const seq = item && !(entry.quiet && isEditedSince(entry, item, model)) ? item.seq : 0;
  return { ...naming(entry, seq), epoch: state.epoch, lost: undefined };
}

/** Over a newer text an old one does not come again. */
const isEditedSince = ({ type, stream }: Entry, { seq, fold }: Event, { outbox }: Model): boolean =>
  type === "message.edit" &&
  (fold?.editedAt !== undefined ||
    outbox.some((one) => one.type === type && one.stream === stream && (one.body as Naming).seq === seq));

function late(entry: Entry, model: Model, epoch: number | undefined): Entry | undefined {
  // The snapshot of the other log is yet to come.
  if (epoch === entry.epoch) return undefined;
  const stream = namedBy(entry) ?? "";
  const places = lastPlaces.get(model)?.get(stream);
  const items = conversationOf(model.slots.get(stream))?.items ?? [];
  const coming = new Set([...model.outbox.map(({ id }) => id), ...items.map(({ commandId }) => commandId ?? "")]);
  return putRight(entry, places?.epoch === entry.epoch ? places : undefined, epoch, coming);
}

/** An entry that was made for another log, as the log of `epoch` may take it; failed where nobody can tell what it names. */
function putRight(
  entry: Entry,
  places: Places | undefined,
  epoch: number | undefined,
  coming: ReadonlySet<string>,
): Entry {
  const { seq, replyTo, from } = entry.body as Naming;
  const named = replyTo ?? from?.seq ?? seq;
  const place = named === undefined || entry.lost ? 0 : places?.place(named);
  const next = { ...unanswered(entry), epoch };
  if (named === undefined || entry.lost) return next;
  if (typeof place === "number") return naming(next, place);
  // Tried again, it is put right as what comes late.
  if (entry.status.state === "failed") return entry;
  if (replyTo !== undefined) return naming(next, undefined);
  const message = places?.names.get(named);
  const quiet = entry.quiet || entry.acked !== undefined || (entry.type === "message.recall" && message?.mine);
  if (place === "lost" && message && !from && (quiet || coming.has(message.id)))
    return { ...waitFor(next, message), quiet };
  // Whoever ordered it has had the answer long ago: the server refuses it, and it is forgotten.
  if (entry.quiet) return naming(next, 0);
  return { ...unanswered(entry), status: { state: "failed", refusal: gone } };
}

const waitFor = (entry: Entry, { id, by }: Name): Entry => ({ ...naming(entry, 0), lost: { id, by } });

const gone: Refusal = { code: "not-found", path: "body.seq" };

/** With another seq in the place of the one it has; without a quote where there is none. */
function naming<E extends { body: unknown }>(entry: E, seq: Seq | undefined): E {
  const { replyTo, ...body } = entry.body as Naming;
  if (replyTo !== undefined) return { ...entry, body: seq === undefined ? body : { ...body, replyTo: seq } };
  return { ...entry, body: body.from ? { ...body, from: { ...body.from, seq } } : { ...body, seq } };
}

const queued = (entry: Entry): Change[] => [
  { t: "queued", entry },
  ...(entry.status.state === "failed"
    ? [{ t: "standing", ids: [entry.id], status: entry.status } satisfies Change]
    : []),
];

/** A message of the log before: whose it is, and its seq in the log of now where that shows it. */
type Name = { id: CommandId; by: By; mine: boolean; now: Seq | undefined };

/** Where the messages of one log are in the next. Without any text: a recall must find none. */
class Places {
  readonly epoch: number;
  /** All up to this seq is the same in both logs. */
  readonly common: Seq;
  readonly names = new Map<Seq, Name>();
  readonly #from: Seq;
  readonly #seq: Seq;

  constructor(before: ConversationState, after: Whole, me: string | undefined) {
    this.epoch = before.epoch;
    this.#from = after.from;
    this.#seq = after.seq;
    const bySeq = new Map(after.items.map((item) => [item.seq, item]));
    const byName = new Map(after.items.map((item) => [nameOf(item), item.seq]));
    this.common = before.items.findLast((item) => isSame(item, bySeq.get(item.seq)))?.seq ?? 0;
    for (const message of [...before.items, ...Object.values(before.refs)]) {
      const { type, seq, commandId: id, by } = message;
      // Kept, or sent again by its sender.
      if (type === "message.sent" && id !== undefined)
        this.names.set(seq, { id, by, mine: by === me, now: byName.get(nameOf(message)) });
    }
  }

  /** Its seq in the log of now, or that it was lost; undefined where nobody can tell. */
  place(seq: Seq): Seq | "lost" | undefined {
    if (seq <= this.common) return seq;
    const name = this.names.get(seq);
    if (name?.now !== undefined) return name.now;
    // Older than its snapshot, the log of now may have it or another one.
    return seq > this.#seq || (name && seq >= this.#from) ? "lost" : undefined;
  }
}

/**
 * Puts right what a log that went back has lost of one stream, in the plan of its first snapshot: own messages are sent
 * again, under their ids, before all that waits. What names a message by its seq is given the seq of now: the old one may
 * be another message there. A log is cut at one place, so what names a lost message was lost itself, and its id is free to
 * come with another seq.
 */
class Again {
  readonly #ctx: Ctx;
  readonly #done: readonly Done[];
  readonly #before: ConversationState;
  readonly #after: Whole;
  readonly #plan: Plan;
  readonly #places: Places;
  readonly #me: string | undefined;
  readonly #since: number;
  /** What of the outbox has not ended in this plan. */
  readonly #outbox: readonly Entry[];

  constructor(ctx: Ctx, done: readonly Done[], before: ConversationState, after: Whole, plan: Plan) {
    this.#ctx = ctx;
    this.#done = done.filter(({ stream, at }) => stream === after.stream && at > ctx.now() - AGAIN_MS);
    this.#before = before;
    this.#after = after;
    this.#plan = plan;
    this.#me = ctx.model.me.value?.account;
    this.#since = ctx.now() - AGAIN_MS;
    this.#places = new Places(before, after, this.#me);
    const kept = lastPlaces.get(ctx.model) ?? new Map();
    lastPlaces.set(ctx.model, kept.set(after.stream, this.#places));
    const ended = endedIn(plan);
    this.#outbox = ctx.model.outbox.filter(({ id }) => !ended.has(id));
  }

  plan(): void {
    const messages = this.#lostMessages();
    const coming = new Set(messages.map(({ id }) => id));
    for (const entry of this.#outbox) {
      if (namedBy(entry) !== this.#after.stream || (entry.epoch ?? this.#before.epoch) !== this.#before.epoch) continue;
      const next = putRight(entry, this.#places, this.#after.epoch, coming);
      if (next !== entry) this.#queue(next);
    }
    const all = [...messages, ...this.#lostActs()];
    const firstOrder = (this.#ctx.model.outbox[0]?.order ?? this.#ctx.ports.clock.now()) - all.length;
    for (const [index, entry] of all.entries()) this.#queue({ ...entry, order: firstOrder + index });
    this.#keepDone();
    this.#keepDraft();
  }

  /** What is typed as an answer goes on without its quote where that was lost. */
  #keepDraft(): void {
    const { stream } = this.#after;
    const draft = this.#ctx.model.drafts.get(stream);
    if (draft?.replyTo === undefined) return;
    const place = this.#places.place(draft.replyTo);
    const next = { ...draft, id: undefined, replyTo: typeof place === "number" ? place : undefined };
    planWrite(this.#plan, { put: [[draftKey(stream), next]] });
    this.#plan.changes.push({ t: "draft", stream, draft: next });
  }

  /** What is kept names messages by their seqs in this log, or goes: in the next one that is lost it would mislead. */
  #keepDone(): void {
    for (const done of this.#done) {
      const key = doneKey(done.id);
      const isSame = done.epoch === this.#before.epoch && done.body.seq <= this.#places.common;
      planWrite(this.#plan, isSame ? { put: [[key, { ...done, epoch: this.#after.epoch }]] } : { delete: [key] });
    }
  }

  #queue(entry: Entry): void {
    planWrite(this.#plan, { put: [[outKey(entry), outRow(entry)]] });
    this.#plan.changes.push(...queued(entry));
  }

  /** Own messages that were shown, without those that were recalled: their text must not come back. */
  #lostMessages(): Entry[] {
    const known = new Set([...this.#after.items, ...this.#after.refs].map(({ commandId }) => commandId));
    for (const { id } of this.#outbox) known.add(id);
    return this.#before.items.flatMap((item) => {
      if (item.type !== "message.sent" || item.by !== this.#me || item.at <= this.#since) return [];
      const { seq, commandId: id, stream, at, body, fold } = item;
      if (id === undefined || known.has(id) || seq <= this.#places.common || body.forwarded || this.#isRecalled(item))
        return [];
      const lost = this.#places.place(seq) === "lost";
      // Edited, it says another thing than its command did: said under the same id only where the log has never met that.
      if (fold?.editedAt !== undefined && !lost) return [];
      // Another device that has not heard of the edit may bring it back first: the edit follows.
      const quiet = fold?.editedAt === undefined ? undefined : "id-reused";
      const status = { state: "waiting" } as const;
      return [this.#again({ id, type: "message.send", stream, body, at, status, order: 0, quiet }, lost)];
    });
  }

  #again(entry: Entry, lost: boolean): Entry {
    const next = { ...entry, epoch: this.#after.epoch };
    const { replyTo } = entry.body as Naming;
    if (replyTo === undefined) return next;
    const place = this.#places.place(replyTo);
    // Where nobody can tell, it comes without the quote; and if the log has it after all, it says `id-reused` to nobody.
    return { ...naming(next, typeof place === "number" ? place : undefined), quiet: !lost || entry.quiet };
  }

  #isRecalled({ seq, commandId, fold }: MessageEvent): boolean {
    // One that was refused has recalled nothing.
    const names = ({ type, stream, body, lost, status }: Entry) =>
      type === "message.recall" &&
      status.state !== "failed" &&
      stream === this.#after.stream &&
      (lost ? lost.id === commandId : (body as Naming).seq === seq);
    const done = this.#done.filter(({ epoch }) => epoch === this.#before.epoch);
    return fold?.recalled !== undefined || this.#outbox.some(names) || done.some(names);
  }

  /* ---- what was acknowledged and done to messages ---- */

  #lostActs(): Entry[] {
    const waiting = new Set(this.#outbox.map(({ id }) => id));
    return this.#done.flatMap((done) => {
      const {
        id,
        type,
        stream,
        at,
        body: { seq: named },
      } = done;
      if (done.epoch !== this.#before.epoch || waiting.has(id)) return [];
      const place = this.#places.place(named);
      const name = this.#places.names.get(named);
      if (place === undefined || (place === "lost" && !name)) return [];
      const body = this.#bodyAgain(done, messageAt(this.#before, named), this.#now(Number(place)));
      if (!body) return [];
      const status = { state: "waiting" } as const;
      const act: Entry = { id, type, stream, body, at, status, order: 0, quiet: true, epoch: this.#after.epoch };
      if (place !== "lost") return [naming(act, place)];
      // With the message comes its last text, but for one that another device brings back without it. A recalled one is
      // left out, and recalled where another device brings it back.
      return name ? [waitFor(act, name)] : [];
    });
  }

  #now(seq: Seq): MessageEvent | undefined {
    const found = [...this.#after.items, ...this.#after.refs].find((item) => item.seq === seq);
    return found?.type === "message.sent" ? found : undefined;
  }

  /** What to order again, unless the log shows it, or something later had taken its place. */
  #bodyAgain({ type, body, seq }: Done, before?: MessageEvent, now?: MessageEvent) {
    if (now?.fold?.recalled) return undefined;
    if (type === "message.recall") return body;
    // Of what is older than the window here no text is known.
    if (!before) return type === "message.edit" ? undefined : body;
    const { fold } = before;
    const { parts } = before.body;
    if (fold?.recalled) return undefined;
    if (type === "message.edit") {
      if (fold?.edits?.at(-1) !== seq || (now && canonical(now.body.parts) === canonical(parts))) return undefined;
      return { ...body, parts };
    }
    if (type !== "message.react") return this.#pinAgain(type === "message.pin", body, now);
    const isOn = (of: MessageEvent["fold"]) => of?.reactions?.[body.emoji ?? ""]?.includes(this.#me ?? "") ?? false;
    return isOn(fold) === body.on && isOn(now?.fold) !== body.on ? body : undefined;
  }

  #pinAgain(on: boolean, body: Done["body"], now: MessageEvent | undefined) {
    const isOn = ({ meta: { pins } }: { meta: { pins: readonly Seq[] } }, seq?: Seq) => pins.includes(seq ?? 0);
    return isOn(this.#before, body.seq) === on && isOn(this.#after, now?.seq) !== on ? body : undefined;
  }
}

const endedIn = (plan: Plan): ReadonlySet<string> =>
  new Set(plan.changes.flatMap((change) => (change.t === "ended" ? [change.id] : [])));

const unanswered = (entry: Entry): Entry =>
  entry.status.state === "failed" ? entry : { ...entry, acked: undefined, status: { state: "waiting" } };

const nameOf = ({ by, commandId }: Event): string => `${by} ${commandId}`;

const isSame = (a: Event, b: Event | undefined): boolean =>
  a.type === b?.type && a.at === b.at && a.by === b.by && a.commandId === b.commandId;
