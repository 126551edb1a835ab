import { type AccountId, clientFrames, invalid, parseCommand, type StreamId, safeParse } from "@aftercare/protocol";
import type { Ctx, Principal } from "./context.ts";
import type { Channel } from "./gateway/channel.ts";
import { Hub } from "./gateway/hub.ts";
import type { Identify, Node, NodeStats, Outlet } from "./gateway/link.ts";
import { createPeers } from "./gateway/peers.ts";
import { createPresence } from "./gateway/presence.ts";
import { Buckets } from "./gateway/rate.ts";
import { createRateShare } from "./gateway/rate-share.ts";
import { answerRead } from "./gateway/reads.ts";
import { createReceiptLane } from "./gateway/receipts.ts";
import { LiveSession, type SessionCtx } from "./gateway/session.ts";
import { keepVigil } from "./gateway/vigil.ts";
import { createAppender } from "./log/appender.ts";
import { KnownStreams } from "./log/known.ts";

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
  const name = ctx.ids.secret();
  const known = new KnownStreams(epoch);
  const hub = new Hub(ctx, known, epoch, {
    epoch: () => endAll("restart"),
    opened: (stream) => presence.opened(stream),
    closed: (stream) => presence.closed(stream),
  });
  const appender = createAppender(ctx, known, hub.epoch);
  const receipts = createReceiptLane(ctx);
  const rates = new Buckets(ctx.clock, ctx.settings.rateAccountPerSecond, ctx.settings.rateAccountBurst);
  const presence = createPresence(ctx, hub, name);
  const checkHeads = () =>
    hub.checkHeads().catch((error) => ctx.log.warn({ error: String(error) }, "heads not checked"));
  const peers = createPeers(ctx, name, { gone: presence.nodeGone, missed: () => void checkHeads() });
  const sessionCtx: SessionCtx = { ...ctx, hub, appender, receipts, rates, stats, presence: presence.changed };
  let stopping = false;
  let beating: unknown;

  const endAll = (reason: "restart" | "move") => {
    for (const session of [...sessions]) session.end(reason);
  };

  function beat(): void {
    const now = ctx.clock.now();
    for (const session of [...sessions]) session.beat(now);
    hub.sweep();
    rates.sweep();
    void checkHeads();
    if (ctx.bus.health.shared) {
      hub.checkReceipts().catch((error) => ctx.log.warn({ error: String(error) }, "receipts not checked"));
      presence.refresh(false);
    }
    beating = ctx.clock.setTimer(beat, ctx.settings.heartbeatMs);
  }
  beating = ctx.clock.setTimer(beat, ctx.settings.heartbeatMs);

  const shared = createRateShare(ctx.bus, name);
  shared.add("account", rates);
  const stopVigil = keepVigil(ctx, hub, peers, shared);
  const stopLink = ctx.bus.onLink((connected) => {
    if (!connected) return;
    peers.greet();
    presence.refresh(true);
    void checkHeads();
  });

  const stopRevocations = ctx.bus.subscribe((bell) => {
    if (bell.kind !== "revoked") return;
    for (const session of [...sessions])
      if (session.principal && bell.credentials.includes(session.principal.credential)) session.end("unauthorised");
  });

  function session(outlet: Outlet, identify: Identify): LiveSession {
    const made = new LiveSession(sessionCtx, outlet, identify, (closed) => sessions.delete(closed));
    sessions.add(made);
    if (stopping) made.end("move");
    return made;
  }

  return {
    ...requests(sessionCtx),
    name,
    shareRate: shared.add,
    session,
    connect: session,
    revoke: (credentials) => ctx.bus.publish({ kind: "revoked", credentials: [...credentials] }),
    get sessions() {
      return sessions.size;
    },
    stats,
    async stop(deadlineMs) {
      stopping = true;
      const endAt = ctx.clock.now() + deadlineMs;
      ctx.clock.clearTimer(beating);
      await drain(ctx, sessions, deadlineMs);
      endAll("move");
      // A database that answers nothing must not keep the process: what was not acknowledged comes again elsewhere.
      const finished = appender.idle().then(() => receipts.stop());
      if (!(await within(ctx, finished, Math.max(finishMs, endAt - ctx.clock.now()))))
        ctx.log.warn({ deadlineMs }, "stopping at the deadline; the database did not answer");
      stopVigil();
      stopLink();
      presence.stop();
      shared.stop();
      peers.stop();
      stopRevocations();
      hub.stop();
    },
  };
}

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

/** False when the work takes longer. */
function within({ clock }: Pick<Ctx, "clock">, work: Promise<unknown>, limitMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(() => resolve(false), limitMs);
    work.then(() => resolve(true), reject).finally(() => clock.clearTimer(timer));
  });
}

/** Tells clients to move at spread times, and gives them half the deadline to do so. */
async function drain(ctx: Pick<Ctx, "clock">, sessions: Set<LiveSession>, deadlineMs: number): Promise<void> {
  if (sessions.size === 0) return;
  const spreadMs = deadlineMs / 2;
  let index = 0;
  for (const one of [...sessions]) one.move(Math.floor((spreadMs * index++) / sessions.size));
  await new Promise<void>((resolve) => {
    const endAt = ctx.clock.now() + spreadMs;
    const look = () => {
      if (sessions.size === 0 || ctx.clock.now() >= endAt) resolve();
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
  const member = async (stream: StreamId, account: AccountId): Promise<Channel | undefined> => {
    const channel = await ctx.hub.openFor(stream, account);
    return channel?.floor(account) === undefined ? undefined : channel;
  };
  return {
    async execute(principal, input) {
      const parsed = parseCommand(input);
      if (!parsed.ok) return { refusal: parsed.refusal };
      return limited(principal) ?? ctx.appender.submit(principal, parsed.command);
    },
    async read(principal, input) {
      return limited(principal) ?? answerRead(ctx, principal, input);
    },
    async receipt(principal, input) {
      const parsed = safeParse(clientFrames.receipt, input);
      if (!parsed.success) return invalid(parsed.issues);
      const channel = await member(parsed.output.stream, principal.account);
      if (!channel) return { refusal: { code: "not-a-member" } };
      ctx.receipts.note(channel, principal.account, parsed.output);
      return {};
    },
    async signal(principal, input) {
      const parsed = safeParse(clientFrames.signal, input);
      if (!parsed.success) return invalid(parsed.issues);
      const { stream, type, on } = parsed.output;
      if (!(await member(stream, principal.account))) return { refusal: { code: "not-a-member" } };
      const refused = limited(principal);
      if (!refused) ctx.bus.publish({ kind: "signal", signal: { type, stream, by: principal.account, on } });
      return refused ?? {};
    },
  };
}
