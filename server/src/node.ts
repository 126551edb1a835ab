import { clientFrames, invalid, parseCommand, type StreamId, safeParse } from "@aftercare/protocol";
import type { Ctx, Principal } from "./context.ts";
import type { Channel } from "./gateway/channel.ts";
import { Hub } from "./gateway/hub.ts";
import { createInspector } from "./gateway/inspect.ts";
import type { Identify, Node, NodeStats, Outlet } from "./gateway/link.ts";
import { meetOthers } from "./gateway/others.ts";
import { Presence } from "./gateway/presence.ts";
import { Buckets } from "./gateway/rate.ts";
import { answerRead } from "./gateway/reads.ts";
import { createReceiptLane } from "./gateway/receipts.ts";
import { keepRights } from "./gateway/rights.ts";
import { LiveSession, type SessionCtx } from "./gateway/session.ts";
import { takeSignal } from "./gateway/signals.ts";
import { inTurns, turns } from "./gateway/turns.ts";
import { Viewing } from "./gateway/viewing.ts";
import { createAppender } from "./log/appender.ts";
import { KnownStreams } from "./log/known.ts";
import { type LogStore, StaleEpoch } from "./log/store.ts";

/** What a batch in flight is given in any case, however short the deadline. */
const finishMs = 1_000;

export type ServerNode = Node & {
  /** Of this run of the process. */
  readonly name: string;
  session(outlet: Outlet, identify: Identify): LiveSession;
  /** From now on what is taken from these buckets counts on every node. */
  shareRate(rate: string, buckets: Buckets): void;
};

/** Wires one node: log, channels, sessions. `epoch` is the deployment's, read at the start. */
export function createNode(ctx: Ctx, epoch: number): ServerNode {
  const sessions = new Set<LiveSession>();
  const stats = noStats();
  const inspector = createInspector(ctx, sessions, epoch);
  const { trace } = inspector ?? {};
  const known = new KnownStreams(epoch);
  const name = ctx.ids.secret();
  const hub = new Hub({ ...ctx, trace }, known, epoch, {
    epoch: () => beginAnew(sessions, presence),
    opened: (stream) => presence.opened(stream),
    closed: (stream) => presence.closed(stream),
    joined: (channel, account) => presence.joined(channel, account),
  });
  const check = checkOf(ctx, hub);
  const appender = createAppender({ ...ctx, store: fenced(ctx.store, hub.epoch, check) }, known, hub.epoch);
  const receipts = createReceiptLane(ctx, hub.epoch);
  const rates = new Buckets(ctx.clock, ctx.settings.rateAccountPerSecond, ctx.settings.rateAccountBurst);
  const presence = new Presence(ctx, hub, name);
  const viewing = new Viewing(ctx.clock, presence);
  const rights = keepRights(ctx, sessions);
  const others = meetOthers(ctx, name, hub, presence, rates, rights);
  const own = { hub, appender, receipts, rates, rights, stats, trace, inspector };
  const sessionCtx: SessionCtx = { ...ctx, ...own, presence, viewing };
  let stopping = false;
  let made = 0;

  const stopBeating = inTurns(ctx, ctx.settings.heartbeatMs, (turn) => {
    beat(ctx, sessions, turn);
    others.beat(turn);
    if (turn === 0) for (const one of [hub, rates]) one.sweep();
  });
  const stopRevocations = hearRevocations(ctx, sessions);
  const session = (outlet: Outlet, identify: Identify): LiveSession => {
    const one = new LiveSession(sessionCtx, outlet, identify, made++ % turns, (closed) => sessions.delete(closed));
    sessions.add(one);
    if (stopping) one.end("move");
    return one;
  };

  return {
    ...requests(sessionCtx),
    name,
    shareRate: others.shareRate,
    session,
    connect: session,
    check,
    ...bells(ctx),
    get sessions() {
      return sessions.size;
    },
    get notAcknowledging() {
      return inspector?.alarms.size ?? 0;
    },
    stats,
    async stop(deadlineMs) {
      stopping = true;
      const leftMs = countdown(ctx, deadlineMs);
      stopBeating();
      await drain(ctx, sessions, deadlineMs);
      endAll(sessions, "move");
      await within(ctx, leftMs(), () => appender.idle().then(receipts.stop));
      for (const part of [viewing, presence, others, rights]) part.stop();
      stopRevocations();
      hub.stop();
      await within(ctx, leftMs(), async () => inspector?.stop());
    },
  };
}

const bells = ({ bus }: Pick<Ctx, "bus">): Pick<Node, "rightsChanged" | "revoke"> => ({
  rightsChanged: (accounts) => bus.publish({ kind: "rights", accounts: [...accounts] }),
  revoke: (credentials) => bus.publish({ kind: "revoked", credentials: [...credentials] }),
});

/** The log is another one: every client resumes, and nobody is there until then. */
function beginAnew(sessions: Set<LiveSession>, presence: Presence): void {
  endAll(sessions, "restart");
  presence.restart();
}

function endAll(sessions: Set<LiveSession>, reason: "restart" | "move"): void {
  for (const session of [...sessions]) session.end(reason);
}

