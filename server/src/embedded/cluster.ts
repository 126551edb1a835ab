import { readFile, readlink, realpath, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Account, run } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { type DataDir, privateDirectory, removeSocketPlace } from "./directory.ts";
import { SetupProblem } from "./explain.ts";
import { pidExists } from "./lock.ts";

export const superuser = "aftercare";

/** Makes a new database cluster; it gets its name only when complete, so that a killed start leaves nothing half made. */
export async function makeCluster(
  places: DataDir,
  binaries: Binaries,
  account: Account,
  password: string,
): Promise<void> {
  const draft = `${places.cluster}.new`;
  await rm(draft, { recursive: true, force: true });
  await privateDirectory(draft, account);
  // PostgreSQL's account reads the password from a file of its own; ours is not open to it.
  const workshop = `${places.cluster}.initdb`;
  await rm(workshop, { recursive: true, force: true });
  await privateDirectory(workshop, account);
  const passwordFile = join(workshop, "password");
  await writeFile(passwordFile, password, { mode: 0o644 });
  const { code, output } = await run(
    binaries.initdb,
    [
      ...["--pgdata", draft, "--username", superuser, "--pwfile", passwordFile],
      // No account gets in without the password, not even over the socket.
      ...["--auth", "scram-sha-256", "--encoding", "UTF8"],
      // Sorted by code point, so that an upgrade of the system's locales never breaks an index; letters as in Unicode.
      ...["--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"],
    ],
    { account },
  );
  await rm(workshop, { recursive: true, force: true });
  if (code !== 0) {
    await rm(draft, { recursive: true, force: true });
    throw new Error(`initdb: ${fatalLine(output) ?? `exit code ${code}`}`);
  }
  await rename(draft, places.cluster);
}

/** The line of PostgreSQL's output that says why it stopped. */
export function fatalLine(output: string): string | undefined {
  const lines = output.split("\n").filter((line) => /FATAL|PANIC|error:|could not|No space/i.test(line));
  return lines.find((line) => /No space|Permission denied|FATAL|PANIC/.test(line))?.trim() ?? lines[0]?.trim();
}

/** What the file that a running PostgreSQL keeps says: its process, and where its socket lies. */
export type Postmaster = {
  readonly pid: number;
  readonly port: number;
  readonly socketDir: string;
  readonly ready: boolean;
};

export async function readPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const lines = (await readFile(join(cluster, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
  const pid = Number(lines[0]);
  return pid > 0
    ? { pid, port: Number(lines[3]), socketDir: lines[4] ?? "", ready: (lines[7] ?? "").trim() === "ready" }
    : undefined;
}

export async function parentOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The name in the second field may hold anything, so it is skipped from behind.
  if (stat) return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  const { output } = await run("ps", ["-o", "ppid=", "-p", String(pid)]);
  return Number.parseInt(output, 10) || undefined;
}

const fastStopMs = 15_000;
const immediateStopMs = 5_000;

/**
 * Clears what a killed server left: a PostgreSQL that still runs in our directory is stopped, and a file that names
 * a number since given to another process is removed, for PostgreSQL would take that for itself.
 */
export async function clearLeftovers(places: DataDir, say: (line: string) => void): Promise<void> {
  const left = await readPostmaster(places.cluster);
  if (!left) return;
  if (await isOurs(left.pid, places.cluster)) {
    say(`stopping the PostgreSQL that an earlier server left running (process ${left.pid})`);
    await stopProcess(left.pid);
  } else if (pidExists(left.pid)) await rm(join(places.cluster, "postmaster.pid"), { force: true });
  await removeSocketPlace(left.socketDir);
}

/** A postmaster's working directory is its data directory. */
async function isOurs(pid: number, cluster: string): Promise<boolean> {
  if (!pidExists(pid)) return false;
  const where = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  if (where) return where === (await realpath(cluster));
  const { output } = await run("ps", ["-o", "command=", "-p", String(pid)]);
  return output.includes("postgres") && output.includes(cluster);
}

async function stopProcess(pid: number): Promise<void> {
  const steps = [
    ["SIGINT", fastStopMs],
    ["SIGQUIT", immediateStopMs],
    ["SIGKILL", immediateStopMs],
  ] as const;
  for (const [signal, waitMs] of steps) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    if (await gone(pid, waitMs)) return;
  }
  throw new SetupProblem(
    `A PostgreSQL that an earlier server left (process ${pid}) does not stop; end it, then start again.`,
  );
}

async function gone(pid: number, waitMs: number): Promise<boolean> {
  for (let waited = 0; waited < waitMs; waited += 50) {
    if (!pidExists(pid)) return true;
    await sleep(50);
  }
  return !pidExists(pid);
}
