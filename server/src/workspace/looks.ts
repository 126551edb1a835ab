import type { PublicWidgetSettings } from "@aftercare/protocol";
import type { Bus } from "../bus.ts";
import type { Clock, Logger } from "../context.ts";

/** What the pages that customers load are dressed in. Unknown shops get the workspace's own. */
export type Looks = (shop: string | null) => Promise<PublicWidgetSettings>;
export type LooksCtx = {
  readonly read: (shop: string | undefined) => Promise<PublicWidgetSettings | undefined>;
  readonly bus: Pick<Bus, "subscribe">;
  readonly clock: Clock;
  readonly log: Logger;
};

/**
 * How old an answer may be, should the bell of a change be lost: a page's load asks several times, and a flood of loads must
 * not reach the database.
 */
const keptMs = 2_000;
/** A page does not wait longer for a database that is slow: it comes as it was last, or plain. */
const patienceMs = 1_500;
const keptShops = 200;
const shopPattern = /^s_[-\w]{22}$/;

/** Before the database has ever answered. */
const plain: PublicWidgetSettings = { name: "Aftercare", defaultLocale: "en", widget: {} };

export function createLooks({ read, bus, clock, log }: LooksCtx): Looks {
  const kept = new Map<string, { at: number; asked: Promise<PublicWidgetSettings>; known?: PublicWidgetSettings }>();

  bus.subscribe((bell) => {
    // What is known stays, for a database that is slow to say what is so now.
    if (bell.kind === "looks") for (const entry of kept.values()) entry.at = Number.NEGATIVE_INFINITY;
  });

  const ask = async (shop: string): Promise<PublicWidgetSettings> =>
    (shop === "" ? undefined : await read(shop)) ?? (await read(undefined)) ?? plain;

  return async (given) => {
    const shop = given !== null && shopPattern.test(given) ? given : "";
    let entry = kept.get(shop);
    if (!entry || clock.elapsed() - entry.at >= keptMs) {
      if (!entry && kept.size >= keptShops) kept.clear();
      const before = entry?.known;
      entry = { at: clock.elapsed(), asked: ask(shop), ...(before && { known: before }) };
      kept.set(shop, entry);
    }
    const last = entry.known ?? kept.get("")?.known ?? plain;
    const known = await inTime(clock, entry.asked, last).catch((error) => {
      log.warn({ error: String(error) }, "the workspace could not be read; pages look as they did last");
      return last;
    });
    entry.known = known;
    return known;
  };
}

function inTime<T>(clock: Clock, work: Promise<T>, otherwise: T): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(() => resolve(otherwise), patienceMs);
    work.then(resolve, reject).finally(() => clock.clearTimer(timer));
  });
}
