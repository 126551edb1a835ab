import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { migrate } from "../../server/src/db/migrate.ts";
import { openSql } from "../../server/src/db/sql.ts";
import { seedDemo } from "../../server/src/seed.ts";
import { testSecretKey } from "../server-process.ts";
import { createDatabase } from "../setup/database.ts";

/** The server as operators run it, in a process of its own: what happens to it cannot happen to the test. */
export type ServerProcess = {
  readonly url: string;
  readonly databaseUrl: string;
  readonly signIns: readonly { login: string; password: string; name: string }[];
  /** Lines that no input may cause: warnings, errors, and what a runtime prints of a bug. */
  complaints(): readonly string[];
  isAlive(): boolean;
  residentBytes(): Promise<number>;
  metric(name: string): Promise<number>;
  query<T>(statement: string): Promise<T[]>;
  stop(): Promise<void>;
};

/** Bounds that no test meets unless it means to. */
const roomy = {
  port: 0,
  "log-level": "warn",
  "drain-ms": 0,
  "stop-with-parent": true,
  "customers-per-minute": 100_000,
  "rate-address-per-second": 100_000,
  "rate-address-burst": 100_000,
  "rate-account-per-second": 50_000,
  "rate-account-burst": 50_000,
};

const cli = fileURLToPath(new URL("../../server/src/cli.ts", import.meta.url));
const startLimitMs = 30_000;
/** What belongs to a good start and a good end, and npm's and the runtime's own remarks. */
const expected =
  /^(?:\s*$|Aftercare is running|Ctrl-C stops|Stopping \(|Stopped|\s+(?:customer chat|staff console|demo shop) )/;

export async function startProcess(flags: Readonly<Record<string, string | number>> = {}): Promise<ServerProcess> {
  const database = await createDatabase();
  await migrate(database.url);
  const { signIns } = await seedDemo(database.url);
  const sql = openSql(database.url, 2);
  const settings = { ...roomy, "database-url": database.url, ...flags };
  const words = Object.entries(settings).map(([name, value]) => (value === true ? `--${name}` : `--${name}=${value}`));
  const child = spawn(process.execPath, [cli, "start", "--no-demo", ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, AFTERCARE_SECRET_KEY: testSecretKey },
  });
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  const lines: string[] = [];
  const found = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream.setEncoding("utf8").on("data", (text: string) => {
      const parts = (rest + text).split("\n");
      rest = parts.pop() ?? "";
      for (const line of parts) {
        const url = /customer chat\s+(\S+)\/chat\//.exec(line)?.[1];
        if (url !== undefined) found.resolve(url);
        if (!expected.test(line)) lines.push(line);
      }
    });
  }
  const late = setTimeout(() => found.reject(new Error(`no server: ${lines.join("\n")}`)), startLimitMs);
  void ended.then(() => found.reject(new Error(`the server ended: ${lines.join("\n")}`)));
  const url = await found.promise.finally(() => clearTimeout(late));
  const metric = async (name: string) => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)`, "m").exec(text)?.[1]);
  };
  return {
    url,
    databaseUrl: database.url,
    signIns,
    complaints: () => lines,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    residentBytes: () => metric("process_resident_memory_bytes"),
    metric,
    query: async <T>(statement: string) => [...(await sql.unsafe(statement))] as T[],
    async stop() {
      child.kill("SIGTERM");
      await ended;
      await sql.end();
      await database.drop();
    },
  };
}

/** The head of every stream, and how many events there are. */
export async function headsOf(server: ServerProcess): Promise<Record<string, number>> {
  const rows = await server.query<{ id: string; last_seq: number }>("select id, last_seq from stream order by id");
  const [count] = await server.query<{ events: number }>("select count(*)::int as events from event");
  return { events: count?.events ?? 0, ...Object.fromEntries(rows.map((row) => [row.id, Number(row.last_seq)])) };
}
