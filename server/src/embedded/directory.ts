import { randomBytes } from "node:crypto";
import { chmod, chown, lstat, mkdir, mkdtemp, readdir, readFile, rm, statfs, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { type Account, canReach } from "./account.ts";
import { SetupProblem } from "./explain.ts";

/** The places inside a data directory. */
export type DataDir = {
  readonly root: string;
  readonly lock: string;
  /** PostgreSQL's own directory, which only its account may enter. */
  readonly cluster: string;
  readonly password: string;
  readonly log: string;
  readonly socket: string;
};

/** Raised when the files in a data directory change their places or meaning. */
const layout = 1;
const markName = "aftercare.json";
const freeAtLeastBytes = 256 * 1024 * 1024;
/** A socket's path ends at 107 bytes on Linux, 103 on macOS; PostgreSQL adds this name. */
const socketPathMaxBytes = 103;
const socketName = ".s.PGSQL.5432";

export function placesIn(dataDir: string): DataDir {
  const root = resolve(dataDir);
  return {
    root,
    lock: join(root, "lock"),
    cluster: join(root, "postgres"),
    password: join(root, "postgres.password"),
    log: join(root, "postgres.log"),
    socket: join(root, "socket"),
  };
}

/** Makes the data directory, or checks that this one is ours, of this version, and writable. */
export async function openDataDir(dataDir: string): Promise<DataDir> {
  const places = placesIn(dataDir);
  // Others may pass through (PostgreSQL runs under another account when we are root), but not list.
  const made = await mkdir(places.root, { recursive: true, mode: 0o711 });
  if (made) await chmod(places.root, 0o711);
  if (made && process.getuid?.() === 0) await openTheWay(made, dirname(places.root));
  const mark = join(places.root, markName);
  const text = await readFile(mark, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text !== undefined) checkMark(text, places.root);
  else {
    const names = await readdir(places.root);
    if (names.length > 0) throw new SetupProblem(foreignSentence(places.root, names));
    await writeFile(mark, `${JSON.stringify({ kind: "aftercare-data", layout })}\n`);
  }
  return places;
}

/** Directories that mkdir made on the way to the data must be passable, whatever the umask of root says. */
async function openTheWay(first: string, last: string): Promise<void> {
  for (let at = last; at.length >= first.length; at = dirname(at)) await chmod(at, 0o755);
}

function checkMark(text: string, root: string): void {
  let mark: { kind?: unknown; layout?: unknown };
  try {
    mark = JSON.parse(text) as typeof mark;
  } catch {
    throw new SetupProblem(
      `${join(root, markName)} cannot be read as JSON; restore it from a backup, or choose another directory with --data-dir.`,
    );
  }
  if (mark.kind !== "aftercare-data" || typeof mark.layout !== "number")
    throw new SetupProblem(foreignSentence(root, [markName]));
  if (mark.layout > layout) {
    throw new SetupProblem(
      `${root} was written by a newer Aftercare (layout ${mark.layout}, this one knows ${layout}); start that version, or choose another directory with --data-dir.`,
    );
  }
}

function foreignSentence(root: string, names: readonly string[]): string {
  return `${root} holds other files (${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}) and was not made by Aftercare; choose an empty directory with --data-dir.`;
}

/** Checks that PostgreSQL of this version, under this account, can use what is there. */
export async function checkCluster(places: DataDir, account: Account, major: number): Promise<"absent" | "present"> {
  if (!(await canReach(account, places.root)) && account) {
    throw new SetupProblem(
      `The account "${account.name}", under which PostgreSQL runs, cannot enter ${places.root}; choose a directory below /var/lib with --data-dir.`,
    );
  }
  const stat = await lstat(places.cluster).catch(() => undefined);
  if (!stat) {
    const { bavail, bsize } = await statfs(places.root);
    if (bavail * bsize < freeAtLeastBytes) {
      throw new SetupProblem(
        `The disk that holds ${places.root} has ${Math.floor((bavail * bsize) / 1048576)} MB free, and a new database needs ${freeAtLeastBytes / 1048576} MB; free some space and start again.`,
      );
    }
    return "absent";
  }
  const owner = account?.uid ?? process.getuid?.();
  if (owner !== undefined && stat.uid !== owner) {
    throw new SetupProblem(
      `${places.cluster} belongs to user number ${stat.uid}, but PostgreSQL runs here as ${account?.name ?? `user number ${owner}`}; start as the user who made it, or run chown -R ${owner} on it.`,
    );
  }
  const version = Number((await readFile(join(places.cluster, "PG_VERSION"), "utf8").catch(() => "")).trim());
  if (!version)
    throw new SetupProblem(
      `${places.cluster} is not a PostgreSQL directory; restore it from a backup, or choose another with --data-dir.`,
    );
  if (version !== major) {
    throw new SetupProblem(
      `${places.cluster} was made by PostgreSQL ${version}, and this Aftercare brings ${major}; start the version that made it, or move the data with a backup and restore.`,
    );
  }
  return "present";
}

/** The password of the embedded database, made once, readable by this account alone. */
export async function passwordOf(places: DataDir): Promise<string> {
  const found = (await readFile(places.password, "utf8").catch(() => "")).trim();
  if (found) return found;
  const made = randomBytes(24).toString("base64url");
  await writeFile(places.password, `${made}\n`, { mode: 0o600 });
  return made;
}

/** Makes a directory that only PostgreSQL's account (and root) may enter. */
export async function privateDirectory(path: string, account: Account): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (account) await chown(path, account.uid, account.gid);
  await chmod(path, 0o700);
}

export type SocketPlace = { readonly dir: string; readonly temporary: boolean };

/** A private directory for the socket: in the data directory, or a short temporary one; undefined when neither can hold one. */
export async function socketPlace(places: DataDir, account: Account): Promise<SocketPlace | undefined> {
  await privateDirectory(places.socket, account);
  if (await holdsSocket(places.socket)) return { dir: places.socket, temporary: false };
  const dir = await mkdtemp(join(tmpdir(), temporaryPrefix));
  await privateDirectory(dir, account);
  if ((await holdsSocket(dir)) && (await canReach(account, dir))) return { dir, temporary: true };
  await rm(dir, { recursive: true, force: true });
  return undefined;
}

const temporaryPrefix = "aftercare-";

/** Removes a temporary socket directory that a killed server left behind. */
export async function removeSocketPlace(dir: string): Promise<void> {
  if (basename(dir).startsWith(temporaryPrefix) && dirname(dir) === tmpdir())
    await rm(dir, { recursive: true, force: true });
}

/** Some file systems (shared folders of virtual machines) cannot hold sockets, so it is tried. */
function holdsSocket(dir: string): Promise<boolean> {
  if (Buffer.byteLength(join(dir, socketName)) > socketPathMaxBytes) return Promise.resolve(false);
  const path = join(dir, "probe");
  return new Promise((done) => {
    const server = createServer();
    server.on("error", () => done(false));
    server.listen(path, () => server.close(() => done(true)));
  });
}
