import postgres, { type Sql } from "postgres";
import { connectionOf } from "../embedded/url.ts";

/** Seconds to wait for a connection. Right after a crash one may be accepted and never answered: then the next one works. */
const connectTimeoutSeconds = 3;
/** Seconds that queries of a pool that lost a connection may still take. */
const retireTimeoutSeconds = 5;

/**
 * A pool. `bigint` comes as a number: seqs and times stay far below 2^53.
 *
 * A lost connection takes its pool with it: the driver (3.4.9) forgets to clear what it had not written yet, so that the
 * same connection, opened again, waits for its timeout in vain. Queries under way on the other connections finish.
 */
export function openSql(url: string, connections: number): Sql {
  const retiring = new Set<Promise<void>>();
  let current: Sql | undefined;

  function retire(pool: Sql): void {
    if (current !== pool) return;
    current = undefined;
    // Not in the middle of the driver's own closing.
    const gone = Promise.resolve()
      .then(() => pool.end({ timeout: retireTimeoutSeconds }))
      .finally(() => retiring.delete(gone));
    retiring.add(gone);
  }

  function pool(): Sql {
    if (current) return current;
    const made: Sql = openPool(url, connections, () => retire(made));
    current = made;
    return made;
  }

  async function end(options?: { timeout?: number }): Promise<void> {
    await Promise.all([current?.end(options), ...retiring]);
  }

  // A query is a call of the pool; everything else is a property.
  return new Proxy((() => undefined) as unknown as Sql, {
    apply: (_target, _self, words) => Reflect.apply(pool() as unknown as () => unknown, undefined, words),
    get: (_target, name) => (name === "end" ? end : Reflect.get(pool(), name)),
  });
}

/**
 * Every statement of ours looks rows up by key. With fresh or stale statistics the planner believes otherwise now and then,
 * reads the whole log for one batch, and plans anew each time: so it is told.
 */
const lookups = {
  plan_cache_mode: "force_generic_plan",
  enable_seqscan: "off",
  enable_hashjoin: "off",
  enable_mergejoin: "off",
  jit: "off",
} as const;

function openPool(url: string, connections: number, onclose: () => void): Sql {
  const { url: address, path } = connectionOf(url);
  return postgres(address, {
    ...(path !== undefined && { path }),
    max: connections,
    connect_timeout: connectTimeoutSeconds,
    // Tried at once, then ever slower up to a second: a restarted database is found quickly.
    backoff: (tries: number) => Math.min(1, 0.02 * 2 ** tries),
    onnotice: () => undefined,
    connection: lookups,
    onclose,
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
  }) as unknown as Sql;
}
