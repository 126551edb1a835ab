import type { Ctx } from "../context.ts";
import type { Hub } from "./hub.ts";
import type { Peers } from "./peers.ts";
import type { RateShare } from "./rate-share.ts";

/** How often rights, and heads where bells may be missing, are looked for: what ends an access works within 2 s (laws 5, 11). */
const lookEveryMs = 1_000;

type VigilCtx = Pick<Ctx, "store" | "bus" | "clock" | "log">;

/** Finds in the database what the bus may have failed to bring, until the returned function is called. */
export function keepVigil(ctx: VigilCtx, hub: Hub, peers: Peers, rates: RateShare): () => void {
  let mark: string | undefined;
  let looking = false;
  let timer: unknown;

  async function rights(): Promise<boolean> {
    const news = await ctx.store.lookup.rights(mark);
    const unsure = mark === undefined || news.wentBack;
    mark = news.mark;
    for (const [stream, head] of news.heads) hub.reach(stream, head);
    return unsure;
  }

  async function look(): Promise<void> {
    try {
      // Until there is a mark to read from, all heads are looked at.
      if (await rights()) await hub.checkHeads("all");
      else if (peers.uneasy()) await hub.checkHeads("watched");
      else if (ctx.bus.health.shared) await hub.checkHeads("fresh");
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
