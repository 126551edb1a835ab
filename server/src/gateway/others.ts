import type { Ctx } from "../context.ts";
import type { Hub } from "./hub.ts";
import { createPeers } from "./peers.ts";
import type { Presence } from "./presence.ts";
import type { Buckets } from "./rate.ts";
import { createRateShare } from "./rate-share.ts";
import type { Rights } from "./rights.ts";
import { keepVigil } from "./vigil.ts";

type OthersCtx = Pick<Ctx, "store" | "bus" | "clock" | "log">;

export type Others = ReturnType<typeof meetOthers>;

/** What a node does because there may be others. */
export function meetOthers(
  ctx: OthersCtx,
  node: string,
  hub: Hub,
  presence: Presence,
  accounts: Buckets,
  rights: Pick<Rights, "changed">,
) {
  const logged = (work: Promise<void>, what: string): void =>
    void work.catch((error) => ctx.log.warn({ error: String(error) }, `${what} not checked`));
  const checkHeads = () => logged(hub.checkHeads(), "heads");
  const peers = createPeers(ctx, node, { gone: (other) => presence.nodeGone(other), missed: checkHeads });
  const rates = createRateShare(ctx.bus, node);
  rates.add("account", accounts);
  const stopVigil = keepVigil(ctx, hub, peers, rates, rights);
  const stopLink = ctx.bus.onLink((connected) => {
    if (!connected) return;
    peers.greet();
    presence.refresh(true);
    checkHeads();
  });
  return {
    /** From now on what is taken from these buckets counts on every node. */
    shareRate: (rate: string, buckets: Buckets): void => rates.add(rate, buckets),
    /** Makes good, once a heartbeat for each stream, what bells may have failed to bring. */
    beat(turn: number): void {
      logged(hub.checkHeads("all", turn), "heads");
      if (!ctx.bus.health.shared) return;
      logged(hub.checkReceipts(turn), "receipts");
      presence.refresh(false, turn);
    },
    stop(): void {
      stopVigil();
      stopLink();
      rates.stop();
      peers.stop();
    },
  };
}
