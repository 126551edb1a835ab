import { access, constants, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import postgres from "postgres";
import type { Config } from "../config.ts";
import { schemaState } from "../db/migrate.ts";
import { accountForPostgres, run } from "../embedded/account.ts";
import { findBinaries } from "../embedded/binaries.ts";
import { checkCluster, openDataDir, placesIn } from "../embedded/directory.ts";
import { explain, SetupProblem } from "../embedded/explain.ts";
import { holderOf } from "../embedded/lock.ts";
import { probePort } from "../embedded/port.ts";
import { copiesDirFor, startEmbedded, urlOfRunning } from "../embedded/start.ts";
import { connectionOf, hostsOf } from "../embedded/url.ts";
import { secretsState } from "./keys.ts";
import { findPrimary, type HostState, hostStates } from "./ready.ts";

/** A finding is a fact, or throws the sentence that says what to mend. */
type Check = { readonly about: string; look(): Promise<string> };

const nodeAtLeast = [20, 19] as const;
const freeAtLeastMb = 1024;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Prints one line per check; the exit code says whether all is well. */
export async function doctor(config: Config): Promise<number> {
  const running = config.databaseUrl === "" ? await holderOf(placesIn(config.dataDir).lock) : undefined;
  const own: Check[] = [
    { about: "data directory", look: () => dataDirectory(config) },
    { about: "disk space", look: () => diskSpace(config) },
    { about: "PostgreSQL", look: () => binaries(config) },
  ];
  const checks: Check[] = [
    { about: "runtime", look: runtime },
    ...(config.databaseUrl === "" ? own : []),
    { about: "port", look: () => port(config, running) },
    { about: "database", look: () => database(config, running !== undefined) },
  ];
  let bad = 0;
  for (const { about, look } of checks) {
    try {
      console.log(`ok   ${about}: ${await look()}`);
    } catch (error) {
      bad++;
      const about_ = { host: config.host, port: config.port, dataDir: config.dataDir };
      console.log(`fix  ${about}: ${explain(error, about_) ?? String(error)}`);
    }
  }
  console.log(bad === 0 ? "\nAll is well." : `\n${bad} to fix.`);
  return bad === 0 ? 0 : 1;
}

async function runtime(): Promise<string> {
  const { code, output } = await run("node", ["--version"]);
  const node = output.trim();
  const [major = 0, minor = 0] = node.slice(1).split(".").map(Number);
  if (code === 0 && (major < nodeAtLeast[0] || (major === nodeAtLeast[0] && minor < nodeAtLeast[1]))) {
    throw new SetupProblem(`Node ${node} is too old for the tools; install ${nodeAtLeast.join(".")} or newer.`);
  }
  return `Bun ${process.versions.bun ?? "absent"}, Node ${code === 0 ? node : "not in the usual places"}`;
}

async function dataDirectory({ dataDir }: Config): Promise<string> {
  const { root } = await openDataDir(dataDir);
  await access(root, constants.R_OK | constants.W_OK | constants.X_OK);
  return root;
}

async function diskSpace({ dataDir }: Config): Promise<string> {
  const { bavail, bsize } = await statfs(dataDir).catch(() => statfs(dirname(dataDir)));
  const freeMb = Math.floor((bavail * bsize) / 1048576);
  if (freeMb < freeAtLeastMb)
    throw new SetupProblem(
      `Only ${freeMb} MB are free on the disk of ${dataDir}; make it ${freeAtLeastMb} MB or more.`,
    );
  return `${freeMb} MB free`;
}

async function binaries({ dataDir }: Config): Promise<string> {
  const account = await accountForPostgres();
  const places = placesIn(dataDir);
  const found = await findBinaries(account, copiesDirFor(account, places));
  const state = await checkCluster(places, account, found.major);
  return `${found.version} can start${account ? ` as the account "${account.name}"` : ""}${state === "absent" ? "; the first start makes the database" : ""}`;
}

async function port(config: Config, running: { pid: number; url?: string } | undefined): Promise<string> {
  if (running) return `Aftercare runs${running.url ? ` at ${running.url}` : ""} (process ${running.pid})`;
  if (config.port !== 0) await probePort(config.host, config.port);
  return `${config.host}:${config.port} is free`;
}

async function database(config: Config, isRunning: boolean): Promise<string> {
  if (config.databaseUrl !== "") return stateOf(config, config.databaseUrl);
  if (isRunning) {
    const url = await urlOfRunning(config.dataDir);
    if (!url)
      throw new SetupProblem(
        "The server runs, but its database is not ready; look at postgres.log in the data directory.",
      );
    return stateOf(config, url);
  }
  const embedded = await startEmbedded({ dataDir: config.dataDir, log: quiet });
  try {
    return await stateOf(config, embedded.url);
  } finally {
    await embedded.stop();
  }
}

async function stateOf(config: Config, databaseUrl: string): Promise<string> {
  const servers = hostsOf(databaseUrl).length > 1 ? await severalServers(databaseUrl) : "";
  const url = await findPrimary(databaseUrl);
  const connection = connectionOf(hostsOf(url)[0]);
  const sql = postgres(connection.url, { ...connection, max: 1, connect_timeout: 5, onnotice: () => undefined });
  try {
    const [row] = await sql<{ version: string }[]>`select current_setting('server_version') as version`;
    const { at, head } = await schemaState(url);
    if (at > head)
      throw new SetupProblem(
        `The schema is of a newer version (${at}, this one knows ${head}); start the newer Aftercare.`,
      );
    // Before its tables are those of this version, there is nothing to be said of what is in them.
    const secrets = at === head ? `; secrets: ${await secretsState(config, url)}` : "";
    return `PostgreSQL ${row?.version} answers, schema ${at} of ${head}${at < head ? " (the next start migrates it)" : ""}${servers}${secrets}`;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Says of each server what it is; one that can be written is needed. */
async function severalServers(databaseUrl: string): Promise<string> {
  const found = await hostStates(databaseUrl);
  const list = found.map(sayState).join(", ");
  if (found.some(({ state }) => state === "primary")) return `; ${list}`;
  throw new SetupProblem(
    `No server in DATABASE_URL can be written (${list}); start the primary, or promote a standby.`,
  );
}

function sayState({ host, state, error }: HostState): string {
  if (state === "primary") return `${host} can be written`;
  if (state === "standby") return `${host} is a standby`;
  const { code } = error as { code?: unknown };
  return isRefusal(code) ? `${host} refuses us (${code})` : `${host} does not answer`;
}

/** PostgreSQL's own codes: it is there, and does not want this account or database. */
const isRefusal = (code: unknown): boolean => typeof code === "string" && /^(?:28|3D)/.test(code);
