import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { SetupProblem } from "./explain.ts";

/** Who PostgreSQL runs as; `undefined` stands for the account of this process. */
export type Account = { readonly name: string; readonly uid: number; readonly gid: number } | undefined;

const accountName = "postgres";

/** PostgreSQL refuses to run as root, so root lends it the system account `postgres`, made when missing. */
export async function accountForPostgres(): Promise<Account> {
  if (process.getuid?.() !== 0) return undefined;
  const found = await findAccount();
  if (found) return found;
  await run("/bin/sh", [
    "-c",
    `useradd --system --user-group --no-create-home --home-dir / --shell /usr/sbin/nologin ${accountName}`,
  ]);
  const made = await findAccount();
  if (made) return made;
  throw new SetupProblem(
    `PostgreSQL may not run as root, and the account "${accountName}" could not be made; create it, or start as an ordinary user.`,
  );
}

async function findAccount(): Promise<Account> {
  const passwd = await readFile("/etc/passwd", "utf8");
  const line = passwd.split("\n").find((one) => one.startsWith(`${accountName}:`));
  const [name, , uid, gid] = line?.split(":") ?? [];
  return name && uid && gid ? { name, uid: Number(uid), gid: Number(gid) } : undefined;
}

/** May that account enter this directory, or read this file? Asked of the system itself, so every way in and ACLs count. */
export async function canReach(account: Account, path: string): Promise<boolean> {
  const { code } = await run("/bin/sh", ["-c", 'if test -d "$0"; then test -x "$0"; else test -r "$0"; fi', path], {
    account,
  });
  return code === 0;
}

export type Finished = { readonly code: number; readonly output: string };

/** Runs a program to its end, as the account, with a clean environment; a program that cannot start gives code 127. */
export function run(file: string, args: readonly string[], options: { account?: Account } = {}): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { ...spawnAs(options.account), stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const take = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-outputMaxChars);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", (error) => resolve({ code: 127, output: String(error) }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

const outputMaxChars = 20_000;

/** A clean environment, since PG* variables and libraries of the caller would change what PostgreSQL does. */
export function spawnAs(account: Account) {
  return {
    // A directory that everybody can enter: PostgreSQL stops when it cannot tell where it is.
    cwd: "/",
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C", TZ: "UTC" },
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
  };
}
