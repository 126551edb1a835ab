import {
  type Ack,
  type CommandId,
  type CommandType,
  limits,
  makeCommandId,
  type Refusal,
  type Seq,
  type StreamId,
} from "@aftercare/protocol";
import { assert } from "./assert.ts";
import { outKey, outRow } from "./cache.ts";
import type { Change, Entry, Outcome } from "./change.ts";
import type { Ctx } from "./context.ts";
import type { Sent, StoreWrite } from "./types.ts";

/** What the envelope of a command frame takes at most, beside its body. */
const ENVELOPE_BYTES = 400;

/** What goes into one transaction, and what is told after it; of a draft only while nothing newer was typed. */
export type Step = { write: Required<StoreWrite>; changes: Change[]; isPast?: () => boolean };
export const due = ({ changes, isPast }: Step): Change[] =>
  isPast?.() ? changes.filter(({ t }) => t !== "draft") : changes;

export type Prepared = { entry: Entry; write: Required<StoreWrite>; changes: Change[] };

/** The commands of this device, in every tab: made, persisted, then shown (law 12). Sending them is the leader's. */
export class Outbox {
  readonly #ctx: Ctx;
  readonly #waiters = new Map<CommandId, (outcome: Outcome) => void>();
  #lastOrder = 0;

  constructor(ctx: Ctx) {
    this.#ctx = ctx;
  }

  newId(): CommandId {
    const { clock, random } = this.#ctx.ports;
    return makeCommandId(clock.now(), random(10));
  }

  prepare(
    type: CommandType,
    stream: StreamId | undefined,
    body: unknown,
    id = this.newId(),
    epoch = this.#ctx.model.epochOf(namedBy({ stream, body })),
  ): Prepared {
    const { model, ports } = this.#ctx;
    const at = this.#ctx.now();
    const newest = model.outbox.at(-1)?.order ?? 0;
    const order = Math.max(ports.clock.now(), newest + 1, this.#lastOrder + 1);
    this.#lastOrder = order;
    const refusal = tooLarge(body);
    const status = refusal ? ({ state: "failed", refusal } as const) : ({ state: "waiting" } as const);
    const entry: Entry = { id, type, stream, body: structuredClone(body), at, status, order, epoch };
    return {
      entry,
      write: { put: [[outKey(entry), outRow(entry)]], delete: [] },
      changes: [{ t: "queued", entry }],
    };
  }

  /** Persists and shows; `also` goes into the same transaction. */
  commit(prepared: Prepared, also?: Step): Sent {
    const { entry } = prepared;
    const write = {
      put: [...prepared.write.put, ...(also?.write.put ?? [])],
      delete: [...prepared.write.delete, ...(also?.write.delete ?? [])],
    };
    const done = this.#outcome(entry);
    const { cache, publish } = this.#ctx;
    const kept = cache.write(write).then(() => {
      publish([...prepared.changes, ...(also ? due(also) : [])]);
      return cache.unsaved(outKey(entry)) ? done.then(() => undefined) : undefined;
    });
    return { id: entry.id, done, kept };
  }

  /** What is in the outbox already, by its id: it is not put there twice. */
  known(id: CommandId | undefined): Sent | undefined {
    const entry = id === undefined ? undefined : this.#ctx.model.entry(id);
    return entry && { id: entry.id, done: this.#outcome(entry), kept: Promise.resolve() };
  }

  #outcome({ id, status }: Entry): Promise<Outcome> {
    if (status.state === "failed") return Promise.resolve({ refusal: status.refusal });
    return new Promise((resolve) => {
      const waits = this.#waiters.get(id);
      this.#waiters.set(id, (outcome) => {
        waits?.(outcome);
        resolve(outcome);
      });
    });
  }

  retry(id: CommandId): void {
    const old = this.#ctx.model.entry(id);
    if (old?.status.state !== "failed") return;
    const next = this.prepare(old.type, old.stream, old.body, undefined, old.epoch);
    void this.commit(next, this.#removal(old, { refusal: old.status.refusal })).done;
  }

  discard(id: CommandId): void {
    const { model, cache, publish } = this.#ctx;
    const entry = model.entry(id);
    if (!entry || entry.status.state === "sending") return;
    const refusal = entry.status.state === "failed" ? entry.status.refusal : ({ code: "no-change" } as const);
    const { write, changes } = this.#removal(entry, { refusal });
    void cache.write(write).then(() => publish(changes));
  }

  #removal(entry: Entry, outcome: Outcome): Step {
    return { write: { put: [], delete: [outKey(entry)] }, changes: [{ t: "ended", id: entry.id, outcome }] };
  }

  /** Whether a caller in this tab still waits for the answer. */
  awaits(id: CommandId): boolean {
    return this.#waiters.has(id);
  }

  /** Answers those who wait. */
  took(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.t === "ended") this.#answer(change.id, change.outcome);
      else if (change.t === "acked") this.#answer(change.id, { ack: change.ack });
      else if (change.t === "standing" && change.status.state === "failed")
        for (const id of change.ids) this.#answer(id, { refusal: change.status.refusal });
      else if (change.t === "wiped")
        for (const id of [...this.#waiters.keys()]) this.#answer(id, { refusal: { code: "unauthorised" } });
    }
  }

  #answer(id: CommandId, outcome: Outcome): void {
    this.#waiters.get(id)?.(outcome);
    this.#waiters.delete(id);
  }
}

/** The stream whose seqs a command names. */
export const namedBy = ({ stream, body }: { stream?: StreamId | undefined; body: unknown }): StreamId | undefined =>
  (body as { from?: { stream: StreamId } }).from?.stream ?? stream;

/** A frame over the limit would end the session for good, so it is refused here. */
function tooLarge(body: unknown): Refusal | undefined {
  const text = JSON.stringify(body);
  const value = limits.frameBytes - ENVELOPE_BYTES;
  if (text.length * 3 <= value || new TextEncoder().encode(text).length <= value) return undefined;
  return { code: "too-large", limit: { name: "frameBytes", value: limits.frameBytes } };
}

/** The acknowledgement that a command's own event stands for, when it comes before the ack. */
export function ackOf(
  event: { stream: StreamId; seq: Seq; at: number; type: string; body: object },
  id: CommandId,
): Ack {
  const ack: Ack = { id, stream: event.stream, seq: event.seq, at: event.at };
  if (event.type !== "inbox.joined") return ack;
  assert("stream" in event.body, "inbox.joined names its conversation");
  return { ...ack, conversation: event.body.stream as StreamId };
}
