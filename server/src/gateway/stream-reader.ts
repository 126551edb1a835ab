import type { StreamId } from "@aftercare/protocol";
import type { Ctx } from "../context.ts";
import type { StreamSnapshot } from "../log/store.ts";

/** Streams read in one query when many become active at once. */
const loadBatch = 200;

type Wanted = {
  id: StreamId;
  found: (snapshot: StreamSnapshot | undefined) => void;
  failed: (error: unknown) => void;
};

/** Reads streams one by one for its callers and many at once for the database: a storm of first looks costs few queries. */
export function createStreamReader(ctx: Pick<Ctx, "store">): (id: StreamId) => Promise<StreamSnapshot | undefined> {
  let wanted: Wanted[] = [];
  let reading = false;

  async function readWanted(): Promise<void> {
    reading = true;
    // Everything asked for in this turn goes into the first query too.
    await Promise.resolve();
    while (wanted.length > 0) {
      const batch = wanted.slice(0, loadBatch);
      wanted = wanted.slice(loadBatch);
      try {
        const snapshots = await ctx.store.streams([...new Set(batch.map((one) => one.id))]);
        const byId = new Map(snapshots.map((snapshot) => [snapshot.row.id, snapshot]));
        for (const one of batch) one.found(byId.get(one.id));
      } catch (error) {
        for (const one of batch) one.failed(error);
      }
    }
    reading = false;
  }

  return (id) =>
    new Promise((found, failed) => {
      wanted.push({ id, found, failed });
      if (!reading) void readWanted();
    });
}
