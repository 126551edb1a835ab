import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { chmod, chown, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { accountForPostgres } from "../../server/src/embedded/account.ts";
import { startEmbedded } from "../../server/src/embedded/start.ts";
import { connectionOf, withDatabaseName } from "../../server/src/embedded/url.ts";

/** A real PostgreSQL for tests: one server for a run, one database for each test that asks. */
export type TestDatabase = { readonly url: string; drop(): Promise<void> };
export type TestCluster = { readonly url: string; pid(): Promise<number | undefined>; stop(): Promise<void> };

const quiet = { info: () => undefined, warn: () => undefined, error: (line: string) => console.error(line) };

/** Nothing of a test needs to survive a power cut; tests of durability kill processes, which keep what they wrote. */
const throwaway = { fsync: "off", full_page_writes: "off", synchronous_commit: "off", max_connections: "300" };

/** Starts a server in a temporary directory that is deleted when it stops, or when this process dies. */
export async function startTestCluster(settings: Readonly<Record<string, string>> = throwaway): Promise<TestCluster> {
  const dataDir = mkdtempSync(join(tmpdir(), "aftercare-test-"));
  const account = await accountForPostgres();
  // The account of PostgreSQL owns it, so that the watchdog can delete it when nobody else is left.
  if (account) await chown(dataDir, account.uid, account.gid);
  await chmod(dataDir, 0o711);
  const embedded = await startEmbedded({ dataDir, log: quiet, settings, removeAfter: dataDir });
  const stop = async () => {
    await embedded.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { url: embedded.url, pid: embedded.pid, stop };
}

let shared: Promise<TestCluster> | undefined;

/** The server of the test run, or one of this process; its watchdog stops it when the process ends. */
async function clusterUrl(): Promise<string> {
  const given = process.env.AFTERCARE_TEST_DATABASE_URL;
  if (given) return given;
  shared ??= startTestCluster();
  return (await shared).url;
}

/** A new empty database. */
export async function createDatabase(): Promise<TestDatabase> {
  const base = await clusterUrl();
  const name = `test_${randomBytes(8).toString("hex")}`;
  await execute(base, `create database ${name} template template0`);
  return {
    url: withDatabaseName(base, name),
    drop: () => execute(base, `drop database if exists ${name} with (force)`),
  };
}

/** Runs `work` with a new database, and drops it after. */
export async function withDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
  const { url, drop } = await createDatabase();
  try {
    return await work(url);
  } finally {
    await drop();
  }
}

async function execute(url: string, statement: string): Promise<void> {
  const connection = connectionOf(url);
  const sql = postgres(connection.url, { ...connection, max: 1, onnotice: () => undefined });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
