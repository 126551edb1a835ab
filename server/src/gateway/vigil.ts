import type { Ctx } from "../context.ts";
import { longestMs, momentOf } from "../moment.ts";
import type { Hub } from "./hub.ts";
import type { Peers } from "./peers.ts";
import type { RateShare } from "./rate-share.ts";
import type { Rights } from "./rights.ts";

/** How often rights, and heads where bells may be missing, are looked for: what ends an access works within 2 s (laws 5, 11). */
const lookEveryMs = 1_000;
/** After so long without a good look, what was to be found may have been swept: rows that tell of rights are kept for a minute. */
const mostGapMs = 30_000;

type VigilCtx = Pick<Ctx, "store" | "bus" | "clock" | "log">;

/** Finds in the database what the bus may have failed to bring, until the returned function is called. */
export function keepVigil(
  ctx: VigilCtx,
  hub: Hub,
  peers: Peers,
  rates: RateShare,
  rights: Pick<Rights, "changed">,
): () => void {
  let mark: string | undefined;
  let looking = false;
  /** When the last good look began. */
  let good = momentOf(ctx.clock);
  let timer: unknown;

  async function look(): Promise<void> {
    const now = momentOf(ctx.clock);
    try {
      const news = await ctx.store.lookup.rights(mark);
      for (const [stream, head] of news.heads) hub.reach(stream, head);
      const isAnew = mark === undefined || news.wentBack || longestMs(good, now) > mostGapMs;
      if (isAnew) rights.changed("all");
      else if (news.accounts.length > 0) rights.changed(news.accounts);
      // Until there is a mark to read from, all heads are looked at.
      if (isAnew) await hub.checkHeads("all");
      else if (peers.uneasy()) await hub.checkHeads("watched");
      else if (ctx.bus.health.shared) await hub.checkHeads("fresh");
      // Only now: what failed to be looked at is looked at again.
      mark = news.mark;
      good = now;
    } catch (error) {
      ctx.log.warn({ error: String(error) }, "rights and heads not checked; they are in a second");
    }
  }

  function tick(): void {
    timer = ctx.clock.setTimer(tick, lookEveryMs);
    peers.tick();
    rates.tick(peers.count());
    if (looking) return;
    looking = true;
    void look().finally(() => {
      looking = false;
    });
  }

  tick();
  return () => ctx.clock.clearTimer(timer);
}