const checkOf = (ctx: Pick<Ctx, "log">, hub: Hub) => () =>
  hub.checkHeads().catch((error) => ctx.log.warn({ error: String(error) }, "heads not checked"));

function beat({ clock }: Pick<Ctx, "clock">, sessions: Set<LiveSession>, turn: number): void {
  for (const session of [...sessions]) if (session.turn === turn) session.beat(clock.elapsed());
}

/** Appends under the node's own epoch alone; one that finds another has the node look at once. */
function fenced(store: LogStore, epoch: () => number, check: () => void): LogStore {
  return {
    ...store,
    async transaction(work) {
      try {
        return await store.transaction(work, epoch());
      } catch (error) {
        if (error instanceof StaleEpoch) check();
        throw error;
      }
    },
  };
}

/** Ends the sessions of credentials that were revoked, on whatever node. */
const hearRevocations = (ctx: Pick<Ctx, "bus">, sessions: Set<LiveSession>): (() => void) =>
  ctx.bus.subscribe((bell) => {
    if (bell.kind !== "revoked") return;
    const over = new Set(bell.credentials);
    for (const session of [...sessions])
      if (session.principal && over.has(session.principal.credential)) session.end("unauthorised");
  });

const noStats = (): NodeStats => ({
  commandsAcked: 0,
  commandsRefused: 0,
  framesIn: 0,
  eventsOut: 0,
  resumesFromMemory: 0,
  resumesFromLog: 0,
  resets: 0,
  slowClosed: 0,
});

/** What is left of a time that begins now. */
function countdown({ clock }: Pick<Ctx, "clock">, ms: number): () => number {
  const endAt = clock.elapsed() + ms;
  return () => endAt - clock.elapsed();
}

/** A database that answers nothing must not keep the process: what was not acknowledged comes again elsewhere. */
export async function within({ clock, log }: Pick<Ctx, "clock" | "log">, leftMs: number, work: () => Promise<unknown>) {
  const limitMs = Math.max(finishMs, leftMs);
  let timer: unknown;
  const late = new Promise<"late">((resolve) => {
    timer = clock.setTimer(() => resolve("late"), limitMs);
  });
  if ((await Promise.race([work(), late])) === "late") log.warn({ limitMs }, "stopping without the database's answer");
  clock.clearTimer(timer);
}

/** Tells clients to move at spread times, and gives them half the deadline to do so. */
async function drain(ctx: Pick<Ctx, "clock">, sessions: Set<LiveSession>, deadlineMs: number): Promise<void> {
  if (sessions.size === 0) return;
  const spreadMs = deadlineMs / 2;
  let index = 0;
  for (const one of [...sessions]) one.move(Math.floor((spreadMs * index++) / sessions.size));
  await new Promise<void>((resolve) => {
    let over = spreadMs <= 0;
    ctx.clock.setTimer(() => {
      over = true;
    }, spreadMs);
    const look = () => {
      if (sessions.size === 0 || over) resolve();
      else ctx.clock.setTimer(look, 50);
    };
    look();
  });
}

/** What the HTTP API asks of the node: the checks of a session, without one. */
function requests(ctx: SessionCtx): Pick<Node, "execute" | "read" | "receipt" | "signal"> {
  const limited = (principal: Principal) => {
    const retryAfterMs = ctx.rates.take(principal.account);
    return retryAfterMs > 0 ? ({ refusal: { code: "rate-limited", retryAfterMs } } as const) : undefined;
  };
  const readable = async (stream: StreamId, who: Principal): Promise<Channel | undefined> => {
    const channel = await ctx.hub.openFor(stream, who);
    return channel?.floor(who) === undefined ? undefined : channel;
  };
  return {
    async execute(principal, input) {
      const parsed = parseCommand(input);
      if (!parsed.ok) return { refusal: parsed.refusal };
      const acceptedAt = ctx.clock.now();
      const answer = limited(principal) ?? (await ctx.appender.submit(principal, parsed.command));
      if ("ack" in answer) ctx.trace?.accepted(answer.ack, acceptedAt);
      return answer;
    },
    async read(principal, input) {
      return limited(principal) ?? answerRead(ctx, principal, input);
    },
    async receipt(principal, input) {
      const parsed = safeParse(clientFrames.receipt, input);
      if (!parsed.success) return invalid(parsed.issues);
      const channel = await readable(parsed.output.stream, principal);
      const { account, credential: device } = principal;
      if (!channel?.isMember(account)) return { refusal: { code: "not-a-member" } };
      ctx.trace?.receipt(channel, { account, device, transport: "http" }, parsed.output);
      ctx.receipts.note(channel, account, parsed.output);
      return {};
    },
    async signal(principal, input) {
      const parsed = safeParse(clientFrames.signal, input);
      if (!parsed.success) return invalid(parsed.issues);
      const channel = await readable(parsed.output.stream, principal);
      if (!channel) return { refusal: { code: "not-a-member" } };
      const { account, credential } = principal;
      return limited(principal) ?? takeSignal(ctx, channel, account, credential, parsed.output);
    },
  };
}
