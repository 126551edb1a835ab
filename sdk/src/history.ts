import { messageAt } from "@aftercare/core";
import {
  type HistoryPage,
  limits,
  type Read,
  type ReadAnswers,
  type Refusal,
  type Seq,
  type StreamId,
} from "@aftercare/protocol";
import type { ReadOutcome } from "./change.ts";
import type { Ctx } from "./context.ts";
import { growPast, type Past, pastOf, WINDOW_ITEMS } from "./past.ts";
import { conversationOf } from "./slot.ts";

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
    if (slot.readingNewer) return slot.readingNewer;
    const { past } = slot;
    if (!past) return Promise.resolve();
    const reading = this.#show(stream, { after: past.to, limit: PAGE_ITEMS }, past).then(() => {
      slot.readingNewer = undefined;
      this.#tell(stream);
    });
    slot.readingNewer = reading;
    this.#tell(stream);
    return reading;
  }

  latest(stream: StreamId): void {
    const { model } = this.#ctx;
    if (!model.slots.get(stream)?.past) return;
    model.showPast(stream, undefined, false);
    model.emit();
  }

  #tell(stream: StreamId): void {
    this.#ctx.model.touchView(stream);
    this.#ctx.model.emit();
  }

  async #page(stream: StreamId, limit: number): Promise<void> {
    const { model } = this.#ctx;
    const slot = model.slot(stream);
    const state = conversationOf(slot);
    if (!state) return;
    // A full window slides: from here on the end is not shown.
    const past: Past | undefined =
      slot.past ?? (state.items.length >= WINDOW_ITEMS ? { ...state, to: state.seq } : undefined);
    if (past) return void (await this.#show(stream, { before: past.from, limit }, past));
    const track = model.track(stream);
    const outcome = await this.#ask({ type: "history", stream, before: state.from, limit });
    slot.tracks.delete(track);
    if ("answer" in outcome) model.prepend(stream, outcome.answer as ReadAnswers["history"], track);
  }

  /** Reads a page and shows it: joined to the part that is shown, or in its place. */
  async #show(stream: StreamId, where: Where, past?: Past): Promise<HistoryPage | undefined> {
    const { model } = this.#ctx;
    const slot = model.slot(stream);
    const track = model.track(stream);
    const earlier = slot.past !== undefined;
    const outcome = await this.#ask({ type: "history", stream, ...where });
    slot.tracks.delete(track);
    const page = "answer" in outcome ? (outcome.answer as ReadAnswers["history"]) : undefined;
    if (!page || track.broken || page.epoch !== slot.state?.epoch) return undefined;
    // Folds or a page at the other side may have changed the part meanwhile; one that was left is not come back to.
    const before = past && (slot.past ?? (earlier ? undefined : past));
    if (past && (!before || page.to < before.from - 1 || page.from > before.to + 1)) return undefined;
    const next = before ? growPast(before, page, track.events) : pastOf(page, track.events);
    model.showPast(stream, next, next.from === page.from && !page.older);
    return page;
  }

  async reveal(stream: StreamId, seq: Seq): Promise<boolean> {
    const holds = () => {
      const slot = this.#ctx.model.slots.get(stream);
      const state = conversationOf(slot);
      const shown = slot?.past ?? (state && { from: state.from, to: state.seq });
      return shown !== undefined && shown.from <= seq && seq <= shown.to;
    };
    const slot = this.#ctx.model.slot(stream);
    const state = conversationOf(slot);
    if (!state || seq > state.seq) return false;
    if (holds()) return true;
    if (state.from <= seq) this.latest(stream);
    else if (!slot.past && state.from - seq < limits.pageItems) await this.older(stream, limits.pageItems);
    if (!holds()) await this.#show(stream, { around: seq, limit: limits.pageItems });
    this.#ctx.model.emit();
    return holds();
  }

  async revealAt(stream: StreamId, at: number): Promise<Seq | undefined> {
    const page = await this.#show(stream, { at, limit: limits.pageItems });
    this.#ctx.model.emit();
    return page?.items[0]?.seq;
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
