import { afterAll, afterEach, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { run } from "./account.ts";
import { explain } from "./explain.ts";
import { pidExists } from "./lock.ts";
import { type Embedded, type EmbeddedOptions, lockDataDir, startEmbedded } from "./start.ts";
import { connectionOf, urlOf, withDatabaseName } from "./url.ts";

// Real processes. Making a database takes a second, so all but one of the tests get a copy of the first.
const limitMs = 60_000;
const lines: string[] = [];
const note = (line: string) => void lines.push(line);
const log = { info: note, warn: note, error: note };
const made: string[] = [];
const running: Embedded[] = [];
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const embedded of running.splice(0)) await embedded.stop();
  for (const dir of made.splice(0)) {
    // What was killed above is still shutting its PostgreSQL down.
    await until(() => !existsSync(join(dir, "postgres", "postmaster.pid")) || !pidExists(postmasterPid(dir)));
    rmSync(dir, { recursive: true, force: true });
  }
  lines.length = 0;
});

function newDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "aftercare-embedded-"));
  chmodSync(dir, 0o711);
  made.push(dir);
  return dir;
}

let template: Promise<string> | undefined;

/** A data directory with a database that nobody runs. */
async function newData(): Promise<string> {
  template ??= (async () => {
    const dir = mkdtempSync(join(tmpdir(), "aftercare-embedded-"));
    chmodSync(dir, 0o711);
    await (await startEmbedded({ dataDir: dir, log })).stop();
    return dir;
  })();
  const dir = newDir();
  const { code, output } = await run("cp", ["-a", `${await template}/.`, dir]);
  if (code !== 0) throw new Error(output);
  return dir;
}

afterAll(async () => {
  if (template) rmSync(await template, { recursive: true, force: true });
});

async function start(dataDir: string, more: Partial<EmbeddedOptions> = {}): Promise<Embedded> {
  const embedded = await startEmbedded({ dataDir, log, ...more });
  running.push(embedded);
  return embedded;
}

