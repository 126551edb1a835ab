import type { Actor } from "@aftercare/core";
import type { Command, StreamId } from "@aftercare/protocol";
import { homeOf } from "../actions/needs.ts";
import type { Ctx } from "../context.ts";
import { type Answer, commitBatch, type Submission } from "./batch.ts";
import type { KnownStreams } from "./known.ts";
import { appendMessages, isPlain } from "./messages.ts";
import { ring } from "./ring.ts";
import { StaleEpoch, StoreUnavailable } from "./store.ts";

type AppenderCtx = Pick<Ctx, "store" | "bus" | "clock" | "ids" | "settings" | "log">;
/** `epoch`: of the log that its client had before its eyes. */
type Waiting = Submission & { readonly home: StreamId; readonly epoch: number };

/** Commands waiting at which new ones are refused as `busy`. */
const queueLimit = 50_000;
const busy: Answer = { refusal: { code: "busy", retryAfterMs: 1_000 } };

export interface Appender {
  /** Answers once the command is durable, or refused. Commands of one stream are decided in the order of the calls. */
  submit(actor: Actor, command: Command): Promise<Answer>;
  /** Resolves when everything submitted has been answered. */
  idle(): Promise<void>;
}

/**
 * Group commit. A batch begins at once after a rest, and otherwise when `batchWindowMs` have passed since the last one
 * began, or as many commands wait as a batch may have. Several batches may be under way, of different home streams: what
 * comes for one that is under way waits behind it.
 */
export const createAppender = (ctx: AppenderCtx, known: KnownStreams, epoch: () => number): Appender =>
  new GroupCommit(ctx, known, epoch);

class GroupCommit implements Appender {
  readonly #ctx: AppenderCtx;
  readonly #epoch: () => number;
  readonly #known: KnownStreams;
  #ready: Waiting[] = [];
  /** Home streams under way, with what waits behind them. */
  readonly #under = new Map<StreamId, Waiting[]>();
  /** Those of which a command was told to come again. */
  readonly #stuck = new Set<StreamId>();
  #running = 0;
  #waiting = 0;
  #beganAt = Number.NEGATIVE_INFINITY;
  /** The next look at what is ready: at the end of this turn, or when the window is over. */
  #look: "none" | "turn" | { timer: unknown } = "none";
  readonly #idle = new Set<() => void>();

  constructor(ctx: AppenderCtx, known: KnownStreams, epoch: () => number) {
    this.#ctx = ctx;
    this.#known = known;
    this.#epoch = epoch;
  }

