import { type LinkAlarm, limits, type TraceTransport } from "@aftercare/protocol";
import type { Bell } from "../bus.ts";
import type { Ctx, Principal } from "../context.ts";

/** A link that was sent events and has not been heard since. */
export type Unanswered = { principal: Principal; transport: TraceTransport; sinceAt: number; events: number };
type Watched = { unanswered(since: number): Unanswered | undefined };

/** A silent link is told within 20 s (law 10): looked for so often, after this long at the most. */
export const lookEveryMs = 1_000;
const leastSilenceMs = 15_000;
const mostSilenceMs = 19_000;
/** What the answer to a beat may take. Some clients send no receipts: they are heard once a heartbeat alone. */
const answerMs = 2_500;
/** While there are alarms, other nodes are told so often; what is not told again is over. */
const tellEveryMs = 5_000;
const foreignTtlMs = 3 * tellEveryMs;
/** New alarms written to the log in one look; many at once are one fault, not many. */
const linesPerLook = 10;

export type Alarms = ReturnType<typeof createAlarms>;

/** A mark of a credential that tells devices apart and opens nothing. */
export const deviceMark = (ids: Pick<Ctx["ids"], "fingerprint">, credential: string): string =>
  ids.fingerprint(`device ${credential}`).toString(16).padStart(12, "0").slice(0, 8);

/** Watches the links of this node, and hears of those of others. */
export function createAlarms(ctx: Pick<Ctx, "clock" | "log" | "bus" | "ids" | "settings">, sessions: Set<Watched>) {
  const silenceMs = Math.min(mostSilenceMs, Math.max(leastSilenceMs, ctx.settings.heartbeatMs + answerMs));
  const foreign = new Map<string, { at: number; links: LinkAlarm[] }>();
  let own = new Map<Watched, LinkAlarm>();
  let node: string | undefined;
  let toldAt = Number.NEGATIVE_INFINITY;
  let timer = ctx.clock.setTimer(look, lookEveryMs);
  const stopListening = ctx.bus.subscribe(hear);

  function look(): void {
    const now = ctx.clock.elapsed();
    const found = new Map<Watched, LinkAlarm>();
    for (const session of sessions) {
      const silent = session.unanswered(now - silenceMs);
      if (silent) found.set(session, alarmOf(silent));
    }
    say(found);
    const changed = found.size !== own.size || [...found.keys()].some((session) => !own.has(session));
    own = found;
    if (changed || (own.size > 0 && now - toldAt >= tellEveryMs)) tell(now);
    timer = ctx.clock.setTimer(look, lookEveryMs);
  }

  function alarmOf({ principal, transport, sinceAt, events }: Unanswered): LinkAlarm {
    const { account, name, credential } = principal;
    return { account, name, device: deviceMark(ctx.ids, credential), transport, sinceAt, events };
  }

  function say(found: ReadonlyMap<Watched, LinkAlarm>): void {
    const fresh = [...found].filter(([session]) => !own.has(session)).map(([, alarm]) => alarm);
    for (const { account, device, transport, sinceAt, events } of fresh.slice(0, linesPerLook))
      ctx.log.warn({ account, device, transport, sinceAt, events }, "a live link stopped acknowledging");
    if (fresh.length > linesPerLook)
      ctx.log.warn({ links: fresh.length - linesPerLook }, "more live links stopped acknowledging");
    const over = [...own.keys()].filter((session) => !found.has(session)).length;
    if (over > 0) ctx.log.info({ links: over }, "links acknowledge again or ended");
  }

  function tell(now: number): void {
    toldAt = now;
    if (!ctx.bus.health.shared) return;
    node ??= ctx.ids.secret();
    ctx.bus.publish({ kind: "alarms", node, links: oldest([...own.values()]) });
  }

  function hear(bell: Bell): void {
    if (bell.kind !== "alarms" || bell.node === node) return;
    if (bell.links.length === 0) foreign.delete(bell.node);
    else foreign.set(bell.node, { at: ctx.clock.elapsed(), links: bell.links });
  }

  return {
    get size(): number {
      return own.size;
    },
    /** Those of every node, silent for longest first. */
    all(): LinkAlarm[] {
      const since = ctx.clock.elapsed() - foreignTtlMs;
      for (const [name, { at }] of foreign) if (at < since) foreign.delete(name);
      return oldest([...own.values(), ...[...foreign.values()].flatMap(({ links }) => links)]);
    },
    stop(): void {
      ctx.clock.clearTimer(timer);
      stopListening();
    },
  };
}

const oldest = (links: LinkAlarm[]): LinkAlarm[] =>
  links.sort((a, b) => a.sinceAt - b.sinceAt).slice(0, limits.alarmLinks);
