import type { Actor } from "@aftercare/core";
import type { Command, Event, StreamId } from "@aftercare/protocol";
import { homeOf } from "../actions/needs.ts";
import type { Ctx } from "../context.ts";
import { type Answer, commitBatch, type Submission } from "./batch.ts";
import { StoreUnavailable } from "./store.ts";

type AppenderCtx = Pick<Ctx, "store" | "bus" | "clock" | "ids" | "settings" | "log">;
type Lane = { queue: Submission[]; running: boolean };

/** Commands waiting for one lane at which new ones are refused as `busy`. */
const laneQueueLimit = 20_000;
const busy: Answer = { refusal: { code: "busy", retryAfterMs: 1_000 } };

export interface Appender {
  /** Answers once the command is durable, or refused. Commands of one stream are decided in the order of the calls. */
  submit(actor: Actor, command: Command): Promise<Answer>;
  /** Resolves when everything submitted has been answered. */
  idle(): Promise<void>;
}

/** Group commit in lanes: a stream always goes to the same lane, each lane has one transaction in flight, what arrives meanwhile is the next. */
export function createAppender(ctx: AppenderCtx, epoch: () => number): Appender {
  const lanes: Lane[] = Array.from({ length: ctx.settings.lanes }, () => ({ queue: [], running: false }));
  const waiting = new Set<() => void>();

  async function run(lane: Lane): Promise<void> {
    lane.running = true;
    while (lane.queue.length > 0) {
      const reached = await flush(ctx, epoch(), lane.queue.splice(0, ctx.settings.batchMaxRows));
      // What waits behind commands that did not get in must not get in before them.
      if (!reached) for (const { answer } of lane.queue.splice(0)) answer(busy);
    }
    lane.running = false;
    if (lanes.every((one) => !one.running)) for (const done of waiting) done();
  }

  return {
    submit(actor, command) {
      const lane = lanes[laneOf(homeOf(command, actor), lanes.length)] as Lane;
      if (lane.queue.length >= laneQueueLimit) return Promise.resolve(busy);
      return new Promise((resolve) => {
        lane.queue.push({ actor, command, answer: resolve });
        if (!lane.running) void run(lane);
      });
    },
    async idle() {
      while (lanes.some((lane) => lane.running))
        await new Promise<void>((resolve) => {
          const done = () => {
            waiting.delete(done);
            resolve();
          };
          waiting.add(done);
        });
    },
  };
}

/** FNV-1a over the id: the lane of a stream. */
export function laneOf(stream: StreamId, lanes: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < stream.length; i++) hash = Math.imul(hash ^ stream.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % lanes;
}

/** Commits a batch, answers, rings. False when the database could not be reached. */
async function flush(ctx: AppenderCtx, epoch: number, batch: Submission[]): Promise<boolean> {
  let outcome: Awaited<ReturnType<typeof commitBatch>>;
  try {
    outcome = await commitBatch(ctx, batch);
  } catch (error) {
    return failed(ctx, epoch, batch, error);
  }
  for (const [index, submission] of batch.entries()) submission.answer(outcome.answers[index] as Answer);
  ring(ctx, epoch, outcome.events);
  return true;
}

/**
 * A batch that did not commit, or whose end is not known. One bad command must not take its neighbours along, so each is
 * tried alone; alone it is answered `busy`: the client sends it again under the same id, and the log knows.
 */
async function failed(ctx: AppenderCtx, epoch: number, batch: Submission[], error: unknown): Promise<boolean> {
  ctx.log.warn({ error: String(error), commands: batch.length }, "batch not committed");
  const reached = !(error instanceof StoreUnavailable);
  if (batch.length === 1 || !reached) {
    for (const { answer } of batch) answer(busy);
    return reached;
  }
  for (const [index, submission] of batch.entries()) {
    if (await flush(ctx, epoch, [submission])) continue;
    for (const { answer } of batch.slice(index + 1)) answer(busy);
    return false;
  }
  return true;
}

/** One bell a stream, its events in order. */
function ring(ctx: AppenderCtx, epoch: number, events: readonly Event[]): void {
  const streams = new Map<StreamId, Event[]>();
  for (const event of events) {
    const same = streams.get(event.stream);
    if (same) same.push(event);
    else streams.set(event.stream, [event]);
  }
  for (const [stream, some] of streams) {
    const head = some.at(-1)?.seq ?? 0;
    ctx.bus.publish({ kind: "events", stream, epoch, head, events: some });
  }
}
