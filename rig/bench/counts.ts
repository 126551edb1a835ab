import type { Sql } from "postgres";
import type { Side } from "./side.ts";

type Calls = ReadonlyMap<string, number>;

export type Statements = {
  readonly calls: Calls;
  since(earlier: Statements): Statements;
  /** Those whose like did not run in the other. */
  besides(other: Statements): Statements;
  total(): number;
  /** Statements that read rows of a table of messages. */
  reading(table: string): number;
  /** Their texts, the most frequent first. */
  texts(): string[];
};

/** What ran on this database so far, but for what the bench itself asked. */
export async function countStatements(sql: Sql): Promise<Statements> {
  await sql`create extension if not exists pg_stat_statements`;
  const rows = await sql<{ query: string; calls: number }[]>`
    select query, sum(calls)::integer as calls from pg_stat_statements
    where dbid = (select oid from pg_database where datname = current_database())
      and query not like '%pg_stat_statements%' and query not like '%count(distinct%'
    group by query`;
  return statements(new Map(rows.map(({ query, calls }) => [query.replace(/\s+/g, " ").trim(), calls])));
}

function statements(calls: Calls): Statements {
  const reads = (query: string, table: string) => new RegExp(`\\b(from|join) (${table}|message)\\b`).test(query);
  const sum = (some: Iterable<number>) => [...some].reduce((total, one) => total + one, 0);
  return {
    calls,
    since(earlier) {
      const grown = [...calls].map(([query, count]) => [query, count - (earlier.calls.get(query) ?? 0)] as const);
      return statements(new Map(grown.filter(([, count]) => count > 0)));
    },
    besides: (other) => statements(new Map([...calls].filter(([query]) => !other.calls.has(query)))),
    total: () => sum(calls.values()),
    // The lookup of used command ids belongs to sending, not to reading what was missed.
    reading: (table) =>
      sum([...calls].filter(([query]) => reads(query, table) && !query.includes("fingerprint")).map(([, n]) => n)),
    texts: () => [...calls].sort((a, b) => b[1] - a[1]).map(([query, count]) => `${count} x ${query.slice(0, 120)}`),
  };
}

const counted: Readonly<Record<string, string>> = {
  aftercare_resumes_from_memory_total: "gaps from memory",
  aftercare_resumes_from_log_total: "gaps from the log",
  aftercare_resets_total: "snapshots",
};

export type Metrics = Readonly<Record<string, number>>;

/** The server's own counters, for a side that has them. */
export async function metricsOf({
  url,
}: Side): Promise<{ values: Metrics; since(earlier: { values: Metrics }): Metrics }> {
  const text = url === undefined ? "" : await (await fetch(`${url}/metrics`)).text();
  const found = [...text.matchAll(/^(\w+) (\d+)/gm)].flatMap(([, name = "", value]) => {
    const shown = counted[name];
    return shown === undefined ? [] : [[shown, Number(value)] as const];
  });
  const values = Object.fromEntries(found);
  return {
    values,
    since: (earlier) => Object.fromEntries(found.map(([name, value]) => [name, value - (earlier.values[name] ?? 0)])),
  };
}