async function query(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const connection = connectionOf(url);
  const sql = postgres(connection.url, { ...connection, max: 1, connect_timeout: 5, onnotice: () => undefined });
  try {
    return await sql.unsafe(statement);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** A server process of its own, which only starts the database and waits to be killed. */
async function spawnServer(dataDir: string): Promise<ChildProcess> {
  const program = `
    const { startEmbedded } = await import(${JSON.stringify(join(import.meta.dir, "start.ts"))});
    await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, log: { info() {}, warn() {}, error() {} } });
    console.log("up");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once("data", () => resolve());
    child.once("exit", () => reject(new Error("the server ended")));
  });
  return child;
}

function postmasterPid(dataDir: string): number {
  return Number(readFileSync(join(dataDir, "postgres", "postmaster.pid"), "utf8").split("\n")[0]);
}

async function until(holds: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  for (let waited = 0; waited < withinMs; waited += 50) {
    if (await holds()) return;
    await sleep(50);
  }
  throw new Error("it did not come true in time");
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  return explain(error) ?? `not explained: ${error}`;
}

test(
  "a second start keeps the data, and is durable by its settings",
  async () => {
    const dir = newDir();
    const first = await start(dir);
    await query(first.url, "create table note (text text); insert into note values ('留住')");
    await first.stop();
    const second = await start(dir);
    expect(await query(second.url, "select text from note")).toMatchObject([{ text: "留住" }]);
    const settings = "select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit";
    expect(await query(second.url, settings)).toMatchObject([{ fsync: "on", commit: "on" }]);
  },
  limitMs,
);

test(
  "nobody gets in without the password, and it is kept where only this account reads",
  async () => {
    const dir = await newData();
    const { url } = await start(dir);
    const wrong = new URL(url);
    wrong.password = "guess";
    expect(query(wrong.href, "select 1")).rejects.toMatchObject({ code: "28P01" });
    expect(statSync(join(dir, "postgres.password")).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, "postgres")).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir, "socket")).mode & 0o777).toBe(0o700);
    expect(await query(url, "select current_setting('listen_addresses') as tcp")).toMatchObject([{ tcp: "" }]);
  },
  limitMs,
);

test(
  "a second server on the same data is told who runs and where",
  async () => {
    const dir = await newData();
    const first = await spawnServer(dir);
    const sentence = await refusal(lockDataDir(dir));
    expect(sentence).toContain(`already running with ${dir}`);
    expect(sentence).toContain(`process ${first.pid}`);
  },
  limitMs,
);

test(
  "PostgreSQL stops by itself when the server is killed",
  async () => {
    const dir = await newData();
    const server = await spawnServer(dir);
    const pid = postmasterPid(dir);
    server.kill("SIGKILL");
    await until(() => !pidExists(pid));
  },
  limitMs,
);

test(
  "a start right after the server was killed goes through, over a PostgreSQL that still runs",
  async () => {
    const dir = await newData();
    const server = await spawnServer(dir);
    server.kill("SIGKILL");
    const { url } = await start(dir);
    expect(await query(url, "select 1 as one")).toMatchObject([{ one: 1 }]);
  },
  limitMs,
);

test(
  "a PostgreSQL whose watchdog was killed too does not block the next start",
  async () => {
    const dir = await newData();
    const server = await spawnServer(dir);
    const pid = postmasterPid(dir);
    // The watchdog leads the process group; without it PostgreSQL is an orphan that nobody stops.
    const watchdog = Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[1]);
    server.kill("SIGSTOP");
    const group = readFileSync(`/proc/${watchdog}/task/${watchdog}/children`, "utf8").trim().split(" ").map(Number);
    for (const each of [watchdog, ...group.filter((one) => one !== pid)]) process.kill(each, "SIGKILL");
    server.kill("SIGKILL");
    await sleep(300);
    expect(pidExists(pid)).toBe(true);
    const { url } = await start(dir);
    expect(pidExists(pid)).toBe(false);
    expect(lines.join()).toContain("an earlier server left running");
    expect(await query(url, "select 1 as one")).toMatchObject([{ one: 1 }]);
  },
  limitMs,
);

test(
  "a PostgreSQL that is killed comes back while the server lives",
  async () => {
    const dir = await newData();
    const embedded = await start(dir);
    await query(embedded.url, "create table note (text text); insert into note values ('kept')");
    const reasons: string[] = [];
    embedded.onExit((reason) => reasons.push(reason));
    for (let round = 1; round <= 3; round++) {
      const pid = postmasterPid(dir);
      process.kill(pid, "SIGKILL");
      await until(() => reasons.length === round);
      await until(() =>
        query(embedded.url, "select 1").then(
          () => true,
          () => false,
        ),
      );
      expect(postmasterPid(dir)).not.toBe(pid);
    }
    expect(await query(embedded.url, "select text from note")).toMatchObject([{ text: "kept" }]);
  },
  limitMs,
);

test(
  "a stop while PostgreSQL is coming back ends it for good",
  async () => {
    const dir = await newData();
    const embedded = await start(dir);
    const exited = new Promise((resolve) => embedded.onExit(resolve));
    process.kill(postmasterPid(dir), "SIGKILL");
    await exited;
    await embedded.stop();
    running.length = 0;
    await until(() => !existsSync(join(dir, "postgres", "postmaster.pid")) || !pidExists(postmasterPid(dir)));
    expect(existsSync(join(dir, "lock"))).toBe(false);
  },
  limitMs,
);

test(
  "files that name a process which is long gone, or is another's, are no obstacle",
  async () => {
    const dir = await newData();
    // This test's own number: alive, and no PostgreSQL. Half a lock is as good as none.
    writeFileSync(join(dir, "postgres", "postmaster.pid"), `${process.ppid}\n${dir}/postgres\n1\n5432\n\n\n\nready\n`);
    writeFileSync(join(dir, "lock"), '{"pid":');
    await (await start(dir)).stop();
    writeFileSync(join(dir, "lock"), JSON.stringify({ pid: process.ppid, bornAt: "another boot/1" }));
    await (await start(dir)).stop();
  },
  limitMs,
);

test(
  "a foreign, a newer and a broken data directory are each refused with one sentence",
  async () => {
    const foreign = newDir();
    writeFileSync(join(foreign, "letter.txt"), "");
    expect(await refusal(startEmbedded({ dataDir: foreign, log }))).toMatch(
      /holds other files \(letter\.txt\).*--data-dir/,
    );
    expect(existsSync(join(foreign, "aftercare.json"))).toBe(false);

    const newer = newDir();
    writeFileSync(join(newer, "aftercare.json"), '{"kind":"aftercare-data","layout":99}');
    expect(await refusal(startEmbedded({ dataDir: newer, log }))).toContain("was written by a newer Aftercare");

    const other = await newData();
    writeFileSync(join(other, "postgres", "PG_VERSION"), "17\n");
    expect(await refusal(startEmbedded({ dataDir: other, log }))).toContain("was made by PostgreSQL 17");
    writeFileSync(join(other, "postgres", "PG_VERSION"), "");
    expect(await refusal(startEmbedded({ dataDir: other, log }))).toContain("is not a PostgreSQL directory");
    // After each refusal the lock is free again.
    expect(existsSync(join(other, "lock"))).toBe(false);

    const file = join(newDir(), "file");
    writeFileSync(file, "");
    expect(await refusal(startEmbedded({ dataDir: file, log }))).toContain("is a file where a directory is needed");
  },
  limitMs,
);

test.skipIf(process.getuid?.() !== 0)(
  "a database of another owner is refused with both names",
  async () => {
    const dir = await newData();
    chownSync(join(dir, "postgres"), 12345, 12345);
    expect(await refusal(startEmbedded({ dataDir: dir, log }))).toContain("belongs to user number 12345");
  },
  limitMs,
);

test.skipIf(process.getuid?.() !== 0)(
  "a directory that PostgreSQL's account cannot enter is refused with a way out",
  async () => {
    const closed = newDir();
    chmodSync(closed, 0o700);
    const sentence = await refusal(startEmbedded({ dataDir: join(closed, "data"), log }));
    expect(sentence).toContain('The account "postgres", under which PostgreSQL runs, cannot enter');
  },
  limitMs,
);

test(
  "a path too long for a socket gets a short private one, gone after the stop",
  async () => {
    const dir = join(newDir(), "很長的名字".repeat(6), "long-".repeat(10));
    mkdirSync(dir, { recursive: true, mode: 0o711 });
    const embedded = await start(dir);
    const socket = new URL(embedded.url).searchParams.get("host") ?? "";
    expect(socket.startsWith(tmpdir())).toBe(true);
    expect(statSync(socket).mode & 0o777).toBe(0o700);
    expect(await query(embedded.url, "select 1 as one")).toMatchObject([{ one: 1 }]);
    await embedded.stop();
    expect(existsSync(socket)).toBe(false);
  },
  limitMs,
);

test("a URL says the socket as PostgreSQL's tools do, and clients get it apart", () => {
  const url = urlOf({ kind: "socket", dir: "/data/a b", temporary: false }, "aftercare", "p@ss/word", "aftercare");
  expect(connectionOf(url)).toEqual({
    url: "postgres://aftercare:p%40ss%2Fword@localhost/aftercare",
    path: "/data/a b/.s.PGSQL.5432",
  });
  expect(connectionOf(withDatabaseName(url, "test")).url).toEndWith("/test");
  expect(connectionOf("postgres://a:b@db:6543/shop")).toEqual({ url: "postgres://a:b@db:6543/shop" });
  const loopback = urlOf({ kind: "loopback", port: 6000 }, "aftercare", "x", "aftercare");
  expect(loopback).toBe("postgres://aftercare:x@127.0.0.1:6000/aftercare");
});
