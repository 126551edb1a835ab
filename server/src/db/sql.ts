import postgres, { type Sql } from "postgres";
import { connectionOf } from "../embedded/url.ts";

/** Seconds to wait for a connection: longer than a database's restart, shorter than a person's patience. */
const connectTimeoutSeconds = 10;

/** A pool. `bigint` comes as a number: seqs and times stay far below 2^53. */
export function openSql(url: string, connections: number): Sql {
  const { url: address, path } = connectionOf(url);
  return postgres(address, {
    ...(path !== undefined && { path }),
    max: connections,
    connect_timeout: connectTimeoutSeconds,
    // Tried at once, then ever slower up to a second: a restarted database is found quickly.
    backoff: (tries: number) => Math.min(1, 0.02 * 2 ** tries),
    onnotice: () => undefined,
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
  }) as unknown as Sql;
}
