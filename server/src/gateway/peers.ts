import type { Ctx } from "../context.ts";

/** A node says this often that it lives. */
const aliveEveryMs = 3_000;
/** Silent for this long, it may be cut off while it still writes: what it writes is looked for in the log. */
const uneasyMs = 5_000;
/** Silent for this long, it is taken for dead, and whoever was present there is gone. */
const deadMs = 10_000;
/** A node that lives is back by then; it is forgotten. */
const forgetMs = 600_000;
const maxPeers = 1_000;

type Peer = { heardAt: number; dead: boolean };
type PeersCtx = Pick<Ctx, "bus" | "clock">;

export type Peers = ReturnType<typeof createPeers>;

/** The other nodes, as far as the bus tells. */
export function createPeers(
  { bus, clock }: PeersCtx,
  node: string,
  { gone, missed }: { gone: (node: string) => void; missed: () => void },
) {
  const peers = new Map<string, Peer>();
  let saidAt = Number.NEGATIVE_INFINITY;
  let notRungBefore = 0;

  function say(stopping: boolean): void {
    saidAt = clock.elapsed();
    // Bells that could not be rung: once they can, the others must look for what they told of.
    const missed = bus.health.bellsNotRung > notRungBefore;
    if (bus.health.connected) notRungBefore = bus.health.bellsNotRung;
    bus.publish({ kind: "alive", node, stopping, missed });
  }

  const stopBus = bus.subscribe((bell) => {
    if (bell.kind !== "alive" || bell.node === node) return;
    if (bell.stopping) {
      if (peers.delete(bell.node)) gone(bell.node);
      return;
    }
    const known = peers.has(bell.node);
    if (known || peers.size < maxPeers) peers.set(bell.node, { heardAt: clock.elapsed(), dead: false });
    // A newcomer need not wait to hear of us.
    if (!known && peers.has(bell.node)) say(false);
    if (bell.missed) missed();
  });

  return {
    /** Called about once a second. */
    tick(): void {
      if (!bus.health.shared) return;
      const now = clock.elapsed();
      if (now - saidAt >= aliveEveryMs) say(false);
      for (const [other, peer] of peers) {
        const silentMs = now - peer.heardAt;
        if (silentMs > forgetMs) peers.delete(other);
        else if (silentMs > deadMs && !peer.dead) {
          peer.dead = true;
          gone(other);
        }
      }
    },
    /** The connection is back. */
    greet(): void {
      if (bus.health.shared) say(false);
    },
    /** Whether bells that matter may not come: no connection, or a node that fell silent without a goodbye. */
    uneasy(): boolean {
      if (!bus.health.shared) return false;
      const now = clock.elapsed();
      return !bus.health.connected || [...peers.values()].some(({ heardAt }) => now - heardAt > uneasyMs);
    },
    /** Nodes that live, this one too. */
    count: () => 1 + [...peers.values()].filter(({ dead }) => !dead).length,
    stop(): void {
      if (bus.health.shared) say(true);
      stopBus();
    },
  };
}
