import { messageAt } from "@aftercare/core";
import { limits, type Read, type ReadAnswers, type Refusal, type Seq, type StreamId } from "@aftercare/protocol";
import type { ReadOutcome } from "./change.ts";
import type { Ctx } from "./context.ts";
import { conversationOf, WINDOW_ITEMS } from "./slot.ts";

const PAGE_ITEMS = 50;

type Where = Pick<Extract<Read, { type: "history" }>, "before" | "after" | "around" | "at" | "limit">;
type Ask = (read: Read) => Promise<ReadOutcome>;

/** Reads older items and single messages into the windows of this tab. */
export class History {
  readonly #ctx: Pick<Ctx, "model">;
  readonly #ask: Ask;
  readonly #wanted = new Map<StreamId, Set<Seq>>();

  constructor(ctx: Pick<Ctx, "model">, ask: Ask) {
    this.#ctx = ctx;
    this.#ask = ask;
  }

  /** One page, once at a time. */
  older(stream: StreamId, limit = PAGE_ITEMS): Promise<void> {
    const slot = this.#ctx.model.slot(stream);
    if (slot.reading) return slot.reading;
    if (slot.view.value.older !== "more") return Promise.resolve();
    const reading = this.#page(stream, limit).finally(() => {
      slot.reading = undefined;
      this.#tell(stream);
    });
    slot.reading = reading;
    this.#tell(stream);
    return reading;
  }

  newer(stream: StreamId): Promise<void> {
    const slot = this.#ctx.model.slot(stream);
    if (!slot.past) return Promise.resolve();
    slot.newer ??= this.#past(stream, { after: slot.past.to, limit: PAGE_ITEMS }, "shown").then(() => {
      slot.newer = undefined;
      this.#tell(stream);
    });
    this.#tell(stream);
    return slot.newer;
  }

  latest(stream: StreamId): void {
    const slot = this.#ctx.model.slots.get(stream);
    if (!slot?.past) return;
    slot.past = undefined;
    slot.end = false;
    this.#ctx.model.changed(stream);
  }

  #tell(stream: StreamId): void {
    this.#ctx.model.touchView(stream);
    this.#ctx.model.emit();
  }

  async #past(stream: StreamId, where: Where, onto?: "shown"): Promise<Seq | undefined> {
    try {
      const { readPast } = await import("./past.ts");
      return await readPast(this.#ctx.model, this.#ask, stream, where, onto);
    } catch {
      // Without a network its code does not come either; the next try may.
      return undefined;
    }
  }

  async #page(stream: StreamId, limit: number): Promise<void> {
    const { model } = this.#ctx;
    const slot = model.slot(stream);
    const state = conversationOf(slot);
    if (!state) return;
    // A full window slides: from here on the end is not shown.
    if (slot.past || state.items.length >= WINDOW_ITEMS)
      return void (await this.#past(stream, { before: (slot.past ?? state).from, limit }, "shown"));
    const track = model.track(stream);
    const outcome = await this.#ask({ type: "history", stream, before: state.from, limit });
    slot.tracks.delete(track);
    if ("answer" in outcome) model.prepend(stream, outcome.answer as ReadAnswers["history"], track);
  }

  async reveal(stream: StreamId, seq: Seq): Promise<boolean> {
    const slot = this.#ctx.model.slot(stream);
    const holds = () => {
      const state = conversationOf(slot);
      return state !== undefined && (slot.past ?? state).from <= seq && seq <= (slot.past?.to ?? state.seq);
    };
    const state = conversationOf(slot);
    if (!state || seq > state.seq) return false;
    if (!holds() && state.from <= seq) this.latest(stream);
    if (!holds() && !slot.past && state.from - seq < limits.pageItems) await this.older(stream, limits.pageItems);
    if (!holds()) await this.#past(stream, { around: seq, limit: limits.pageItems });
    return holds();
  }

  revealAt(stream: StreamId, at: number): Promise<Seq | undefined> {
    return this.#past(stream, { at, limit: limits.pageItems });
  }

  /** Gathers what is asked for in one go, and asks for each message once. */
  need(stream: StreamId, seqs: readonly Seq[]): void {
    const slot = this.#ctx.model.slot(stream);
    const state = conversationOf(slot);
    if (!state) return;
    const wanted = seqs.filter((seq) => seq < state.from && !slot.needed.has(seq) && !messageAt(state, seq));
    if (wanted.length === 0) return;
    for (const seq of wanted) slot.needed.add(seq);
    const gathered = this.#wanted.get(stream);
    if (gathered) return wanted.forEach((seq) => void gathered.add(seq));
    this.#wanted.set(stream, new Set(wanted));
    void Promise.resolve().then(() => this.#messages(stream));
  }

  async #messages(stream: StreamId): Promise<void> {
    const seqs = [...(this.#wanted.get(stream) ?? [])].sort((a, b) => a - b);
    this.#wanted.delete(stream);
    for (let i = 0; i < seqs.length; i += limits.seqsPerRead)
      await this.#some(stream, seqs.slice(i, i + limits.seqsPerRead));
  }

  async #some(stream: StreamId, seqs: Seq[]): Promise<void> {
    const { model } = this.#ctx;
    const slot = model.slot(stream);
    const track = model.track(stream);
    const outcome: ReadOutcome | { refusal: Refusal } = await this.#ask({ type: "messages", stream, seqs });
    slot.tracks.delete(track);
    const answer = "answer" in outcome ? (outcome.answer as ReadAnswers["messages"]) : undefined;
    if (answer && !track.broken && answer.epoch === slot.state?.epoch) model.merge(stream, answer.messages, track);
    // Not answered: the next one who needs them asks again.
    else for (const seq of seqs) slot.needed.delete(seq);
    model.emit();
  }
}