  submit(actor: Actor, command: Command): Promise<Answer> {
    if (this.#waiting >= queueLimit) return Promise.resolve(busy);
    this.#waiting++;
    return new Promise((resolve) => {
      const home = homeOf(command, actor);
      const one: Waiting = { actor, command, home, epoch: this.#epoch(), answer: resolve };
      const behind = this.#under.get(home);
      if (behind) behind.push(one);
      else this.#ready.push(one);
      this.#schedule();
    });
  }

  async idle(): Promise<void> {
    while (this.#waiting > 0 || this.#running > 0) await new Promise<void>((resolve) => this.#idle.add(resolve));
  }

  #schedule(): void {
    const { settings, clock } = this.#ctx;
    if (this.#ready.length === 0 || this.#running >= settings.lanes || this.#look === "turn") return;
    const waitMs = settings.batchWindowMs - (clock.elapsed() - this.#beganAt);
    if (waitMs <= 0 || this.#ready.length >= settings.batchMaxRows) {
      this.#cancel();
      this.#look = "turn";
      // What came in with the same read of a socket goes into the same batch.
      void Promise.resolve().then(() => this.#begin());
    } else if (this.#look === "none") {
      const timer = clock.setTimer(() => {
        this.#look = "none";
        this.#schedule();
      }, waitMs);
      this.#look = { timer };
    }
  }

  #cancel(): void {
    if (typeof this.#look === "object") this.#ctx.clock.clearTimer(this.#look.timer);
    this.#look = "none";
  }

  #begin(): void {
    this.#look = "none";
    if (this.#ready.length === 0) return;
    this.#beganAt = this.#ctx.clock.elapsed();
    const batch = this.#ready.splice(0, this.#ctx.settings.batchMaxRows);
    const homes = new Set(batch.map(({ home }) => home));
    for (const home of homes) this.#under.set(home, []);
    // The rest of a stream that is now under way waits behind it.
    const rest = this.#ready;
    this.#ready = [];
    for (const one of rest) (this.#under.get(one.home) ?? this.#ready).push(one);
    const special = new Set(batch.filter((one) => !isPlain(one)).map(({ home }) => home));
    this.#run(
      batch.filter(({ home }) => !special.has(home)),
      true,
    );
    this.#run(
      batch.filter(({ home }) => special.has(home)),
      false,
    );
    this.#schedule();
  }

  /** A part of a batch, whose streams are in no other part. */
  #run(batch: readonly Waiting[], plain: boolean): void {
    if (batch.length === 0) return;
    this.#running++;
    void this.#flush(batch, plain).then((reached) => {
      this.#running--;
      for (const home of new Set(batch.map((one) => one.home))) {
        const behind = this.#under.get(home) ?? [];
        this.#under.delete(home);
        // What waits behind commands that did not get in must not get in before them.
        const stuck = this.#stuck.delete(home);
        if (reached && !stuck) this.#ready.push(...behind);
        else for (const one of behind) this.#answer(one, busy);
      }
      if (!reached) for (const one of this.#ready.splice(0)) this.#answer(one, busy);
      this.#schedule();
      if (this.#waiting > 0 || this.#running > 0) return;
      for (const done of this.#idle) done();
      this.#idle.clear();
    });
  }

  #answer(one: Waiting, answer: Answer): void {
    this.#waiting--;
    one.answer(answer);
  }

  /** Commits, answers, rings. False when the database could not be reached. */
  async #flush(batch: readonly Waiting[], plain: boolean): Promise<boolean> {
    const epoch = this.#epoch();
    // In another log the seqs that it names are other messages'.
    if (batch.some((one) => one.epoch !== epoch)) return this.#failed(batch, new StaleEpoch("given for another epoch"));
    let outcome: Awaited<ReturnType<typeof commitBatch>>;
    try {
      const fast = plain ? await appendMessages(this.#ctx, this.#known, epoch, batch) : undefined;
      outcome = fast ?? (await commitBatch(this.#ctx, batch, epoch, this.#known));
    } catch (error) {
      return this.#failed(batch, error);
    }
    for (const [index, one] of batch.entries()) this.#answer(one, outcome.answers[index] as Answer);
    try {
      ring(this.#ctx.bus, epoch, outcome.events);
    } catch (error) {
      this.#ctx.log.error({ error: String(error) }, "bells not rung; the next heartbeat finds what they told of");
    }
    return true;
  }

  /**
   * A batch that did not commit, or whose end is not known. One bad command must not take its neighbours along, so each is
   * tried alone; alone it is answered `busy`: the client sends it again under the same id, and the log knows. Those of
   * its stream wait with it.
   */
  async #failed(batch: readonly Waiting[], error: unknown): Promise<boolean> {
    this.#ctx.log.warn({ error: String(error), commands: batch.length }, "batch not committed");
    const reached = !(error instanceof StoreUnavailable);
    if (batch.length === 1 || !reached) {
      for (const one of batch) {
        this.#stuck.add(one.home);
        this.#answer(one, busy);
      }
      return reached;
    }
    for (const [index, one] of batch.entries()) {
      if (this.#stuck.has(one.home)) this.#answer(one, busy);
      else if (!(await this.#flush([one], false))) {
        for (const later of batch.slice(index + 1)) this.#answer(later, busy);
        return false;
      }
    }
    return true;
  }
}
