import type { Sql } from "postgres";
import type { Bus } from "../bus.ts";
import type { Clock, Logger } from "../context.ts";
import { type Lease, releaseLease, takeLease, underLease } from "../db/lease.ts";
import { type Fresh, type Sealed, sealPush, type VapidKey } from "./encrypt.ts";
import type { PushServices } from "./service.ts";
import { anySubscription, claimDue, type Due, dropEndpoint, excerptOf, markTold } from "./store.ts";
import { isPushLocale, pushWords } from "./words.ts";

export type Post = (sealed: Sealed) => Promise<{ status: number }>;
export type PusherCtx = {
  readonly sql: Sql;
  readonly bus: Pick<Bus, "subscribe">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly holder: string;
  readonly key: VapidKey;
  readonly contact: string;
  readonly showsText: boolean;
  readonly afterMs: number;
  readonly services: PushServices;
  readonly post: Post;
  readonly fresh: () => Promise<Fresh>;
};

const lookEveryMs = 2_000;
/** Bells may be lost: now and then all conversations of those who subscribed are looked through. */
const sweepEveryMs = 60_000;
const leaseTtlMs = 30_000;
/** The first try again comes after this, each later one after four times as long. */
const retryMs = 15_000;
const mostTries = 5;
const sendsAtOnce = 20;
const rungStreams = 5_000;
/** A message of yesterday is read in the conversation. */
const ttlSeconds = 24 * 60 * 60;
const excerptChars = 120;

export type Pusher = { look(all?: boolean): Promise<void>; stop(): Promise<void> };

/**
 * Tells customers' devices of messages that wait for them. One node does it at a time: it holds the lease, and claims what
 * it is about to send in a transaction that the lease guards; a claim that nobody finished is tried again later.
 */
export function createPusher(ctx: PusherCtx): Pusher {
  /** Conversations with new messages: when the first one was heard, and the last. */
  const rung = new Map<string, { first: number; last: number }>();
  let lease: Lease | undefined;
  let sweptAt = Number.NEGATIVE_INFINITY;
  const stopBus = ctx.bus.subscribe((bell) => {
    if (bell.kind !== "events" || !bell.stream.startsWith("c_") || rung.size >= rungStreams) return;
    if (bell.events.length === 0 || bell.events.some(({ type }) => type === "message.sent"))
      rung.set(bell.stream, { first: rung.get(bell.stream)?.first ?? ctx.clock.elapsed(), last: ctx.clock.elapsed() });
  });

  async function claim(taken: Lease, streams: readonly string[] | undefined): Promise<Due[]> {
    if (!(await anySubscription(ctx.sql))) return [];
    const bounds = { afterMs: ctx.afterMs, retryMs };
    return underLease(ctx.sql, taken, leaseTtlMs, (tx) => claimDue(tx, streams, bounds));
  }

  async function look(all = false): Promise<void> {
    const taken = await takeLease(ctx.sql, "push", ctx.holder, leaseTtlMs);
    if (!taken) {
      lease = undefined;
      rung.clear();
      return;
    }
    // Whoever takes over has not heard the bells of before.
    const sweeps = all || !lease || lease.token !== taken.token || ctx.clock.elapsed() - sweptAt >= sweepEveryMs;
    lease = taken;
    const ripe = [...rung].filter(([, { first }]) => ctx.clock.elapsed() - first >= ctx.afterMs);
    if (!sweeps && ripe.length === 0) return;
    for (const [stream, { first, last }] of ripe)
      if (last > first) rung.set(stream, { first: last, last });
      else rung.delete(stream);
    const due = await claim(taken, sweeps ? undefined : ripe.map(([stream]) => stream)).catch((error) => {
      // They are ripe still.
      for (const [stream, { first, last }] of ripe) rung.set(stream, { first, last: rung.get(stream)?.last ?? last });
      throw error;
    });
    if (sweeps) sweptAt = ctx.clock.elapsed();
    let failed = false;
    for (let at = 0; at < due.length; at += sendsAtOnce) {
      const again = await Promise.all(due.slice(at, at + sendsAtOnce).map((one) => tell(ctx, one)));
      failed ||= again.includes(true);
    }
    // A failed one is looked at again when its time has come.
    if (failed) sweptAt = Math.min(sweptAt, ctx.clock.elapsed() - sweepEveryMs + retryMs);
  }

  return {
    look,
    async stop() {
      stopBus();
      if (lease) await releaseLease(ctx.sql, lease).catch(() => undefined);
    },
  };
}

/** Looks again and again, until the returned function is called. */
export function startPusher(ctx: PusherCtx): () => Promise<void> {
  const pusher = createPusher(ctx);
  let timer: unknown;
  let stopped = false;
  let working: Promise<void> = Promise.resolve();
  const tick = () => {
    working = pusher
      .look()
      .catch((error) => ctx.log.warn({ error: String(error) }, "notifications were not sent; they are tried again"))
      .finally(() => {
        if (!stopped) timer = ctx.clock.setTimer(tick, lookEveryMs);
      });
  };
  tick();
  return async () => {
    stopped = true;
    ctx.clock.clearTimer(timer);
    await working;
    await pusher.stop();
  };
}

/** Whether it is to be tried again. */
async function tell(ctx: PusherCtx, due: Due): Promise<boolean> {
  const isLast = due.tries >= mostTries;
  try {
    const status = await send(ctx, due);
    if (status === 404 || status === 410) {
      await dropEndpoint(ctx.sql, due.device, due.endpoint);
      return false;
    }
    const isDone = status >= 200 && status < 300;
    // What the service will never take is not offered again.
    const isHopeless = isLast || (status >= 400 && status < 500 && status !== 429);
    if (!isDone)
      ctx.log.warn({ status, tries: due.tries, host: new URL(due.endpoint).host }, "a notification was refused");
    if (isDone || isHopeless) await markTold(ctx.sql, due);
    return !(isDone || isHopeless);
  } catch (error) {
    ctx.log.warn({ error: String(error), tries: due.tries }, "a notification was not sent");
    if (isLast) await markTold(ctx.sql, due).catch(() => undefined);
    return !isLast;
  }
}

async function send(ctx: PusherCtx, due: Due): Promise<number> {
  // Taken off the list of services, or its name leads into somebody's own network now.
  if (!(await ctx.services.reachable(due.endpoint))) return 403;
  const locale = isPushLocale(due.locale) ? due.locale : "en";
  const words = pushWords[locale];
  const excerpt = ctx.showsText ? excerptOf(due.body, locale, excerptChars) : "";
  const note = {
    title: due.shop,
    body: excerpt || words.message,
    tag: due.stream,
    url: "/chat/",
    lang: locale,
  };
  // 32 letters at most, and the same for the conversation: what waits at the service is replaced, not joined.
  const topic = due.stream.slice(0, 32);
  const by = { key: ctx.key, contact: ctx.contact, nowMs: ctx.clock.now(), fresh: await ctx.fresh() };
  const sealed = await sealPush(by, due, note, { ttlSeconds, topic });
  return (await ctx.post(sealed)).status;
}
