import type { Seq, StreamId } from "@aftercare/protocol";
import { draftKey, outKey } from "./cache.ts";
import type { Change, LocalDraft } from "./change.ts";
import type { Ctx } from "./context.ts";
import { due, type Outbox, type Prepared, type Step } from "./outbox.ts";

const PERSIST_MS = 250;
const SEND_MS = 1_500;

/** What was typed and not sent: shown at once, kept within a moment, sent to the account's other devices in a pause. */
export class Drafts {
  readonly #ctx: Ctx;
  readonly #outbox: Outbox;
  readonly #persist = new Map<StreamId, unknown>();
  readonly #send = new Map<StreamId, unknown>();
  readonly #orphans = new Map<StreamId, unknown>();

  constructor(ctx: Ctx, outbox: Outbox) {
    this.#ctx = ctx;
    this.#outbox = outbox;
  }

  set(stream: StreamId, text: string, replyTo: Seq | undefined): void {
    const { clock } = this.#ctx.ports;
    const draft: LocalDraft = { text, at: this.#ctx.now(), ...(replyTo !== undefined && { replyTo }) };
    this.#ctx.publish([{ t: "draft", stream, draft }]);
    if (!this.#persist.has(stream))
      this.#persist.set(
        stream,
        clock.setTimer(() => void this.#keep(stream), PERSIST_MS),
      );
    clock.clearTimer(this.#send.get(stream));
    this.#send.set(
      stream,
      clock.setTimer(() => this.#queue(stream), SEND_MS),
    );
  }

  async #keep(stream: StreamId): Promise<void> {
    this.#ctx.ports.clock.clearTimer(this.#persist.get(stream));
    this.#persist.delete(stream);
    const draft = this.#ctx.model.drafts.get(stream);
    if (draft) await this.#ctx.cache.write({ put: [[draftKey(stream), draft]] });
  }

  #calm(stream: StreamId): void {
    const { clock } = this.#ctx.ports;
    for (const timers of [this.#persist, this.#send]) {
      clock.clearTimer(timers.get(stream));
      timers.delete(stream);
    }
  }

  #queue(stream: StreamId): void {
    this.#calm(stream);
    const draft = this.#ctx.model.drafts.get(stream);
    if (!draft || draft.id !== undefined) return;
    const { step, prepared } = this.#carry(stream, draft);
    if (prepared) void this.#outbox.commit(prepared, step).done;
    else void this.#ctx.cache.write(step.write).then(() => this.#ctx.publish(due(step)));
  }

  /** Puts the draft into a command, in place of one that waits; or drops it when the server has the same. */
  #carry(stream: StreamId, draft: LocalDraft): { step: Step; prepared?: Prepared } {
    const { model } = this.#ctx;
    const before = model.drafts.get(stream);
    const isPast = () => model.drafts.get(stream) !== before;
    const step: Step = { write: { put: [], delete: [] }, changes: [], isPast };
    const earlier = model.outbox.filter(
      (entry) => entry.type === "draft.set" && (entry.body as { stream?: StreamId }).stream === stream,
    );
    for (const entry of earlier) {
      if (entry.status.state === "sending") continue;
      step.write.delete.push(outKey(entry));
      step.changes.push({ t: "ended", id: entry.id, outcome: { refusal: { code: "no-change" } } });
    }
    const known = model.inboxState?.drafts[stream];
    const same = (known?.text ?? "") === draft.text && known?.replyTo === draft.replyTo;
    const underWay = earlier.some((entry) => entry.status.state === "sending");
    if (same && !underWay) {
      step.write.delete.push(draftKey(stream));
      step.changes.push({ t: "draft", stream, draft: undefined });
      return { step };
    }
    const { text, replyTo } = draft;
    const prepared = this.#outbox.prepare("draft.set", undefined, {
      stream,
      text,
      ...(replyTo !== undefined && { replyTo }),
    });
    const carried: LocalDraft = { ...draft, id: prepared.entry.id };
    step.write.put.push([draftKey(stream), carried]);
    step.changes.push({ t: "draft", stream, draft: carried });
    return { step, prepared };
  }

  /** A message was sent: what clears the draft, for the same transaction. */
  clearing(stream: StreamId): Step | undefined {
    const { model } = this.#ctx;
    if (!model.drafts.has(stream) && !model.inboxState?.drafts[stream]) return undefined;
    this.#calm(stream);
    const { step, prepared } = this.#carry(stream, { text: "", at: this.#ctx.now() });
    if (!prepared) return step;
    return {
      ...step,
      write: { put: [...step.write.put, ...prepared.write.put], delete: step.write.delete },
      changes: [...prepared.changes, ...step.changes],
    };
  }

  /** The leader: drafts that no command carries (the page closed before the pause) are sent now. */
  adopt(): void {
    for (const [stream, draft] of this.#ctx.model.drafts)
      if (draft.id === undefined && !this.#send.has(stream)) this.#queue(stream);
  }

  /** The leader: a draft that another tab keeps for itself beyond its pause is sent from here, as that tab is gone. */
  adoptLater(stream: StreamId): void {
    const { clock } = this.#ctx.ports;
    if (this.#send.has(stream)) return;
    clock.clearTimer(this.#orphans.get(stream));
    const adopt = () => {
      this.#orphans.delete(stream);
      if (!this.#send.has(stream)) this.#queue(stream);
    };
    this.#orphans.set(stream, clock.setTimer(adopt, 2 * SEND_MS));
  }

  /** The leader: once the server has a draft, its copy here goes; a refused one stays on this device. */
  settle(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.t !== "ended") continue;
      for (const [stream, draft] of [...this.#ctx.model.drafts]) {
        if (draft.id !== change.id) continue;
        if ("refusal" in change.outcome && change.outcome.refusal.code !== "not-a-member" && draft.text !== "")
          continue;
        void this.#ctx.cache.write({ delete: [draftKey(stream)] });
        this.#ctx.publish([{ t: "draft", stream, draft: undefined }]);
      }
    }
  }

  /** Keeps at once what was waiting for its moment. */
  async stop(): Promise<void> {
    for (const timer of [...this.#send.values(), ...this.#orphans.values()]) this.#ctx.ports.clock.clearTimer(timer);
    this.#send.clear();
    await Promise.all([...this.#persist.keys()].map((stream) => this.#keep(stream)));
  }
}
