import type { Bus } from "../bus.ts";
import type { Buckets } from "./rate.ts";

/** Keys in one bell. */
const keysPerBell = 1_000;

export type RateShare = ReturnType<typeof createRateShare>;

/**
 * One rate for all nodes: about every second each says what was taken with it, and the others take it too. An account that
 * uses several nodes at once gets no more in the long run; a burst can be had on each node within one second.
 */
export function createRateShare(bus: Bus, node: string) {
  const rates = new Map<string, Buckets>();
  const stopBus = bus.subscribe((bell) => {
    if (bell.kind !== "spent" || bell.node === node) return;
    const buckets = rates.get(bell.rate);
    for (const [key, count] of Object.entries(bell.counts)) buckets?.charge(key, count);
  });
  return {
    add(rate: string, buckets: Buckets): void {
      if (!bus.health.shared) return;
      buckets.remember();
      rates.set(rate, buckets);
    },
    /** Called about once a second, with the number of nodes that live. */
    tick(nodes: number): void {
      for (const [rate, buckets] of rates) {
        // One that is alone may only not have heard of the others yet.
        const counts = Object.entries(buckets.collect(Math.max(2, nodes)));
        for (let at = 0; at < counts.length; at += keysPerBell)
          bus.publish({ kind: "spent", rate, node, counts: Object.fromEntries(counts.slice(at, at + keysPerBell)) });
      }
    },
    stop: stopBus,
  };
}
