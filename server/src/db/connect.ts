import postgres, { type Sql } from "postgres";
import { connectionOf } from "../embedded/url.ts";

const connectTimeoutSeconds = 10;

/** A pool of connections. Counters come as numbers: none of ours passes 2^53. */
export function connectDatabase(databaseUrl: string, connections: number): Sql {
  const connection = connectionOf(databaseUrl);
  const sql = postgres(connection.url, {
    ...connection,
    max: connections,
    connect_timeout: connectTimeoutSeconds,
    onnotice: () => undefined,
    types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
  });
  return sql as unknown as Sql;
}
