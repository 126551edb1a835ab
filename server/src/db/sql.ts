import postgres, { type Sql } from "postgres";
import { connectionOf, hostsOf } from "../embedded/url.ts";

/** Bounds of every connection of a pool; without one PostgreSQL waits for ever. */
export type SqlBounds = {
  readonly statementTimeoutMs?: number;
  readonly lockTimeoutMs?: number;
  readonly idleTransactionTimeoutMs?: number;
  /** Right after a crash a connection may be accepted and never answered: then the next one works. */
  readonly connectTimeoutMs?: number;
};

export type SqlOptions = SqlBounds & {
  /** Replicas are read, everything else needs a primary. */
  readonly standby?: boolean;
  /** Called when a pool that was lost has been replaced, and a server answers again. */
  readonly onReturn?: () => void;
};

const connectTimeoutMs = 3_000;
/** Seconds that queries of a pool that lost a connection may still take. */
const retireTimeoutSeconds = 5;
/** Seconds of silence after which the system asks whether the other side is still there. */
const keepAliveSeconds = 10;

const leaving = Symbol("leave");

/** Gives up the connections of a pool, as after a loss: another server of its URL may be the right one. */
export function leave(sql: Sql): void {
  (sql as unknown as { [leaving]?: () => void })[leaving]?.();
}

/**
 * A pool. `bigint` comes as a number: seqs and times stay far below 2^53.
 *
 * A lost connection takes its pool with it: the driver (3.4.9) forgets to clear what it had not written yet, so that the
 * same connection, opened again, waits for its timeout in vain. Queries under way on the other connections finish.
 *
 * Of several servers in the URL a pool uses one. One that is out of reach or a standby makes way for the next. The driver's
 * own way is not taken: with all of them down it tries in a tight loop and fails no query, and it takes a standby of
 * PostgreSQL 14 and later for `read-write`.
 */
export function openSql(url: string, connections: number, options: SqlOptions = {}): Sql {
  const hosts = hostsOf(url);
  const retiring = new Set<Promise<void>>();
  let current: Sql | undefined;
  let hostIndex = 0;
  let generation = 0;

  function retire(pool: Sql, answered: boolean): void {
    if (current !== pool) return;
    current = undefined;
    if (!answered) hostIndex = (hostIndex + 1) % hosts.length;
    // Not in the middle of the driver's own closing.
    const gone = Promise.resolve()
      .then(() => pool.end({ timeout: retireTimeoutSeconds }))
      .finally(() => retiring.delete(gone));
    retiring.add(gone);
  }

  function pool(): Sql {
    if (current) return current;
    const isAnother = generation++ > 0;
    let answered = false;
    const made: Sql = openPool(hosts[hostIndex] as string, connections, hosts.length > 1, options, {
      onclose: () => retire(made, answered),
      onparameter(name: string, value: string) {
        if (name !== "in_hot_standby" || answered || (value === "on" && !options.standby)) return;
        answered = true;
        if (isAnother) options.onReturn?.();
      },
    });
    current = made;
    return made;
  }

  async function end(endOptions?: { timeout?: number }): Promise<void> {
    await Promise.all([current?.end(endOptions), ...retiring]);
  }

  // A query is a call of the pool; everything else is a property.
  return new Proxy((() => undefined) as unknown as Sql, {
    apply: (_target, _self, words) => Reflect.apply(pool() as unknown as () => unknown, undefined, words),
    get(_target, name) {
      if (name === "end") return end;
      if (name === leaving) return () => current && retire(current, false);
      return Reflect.get(pool(), name);
    },
  });
}

/**
 * Every statement of ours looks rows up by key. With fresh or stale statistics the planner believes otherwise now and then,
 * reads the whole log for one batch, and plans anew each time: so it is told.
 */
export const lookups = {
  plan_cache_mode: "force_generic_plan",
  enable_seqscan: "off",
  enable_hashjoin: "off",
  enable_mergejoin: "off",
  jit: "off",
} as const;

function boundsOf({ statementTimeoutMs, lockTimeoutMs, idleTransactionTimeoutMs }: SqlBounds): Record<string, string> {
  return {
    ...(statementTimeoutMs && { statement_timeout: String(statementTimeoutMs) }),
    ...(lockTimeoutMs && { lock_timeout: String(lockTimeoutMs) }),
    ...(idleTransactionTimeoutMs && { idle_in_transaction_session_timeout: String(idleTransactionTimeoutMs) }),
    // Should this machine vanish, its locks go with it.
    tcp_keepalives_idle: String(keepAliveSeconds),
    tcp_user_timeout: "20000",
  };
}

function openPool(
  url: string,
  connections: number,
  isOneOfMany: boolean,
  options: SqlOptions,
  on: { onclose: () => void; onparameter: (name: string, value: string) => void },
): Sql {
  const { url: address, path } = connectionOf(url);
  return postgres(address, {
    ...(path !== undefined && { path }),
    ...on,
    ...(isOneOfMany && !options.standby && { target_session_attrs: "primary" as const }),
    max: connections,
    connect_timeout: (options.connectTimeoutMs ?? connectTimeoutMs) / 1_000,
    keep_alive: keepAliveSeconds,
    // Tried at once, then ever slower up to a second: a restarted database is found quickly.
    backoff: (tries: number) => Math.min(1, 0.02 * 2 ** tries),
    onnotice: () => undefined,
    connection: { ...lookups, ...boundsOf(options) },
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
  } as Parameters<typeof postgres>[1]) as unknown as Sql;
}
