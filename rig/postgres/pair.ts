import { openSync, rmSync, writeFileSync } from "node:fs";
import { chmod, chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import postgres, { type Sql } from "postgres";
import { type Account, accountForPostgres, run } from "../../server/src/embedded/account.ts";
import { type Binaries, findBinaries } from "../../server/src/embedded/binaries.ts";
import { makeCluster, readPostmaster, superuser } from "../../server/src/embedded/cluster.ts";
import { type DataDir, openDataDir, passwordOf } from "../../server/src/embedded/directory.ts";
import { copiesDirFor } from "../../server/src/embedded/start.ts";
import { urlOf } from "../../server/src/embedded/url.ts";
import { spawnWatched, type Watched } from "../../server/src/embedded/watchdog.ts";
import { childrenOf, freePort } from "../server-process.ts";

const startTimeoutMs = 30_000;
const databaseName = "aftercare";

type Setup = { places: DataDir; account: Account; binaries: Binaries; password: string; port: number };

/** One PostgreSQL on a port of its own, that can be killed and started again. */
export class PostgresServer {
  readonly #setup: Setup;
  readonly url: string;
  #watched: Watched | undefined;

  constructor(setup: Setup) {
    this.#setup = setup;
    this.url = this.#urlOf(databaseName);
  }

  get port(): number {
    return this.#setup.port;
  }

  #urlOf(database: string): string {
    return urlOf({ kind: "loopback", port: this.#setup.port }, superuser, this.#setup.password, database);
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    const { places, account, binaries, port } = this.#setup;
    const settings = {
      listen_addresses: "127.0.0.1",
      port: String(port),
      unix_socket_directories: "",
      fsync: "off",
      wal_level: "replica",
      shared_buffers: "16MB",
      min_wal_size: "32MB",
      wal_retrieve_retry_interval: "100ms",
      // Replay waits for no long reader; our own looks, which take a moment, it does not cut off.
      max_standby_streaming_delay: "1s",
    };
    const words = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const logFd = openSync(places.log, "a", 0o600);
    const watched = spawnWatched([binaries.postgres, "-D", places.cluster, ...words], {
      account,
      logFd,
      removeAfter: "",
    });
    this.#watched = watched;
    let isOver = false;
    void watched.exited.then(() => {
      isOver = true;
    });
    for (const startedAt = Date.now(); ; await sleep(20)) {
      if ((await readPostmaster(places.cluster))?.ready && (await this.#answers())) return;
      if (isOver || Date.now() - startedAt > startTimeoutMs)
        throw new Error(`PostgreSQL did not start; see ${places.log}`);
    }
  }

  async #answers(): Promise<boolean> {
    try {
      await this.sql((sql) => sql`select 1`, "postgres");
      return true;
    } catch {
      return false;
    }
  }

  /** Fast shutdown, as a restart by hand does it. */
  async stop(): Promise<void> {
    this.#watched?.stop();
    await this.#watched?.exited;
  }

  /** As a machine that loses power, but for its disk: nothing is said to anybody. */
  async kill(): Promise<void> {
    const pid = (await readPostmaster(this.#setup.places.cluster))?.pid;
    for (const each of pid ? [pid, ...childrenOf(pid)] : [])
      try {
        process.kill(each, "SIGKILL");
      } catch {
        // It ended by itself in between.
      }
    await this.#watched?.exited;
  }

  async sql<T>(work: (sql: Sql) => Promise<T>, database = databaseName): Promise<T> {
    const sql = postgres(this.#urlOf(database), { max: 1, onnotice: () => undefined, connect_timeout: 2 });
    try {
      return await work(sql);
    } finally {
      await sql.end({ timeout: 1 });
    }
  }

  /** Deletes the files of a stopped one. */
  async remove(): Promise<void> {
    await rm(this.#setup.places.root, { recursive: true, force: true });
  }

  /** Copies the stopped server's files to another place, as the beginning of a replica. */
  async copyTo(root: string, port: number): Promise<PostgresServer> {
    const { account, places: from } = this.#setup;
    const places = await openDataDir(root);
    // The copying is done by PostgreSQL's account.
    if (account) await chown(root, account.uid, account.gid);
    const { code, output } = await run("cp", ["-a", from.cluster, places.cluster], { account });
    if (code !== 0) throw new Error(output);
    return new PostgresServer({ ...this.#setup, places, port });
  }

  /** Makes it follow another one from its next start on, or, with nobody, hear of nothing more. */
  async follow(primary: PostgresServer): Promise<void> {
    const { cluster } = this.#setup.places;
    const { account, password } = this.#setup;
    const conninfo = `host=127.0.0.1 port=${primary.port} user=${superuser} password=${password}`;
    const files = { "standby.signal": "", "postgresql.auto.conf": `primary_conninfo = '${conninfo}'\n` };
    for (const [name, text] of Object.entries(files)) {
      rmSync(join(cluster, name), { force: true });
      writeFileSync(join(cluster, name), text);
      if (account) await chown(join(cluster, name), account.uid, account.gid);
    }
  }

  /** The replica hears nothing more of its primary. */
  async cutOff(): Promise<void> {
    await this.sql(async (sql) => {
      await sql`alter system set primary_conninfo = ''`;
      await sql`select pg_reload_conf()`;
      await eventually(async () => (await sql`select 1 from pg_stat_wal_receiver`).length === 0);
    });
  }

  /** The replica becomes a primary, with a timeline of its own. */
  async promote(): Promise<void> {
    await this.sql((sql) => sql`select pg_promote(true, 30)`);
  }
}

export type Pair = { readonly primary: PostgresServer; readonly replica: PostgresServer; close(): Promise<void> };

/** A directory that PostgreSQL's account can write into. */
async function newRoot(account: Account): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "aftercare-pair-"));
  if (account) await chown(root, account.uid, account.gid);
  await chmod(root, 0o711);
  return root;
}

let made: Promise<PostgresServer> | undefined;

/** For the end of a test file. */
export async function dropTemplate(): Promise<void> {
  const empty = await made;
  made = undefined;
  await empty?.remove();
}

/** An empty cluster that is never started: making one takes longer than copying it. */
async function template(account: Account): Promise<PostgresServer> {
  const root = await newRoot(account);
  const places = await openDataDir(root);
  const binaries = await findBinaries(account, copiesDirFor(account, places));
  const password = await passwordOf(places);
  await makeCluster(places, binaries, account, password);
  return new PostgresServer({ places, account, binaries, password, port: 0 });
}

/** A primary with a streaming replica, asynchronous until told otherwise. */
export async function startPair(): Promise<Pair> {
  const account = await accountForPostgres();
  made ??= template(account);
  const empty = await made;
  const root = await newRoot(account);
  const [primary, replica] = await Promise.all([
    empty.copyTo(join(root, "a"), await freePort()),
    empty.copyTo(join(root, "b"), await freePort()),
  ]);
  await replica.follow(primary);
  await primary.start();
  await primary.sql((sql) => sql.unsafe(`create database ${databaseName}`), "postgres");
  await replica.start();
  await eventually(() => caughtUp(primary, replica));
  const close = async () => {
    await Promise.all([primary.stop(), replica.stop()]);
    await rm(root, { recursive: true, force: true });
  };
  return { primary, replica, close };
}

/** Whether the replica shows everything that the primary has committed. */
export async function caughtUp(primary: PostgresServer, replica: PostgresServer): Promise<boolean> {
  const [here] = await primary.sql(
    (sql) => sql<{ lsn: string }[]>`select pg_current_wal_lsn()::text as lsn`,
    "postgres",
  );
  const [there] = await replica.sql(
    (sql) => sql<{ done: boolean }[]>`select pg_last_wal_replay_lsn() >= ${here?.lsn ?? ""}::pg_lsn as done`,
    "postgres",
  );
  return there?.done ?? false;
}

const patienceMs = 30_000;

export async function eventually(holds: () => boolean | Promise<boolean>, what = () => "it"): Promise<void> {
  for (const startedAt = Date.now(); !(await holds()); await sleep(20))
    if (Date.now() - startedAt > patienceMs) throw new Error(`${what()} did not come about`);
}
