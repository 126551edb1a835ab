import { closeSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { rm, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { type Account, accountForPostgres } from "./account.ts";
import { type Binaries, findBinaries } from "./binaries.ts";
import { clearLeftovers, fatalLine, makeCluster, parentOf, readPostmaster, superuser } from "./cluster.ts";
import { checkCluster, type DataDir, openDataDir, passwordOf, placesIn, socketPlace } from "./directory.ts";
import { explain } from "./explain.ts";
import { type DataLock, takeLock } from "./lock.ts";
import { connectionOf, type Place, urlOf } from "./url.ts";
import { spawnWatched, type Watched } from "./watchdog.ts";

export type EmbeddedLog = { info(line: string): void; warn(line: string): void; error(line: string): void };

export type EmbeddedOptions = {
  readonly dataDir: string;
  readonly log: EmbeddedLog;
  /** Taken already by `lockDataDir`; else taken here, and released by `stop`. */
  readonly lock?: DataLock;
  readonly maxConnections?: number;
  /** For databases of tests: settings over ours, and a directory to delete after the end, however that comes. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly removeAfter?: string;
};

/** A running PostgreSQL. While this process lives it is restarted when it dies; when this process dies, it stops. */
export type Embedded = {
  readonly url: string;
  readonly lock: DataLock;
  /** Called each time PostgreSQL ends unasked, before it is started again. */
  onExit(listener: (reason: string) => void): void;
  pid(): Promise<number | undefined>;
  stop(): Promise<void>;
};

export const databaseName = "aftercare";
/** Recovery after a crash reads the log written since the last checkpoint; this is far beyond it. */
const startTimeoutMs = 300_000;
const sharedMemoryWaitMs = 10_000;
const backoffFirstMs = 100;
const backoffMaxMs = 5_000;
/** After so long a life the next death is news, not a repetition. */
const healthyAfterMs = 60_000;

/** Takes the lock of a data directory, so that one server uses it. Throws one sentence when another does. */
export async function lockDataDir(dataDir: string): Promise<DataLock> {
  const places = await openDataDir(dataDir);
  return takeLock(places.lock, places.root);
}

/** Starts the bundled PostgreSQL on a data directory, made when missing. Troubles are for `explain`. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const places = await openDataDir(options.dataDir);
  const lock = options.lock ?? (await takeLock(places.lock, places.root));
  try {
    const account = await accountForPostgres();
    const binaries = await findBinaries(account, copiesDirFor(account, places));
    const state = await checkCluster(places, account, binaries.major);
    const password = await passwordOf(places);
    if (state === "absent") {
      options.log.info(`making a new database in ${places.cluster}`);
      await makeCluster(places, binaries, account, password);
    }
    await clearLeftovers(places, (line) => options.log.warn(line));
    const socket = await socketPlace(places, account);
    const place: Place = socket ? { kind: "socket", ...socket } : { kind: "loopback", port: await freePort() };
    const keeper = new Keeper({ places, place, binaries, account, options });
    await keeper.start();
    await makeDatabase(urlOf(place, superuser, password, "postgres"));
    const stop = async () => {
      await keeper.stop();
      if (place.kind === "socket" && place.temporary) await rm(place.dir, { recursive: true, force: true });
      if (!options.lock) await lock.release();
    };
    return {
      url: urlOf(place, superuser, password, databaseName),
      lock,
      onExit: (listener) => keeper.listeners.push(listener),
      pid: async () => (await readPostmaster(places.cluster))?.pid,
      stop,
    };
  } catch (error) {
    if (!options.lock) await lock.release();
    throw error;
  }
}

/** Where a copy of the binaries goes, when the account of PostgreSQL cannot enter the checkout. */
export function copiesDirFor(account: Account, places: DataDir): string {
  return account ? "/var/lib/aftercare" : places.root;
}

async function makeDatabase(url: string): Promise<void> {
  const connection = connectionOf(url);
  const sql = postgres(connection.url, { ...connection, max: 1, onnotice: () => undefined });
  try {
    const found = await sql`select 1 from pg_database where datname = ${databaseName}`;
    if (found.length === 0) await sql.unsafe(`create database ${databaseName}`);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

type Setup = {
  readonly places: DataDir;
  readonly place: Place;
  readonly binaries: Binaries;
  readonly account: Account;
  readonly options: EmbeddedOptions;
};

/** Keeps one PostgreSQL running: starts it, sees it die, starts it again with growing pauses, stops it. */
class Keeper {
  readonly listeners: ((reason: string) => void)[] = [];
  #watched: Watched | undefined;
  #stopping = new AbortController();
  #restarting: Promise<void> = Promise.resolve();
  readonly #setup: Setup;

  constructor(setup: Setup) {
    this.#setup = setup;
  }

  async start(): Promise<void> {
    const giveUpAt = performance.now() + sharedMemoryWaitMs;
    for (;;) {
      try {
        this.#watched = await startOnce(this.#setup);
        break;
      } catch (error) {
        // Processes of a killed PostgreSQL take a moment to notice.
        if (!/shared memory block|lock file/.test(String(error)) || performance.now() > giveUpAt) throw error;
        await sleep(200);
      }
    }
    const startedAt = performance.now();
    void this.#watched.exited.then((code) => {
      if (!this.#stopping.signal.aborted) this.#restarting = this.#restart(code, performance.now() - startedAt);
    });
  }

  async #restart(code: number, livedMs: number): Promise<void> {
    const { log } = this.#setup.options;
    const reason = lastFatal(this.#setup.places.log) ?? `exit code ${code}`;
    log.error(`PostgreSQL ended by itself (${reason}); starting it again`);
    for (const listener of this.listeners) listener(reason);
    for (
      let pauseMs = livedMs > healthyAfterMs ? 0 : backoffFirstMs;
      ;
      pauseMs = Math.min(pauseMs * 2 || backoffFirstMs, backoffMaxMs)
    ) {
      await sleep(pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#stopping.signal.aborted) return;
      try {
        await clearLeftovers(this.#setup.places, (line) => log.warn(line));
        await this.start();
        log.info("PostgreSQL is up again");
        return;
      } catch (error) {
        log.error(
          `PostgreSQL did not start again: ${explain(error, { dataDir: this.#setup.places.root }) ?? String(error)}`,
        );
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#restarting;
    this.#watched?.stop();
    await this.#watched?.exited;
  }
}

/** One attempt; resolves when PostgreSQL takes connections. */
async function startOnce({ places, place, binaries, account, options }: Setup): Promise<Watched> {
  keepOneOldLog(places.log);
  const logFd = openSync(places.log, "a", 0o600);
  const command = [binaries.postgres, ...argumentsFor(places, place, options)];
  const removeAfter = options.removeAfter;
  const watched = spawnWatched(command, { account, logFd, ...(removeAfter ? { removeAfter } : {}) });
  closeSync(logFd);
  let code: number | undefined;
  void watched.exited.then((exitCode) => {
    code = exitCode;
  });
  for (const startedAt = performance.now(); ; await sleep(20)) {
    if (code !== undefined) throw await reasonOf(places, code);
    const found = await readPostmaster(places.cluster);
    // A killed PostgreSQL leaves a file that says "ready", and one that still stops has its own: only ours counts.
    if (found?.ready && (await parentOf(found.pid)) === watched.child.pid) return watched;
    if (performance.now() - startedAt > startTimeoutMs) {
      watched.stop();
      throw new Error(`PostgreSQL did not start within ${startTimeoutMs / 1000} s; see ${places.log}`);
    }
  }
}

async function reasonOf(places: DataDir, code: number): Promise<Error> {
  const line = lastFatal(places.log);
  const { bavail } = await statfs(places.root);
  // On a full disk PostgreSQL cannot even write down why it stops.
  const full = line === undefined && bavail === 0;
  return full
    ? Object.assign(new Error("no space"), { code: "ENOSPC" })
    : new Error(`PostgreSQL: ${line ?? `exit code ${code}`}`);
}

function argumentsFor(places: DataDir, place: Place, options: EmbeddedOptions): string[] {
  const settings: Record<string, string> = {
    // Ours to serve, nobody else's to reach.
    listen_addresses: place.kind === "loopback" ? "127.0.0.1" : "",
    unix_socket_directories: place.kind === "socket" ? place.dir : "",
    unix_socket_permissions: "0700",
    ...(place.kind === "loopback" ? { port: String(place.port) } : {}),
    // An acknowledged message is on the disk.
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
    shared_buffers: "128MB",
    max_connections: String(options.maxConnections ?? 100),
    min_wal_size: "128MB",
    max_wal_size: "1GB",
    checkpoint_completion_target: "0.9",
    random_page_cost: "1.1",
    timezone: "UTC",
    log_timezone: "UTC",
    // Statements and values may hold what people wrote; the server sees its own errors anyway.
    log_min_messages: "log",
    log_min_error_statement: "panic",
    log_error_verbosity: "terse",
    log_checkpoints: "off",
    ...options.settings,
  };
  return ["-D", places.cluster, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}

const oldLogAtBytes = 1024 * 1024;

function keepOneOldLog(path: string): void {
  try {
    if (statSync(path).size > oldLogAtBytes) renameSync(path, `${path}.old`);
  } catch {
    // No log yet.
  }
}

/** Why PostgreSQL ended, from the end of its log. */
function lastFatal(path: string): string | undefined {
  const lines = readFileSync(path, "utf8").split("\n").slice(-40);
  const from = lines.findLastIndex((line) => line.includes("starting PostgreSQL"));
  return fatalLine(lines.slice(from + 1).join("\n"));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

/** The address of our own database that a server already runs, for a look inside. */
export async function urlOfRunning(dataDir: string): Promise<string | undefined> {
  const places = placesIn(dataDir);
  const postmaster = await readPostmaster(places.cluster);
  if (!postmaster?.ready) return undefined;
  const { socketDir, port } = postmaster;
  const place: Place = socketDir ? { kind: "socket", dir: socketDir, temporary: false } : { kind: "loopback", port };
  return urlOf(place, superuser, await passwordOf(places), databaseName);
}
