import { createServer } from "node:net";
import postgres, { type Sql } from "postgres";
import { connectionOf, withDatabaseName } from "../../server/src/embedded/url.ts";
import { startTestCluster } from "../setup/database.ts";
import { pinPostgres } from "./machine.ts";

/** One database of the cluster that all sides share. */
export type BenchDatabase = {
  readonly url: string;
  readonly sql: Sql;
  /** An address of this machine where it is reached by TCP, for drivers that know no Unix sockets; undefined when 5432 is taken. */
  readonly tcpHost: string | undefined;
};

export type BenchCluster = {
  readonly postmaster: number;
  database(name: string): Promise<BenchDatabase>;
  drop(name: string): Promise<void>;
  stop(): Promise<void>;
};

/**
 * The embedded PostgreSQL with its own settings: fsync, synchronous_commit and full_page_writes are on. Counting
 * statements costs a little, for all sides alike, and is done when asked for.
 */
export async function openCluster({ countStatements }: { countStatements: boolean }): Promise<BenchCluster> {
  const counting = countStatements && { shared_preload_libraries: "pg_stat_statements" };
  const tcpHost = await ownLoopback();
  const listening = tcpHost !== undefined && { listen_addresses: tcpHost };
  const cluster = await startTestCluster({ max_connections: "100", ...counting, ...listening });
  const postmaster = await cluster.pid();
  if (postmaster === undefined) throw new Error("PostgreSQL did not start");
  pinPostgres(postmaster);
  const open: Sql[] = [];
  const connect = (url: string, max: number): Sql => {
    const connection = connectionOf(url);
    const sql = postgres(connection.url, { ...connection, max, onnotice: () => undefined }) as Sql;
    open.push(sql);
    return sql;
  };
  const admin = connect(cluster.url, 1);
  const [flush] = await admin`select current_setting('fsync') || current_setting('synchronous_commit') as on`;
  if (flush?.on !== "onon") throw new Error("this is not D2: PostgreSQL does not flush before it answers");
  return {
    postmaster,
    async database(name) {
      await admin.unsafe(`create database ${name} template template0`);
      const url = withDatabaseName(cluster.url, name);
      return { url, sql: connect(url, 2), tcpHost };
    },
    async drop(name) {
      await admin.unsafe(`drop database ${name} with (force)`);
    },
    async stop() {
      await Promise.all(open.map((sql) => sql.end({ timeout: 5 })));
      await cluster.stop();
    },
  };
}

/** Linux has a whole network of loopback addresses: on one of our own, PostgreSQL's usual port is rarely taken. */
async function ownLoopback(): Promise<string | undefined> {
  const host = `127.100.${(process.pid >> 8) & 255}.${process.pid & 255}`;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = createServer()
    .on("error", () => resolve(false))
    .listen(5432, host, () => probe.close(() => resolve(true)));
  return (await promise) ? host : undefined;
}
