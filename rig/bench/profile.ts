import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Sql } from "postgres";
import { type AftercareOptions, openAftercare } from "./aftercare.ts";
import { type CpuProfile, functionsIn } from "./cpu-profile.ts";
import type { Load, Step } from "./load.ts";
import { cpuSeconds } from "./machine.ts";
import type { People } from "./side.ts";
import { type Bench, connect, lineOf } from "./workload.ts";

/** What of a workload is worth a look from inside: its people, and stretches of load with a name. */
export type Profiled = {
  readonly people: () => People;
  readonly options?: AftercareOptions;
  readonly loads: Readonly<Record<string, (load: Load) => Promise<Step>>>;
};

/** Called at the ends of the measured part of a stretch. */
export type Probe = { begin(): Promise<void>; end(): Promise<void> };

type Window = {
  label: string;
  fromMs: number;
  toMs: number;
  serverSeconds: number;
  databaseSeconds: number;
  transactions: number;
  walBytes: number;
  statements: Statement[];
  line: string;
  acked: number;
};
type Statement = { calls: number; ms: number; rows: number; wal: number; query: string };

const profileName = "server.cpuprofile";
const shownFunctions = 40;
const shownStatements = 15;
const shownQueryChars = 160;

/** Runs the loads of a workload on our side alone, and leaves what the server and the database did meanwhile. */
export async function runProfile(bench: Bench, name: string, what: Profiled): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "aftercare-profile-"));
  const database = await bench.cluster.database(`profile_${name.toLowerCase()}`);
  await database.sql`create extension pg_stat_statements`;
  const people = what.people();
  const runtime = ["--cpu-prof", `--cpu-prof-dir=${directory}`, `--cpu-prof-name=${profileName}`];
  const side = await openAftercare(database, { ...what.options, runtime });
  const windows: Window[] = [];
  try {
    const { load } = await connect(bench, side, people);
    for (const [label, run] of Object.entries(what.loads)) {
      const watch = watchWindow(database.sql, side.pid, bench.cluster.postmaster);
      load.probe = watch;
      const step = await run(load);
      windows.push({ ...watch.result(), label, line: lineOf(label, step), acked: step.ackedPerSecond });
      bench.say(lineOf(label, step));
    }
  } finally {
    side.disconnect();
    // The runtime writes the profile when the process ends.
    await side.close();
  }
  const profile = JSON.parse(readFileSync(join(directory, profileName), "utf8")) as CpuProfile;
  const text = windows.map((one) => textOfWindow(one, profile)).join("\n\n");
  writeFileSync(join(directory, "profile.txt"), `${text}\n`);
  return `${text}\n\nIn ${directory}: profile.txt (this), ${profileName} (for the browser's developer tools).`;
}

function watchWindow(
  sql: Sql,
  server: number,
  postmaster: number,
): Probe & { result(): Omit<Window, "label" | "line" | "acked"> } {
  const read = async () => {
    const [row] = await sql<{ commits: number; wal: number }[]>`
      select (select xact_commit::float from pg_stat_database where datname = current_database()) as commits,
        (select wal_bytes::float from pg_stat_wal) as wal`;
    return {
      at: Date.now(),
      server: cpuSeconds([server]),
      database: cpuSeconds([postmaster]),
      ...(row ?? { commits: 0, wal: 0 }),
    };
  };
  let from: Awaited<ReturnType<typeof read>> | undefined;
  let found: ReturnType<ReturnType<typeof watchWindow>["result"]> | undefined;
  return {
    async begin() {
      await sql`select pg_stat_statements_reset()`;
      from = await read();
    },
    async end() {
      const to = await read();
      if (!from) return;
      const statements = await sql<Statement[]>`
        select calls::float, total_exec_time + total_plan_time as ms, rows::float, wal_bytes::float as wal, query
        from pg_stat_statements where dbid = (select oid from pg_database where datname = current_database())
        order by 2 desc limit ${shownStatements}`;
      found = {
        fromMs: from.at,
        toMs: to.at,
        serverSeconds: to.server - from.server,
        databaseSeconds: to.database - from.database,
        transactions: to.commits - from.commits,
        walBytes: to.wal - from.wal,
        statements: [...statements],
      };
    },
    result() {
      if (!found) throw new Error("the load was not measured");
      return found;
    },
  };
}

function textOfWindow(window: Window, profile: CpuProfile): string {
  const { label, line, fromMs, toMs, acked, statements } = window;
  const seconds = (toMs - fromMs) / 1000;
  const thousands = (acked * seconds) / 1000;
  const per = (value: number, digits = 3) => (value / thousands).toFixed(digits);
  const { samples, functions } = functionsIn(profile, fromMs * 1000, toMs * 1000);
  const share = (count: number) => `${((100 * count) / samples).toFixed(1).padStart(5)}%`;
  return [
    `== ${label}: ${line}`,
    `per 1,000 acked: server ${per(window.serverSeconds)} CPU-s, database ${per(window.databaseSeconds)} CPU-s, ` +
      `${per(window.transactions, 1)} transactions, ${Math.round(window.walBytes / thousands / 1000)} bytes of WAL a message`,
    "",
    `functions of the server (${samples} samples while it ran): self, with callees`,
    ...functions
      .slice(0, shownFunctions)
      .map(({ name, url, line: at, self, total }) => `${share(self)} ${share(total)}  ${name}  ${basename(url)}:${at}`),
    "",
    "statements of the database: share of their time, ms each, calls and rows per 1,000 acked, WAL bytes each",
    ...statements.map(({ calls, ms, rows, wal, query }) => {
      const all = statements.reduce((sum, one) => sum + one.ms, 0);
      const text = query.replace(/\s+/g, " ").slice(0, shownQueryChars);
      const cells = [`${((100 * ms) / all).toFixed(1)}%`, (ms / calls).toFixed(3), per(calls, 1), per(rows, 1)];
      return `${[...cells, String(Math.round(wal / calls))].map((cell) => cell.padStart(8)).join("")}  ${text}`;
    }),
  ].join("\n");
}
