import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import type { Sql, TransactionSql } from "postgres";
import { SetupProblem } from "../embedded/explain.ts";
import { openSql } from "./sql.ts";

/** Held while migrating, so that nodes started together take turns. The number is ours alone: "aftercare" in hex, cut. */
const lockKey = 0x61667465;

type Migration = { version: number; name: string; text: string; checksum: string };

/** Brings the database to this build's schema. Forward only; nothing is done when it is there already. */
export async function migrate(url: string): Promise<{ from: number; to: number }> {
  const migrations = await readMigrations();
  const head = migrations.length;
  const sql = openSql(url, 1);
  try {
    await sql`select pg_advisory_lock(${lockKey})`;
    await sql`
      create table if not exists migration (
        version integer primary key,
        name text not null,
        applied_at timestamptz not null default now(),
        checksum text not null
      )`;
    const from = await checkApplied(sql, migrations);
    for (const migration of migrations.slice(from)) await sql.begin((tx) => apply(tx, migration));
    return { from, to: head };
  } finally {
    // Ending the connection frees the lock.
    await sql.end({ timeout: 5 });
  }
}

/** The version of the schema in the database (0: none), and the one that this build brings. */
export async function schemaState(url: string): Promise<{ at: number; head: number }> {
  const sql = openSql(url, 1);
  try {
    return await schemaStateOf(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

export async function schemaStateOf(sql: Sql): Promise<{ at: number; head: number }> {
  const { length: head } = await readMigrations();
  const [found] = await sql<{ exists: boolean }[]>`select to_regclass('migration') is not null as exists`;
  if (!found?.exists) return { at: 0, head };
  const [row] = await sql<{ at: number }[]>`select coalesce(max(version), 0)::int as at from migration`;
  return { at: row?.at ?? 0, head };
}

async function apply(tx: TransactionSql, { version, name, text, checksum }: Migration): Promise<void> {
  await tx.unsafe(text);
  await tx`insert into migration (version, name, checksum) values (${version}, ${name}, ${checksum})`;
}

/** The version the database is at, once it is sure that it got there by these very files. */
async function checkApplied(sql: Sql, migrations: readonly Migration[]): Promise<number> {
  const applied = await sql<{ version: number; name: string; checksum: string }[]>`
    select version, name, checksum from migration order by version`;
  const at = applied.at(-1)?.version ?? 0;
  const head = migrations.length;
  if (at > head) {
    throw new SetupProblem(
      `The database has schema ${at}, newer than this Aftercare knows (${head}); start the newer Aftercare.`,
    );
  }
  for (const [index, { version, name, checksum }] of applied.entries()) {
    const known = migrations[index];
    if (known?.version === version && known.checksum === checksum) continue;
    throw new SetupProblem(
      `The database was made with another ${name} than this Aftercare has; use the release that made it, or an empty database.`,
    );
  }
  return at;
}

async function readMigrations(): Promise<Migration[]> {
  const directory = new URL("../../migrations/", import.meta.url);
  const names = (await readdir(directory)).filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name, index) => {
      const text = await readFile(new URL(name, directory), "utf8");
      if (Number(name.slice(0, 4)) !== index + 1) throw new Error(`${name} is out of order`);
      return { version: index + 1, name, text, checksum: createHash("sha256").update(text).digest("hex") };
    }),
  );
}
