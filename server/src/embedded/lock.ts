import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { link, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { run } from "./account.ts";
import { SetupProblem } from "./explain.ts";

/** Held while a server uses a data directory; it ends with its process, however that dies. */
export type DataLock = {
  /** Tells a second start where the first can be found. */
  announce(url: string): Promise<void>;
  release(): Promise<void>;
};

/** `bornAt` tells a process from a later one that was given the same number. */
type Holder = { readonly pid: number; readonly bornAt: string; readonly url?: string };

const attemptsMax = 20;
/** One that was just killed or is about to end is waited for this long, before it counts as running. */
const endingMs = 2_000;
const endingLookMs = 50;

/** Takes the lock, or throws one sentence that says who has it and where it listens. */
export async function takeLock(path: string, dataDir: string): Promise<DataLock> {
  const mine: Holder = { pid: process.pid, bornAt: await bornAt(process.pid) };
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    if (await linkInto(path, mine)) return heldLock(path, mine);
    const text = await readFile(path, "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const holder = parseHolder(text);
    if (holder && holder.pid !== process.pid && !(await ends(holder)))
      throw new SetupProblem(runningSentence(holder, dataDir));
    await setAside(path, text);
  }
  throw new SetupProblem(
    `The lock ${path} cannot be taken; make sure that no other Aftercare uses ${dataDir}, then delete it.`,
  );
}

function runningSentence({ pid, url }: Holder, dataDir: string): string {
  return `Aftercare is already running with ${dataDir}${url ? `: ${url}` : ""} (process ${pid}); stop it first, or choose another directory with --data-dir and another --port.`;
}

function heldLock(path: string, mine: Holder): DataLock {
  return {
    announce: async (url) => {
      await replace(path, { ...mine, url });
    },
    release: async () => {
      const holder = parseHolder(await readFile(path, "utf8").catch(() => ""));
      if (holder?.pid === mine.pid) await rm(path, { force: true });
    },
  };
}

/** Making a link fails when the name exists, and the file behind it is already complete: nobody reads half a lock. */
async function linkInto(path: string, holder: Holder): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(holder), { mode: 0o600 });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function replace(path: string, holder: Holder): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(holder), { mode: 0o600 });
  await rename(draft, path);
}

/** Removes a dead lock; one that another start has just taken in its place is put back. */
async function setAside(path: string, expected: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const text = await readFile(aside, "utf8");
  if (text !== expected) await link(aside, path).catch(() => undefined);
  await unlink(aside);
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, bornAt, url } = JSON.parse(text) as Holder;
    return Number.isInteger(pid) && typeof bornAt === "string" ? { pid, bornAt, ...(url ? { url } : {}) } : undefined;
  } catch {
    return undefined;
  }
}

/** Who uses the data directory now, if anybody does. */
export async function holderOf(path: string): Promise<{ pid: number; url?: string } | undefined> {
  const holder = parseHolder(await readFile(path, "utf8").catch(() => ""));
  return holder && (await isAlive(holder)) ? holder : undefined;
}

async function ends(holder: Holder): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < endingMs; waitedMs += endingLookMs) {
    if (!(await isAlive(holder))) return true;
    await new Promise((resolve) => setTimeout(resolve, endingLookMs));
  }
  return false;
}

async function isAlive(holder: Holder): Promise<boolean> {
  return pidExists(holder.pid) && (await bornAt(holder.pid)) === holder.bornAt;
}

/** Is there a process with this number, whoever owns it? */
export function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A dead process whose parent has not noticed yet still has its number. */
function isZombie(pid: number): boolean {
  return statFields(pid)?.[0] === "Z";
}

/** The fields of /proc/PID/stat from the third on; the second, the name, may hold spaces and brackets. */
function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

async function bornAt(pid: number): Promise<string> {
  const ticks = statFields(pid)?.[19];
  if (ticks)
    return `${await readFile("/proc/sys/kernel/random/boot_id", "utf8").then(
      (id) => id.trim(),
      () => "",
    )}/${ticks}`;
  const { output } = await run("ps", ["-o", "lstart=", "-p", String(pid)]);
  return output.trim();
}
