import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readConfig, thisMachine } from "../../server/src/config.ts";
import { migrate, schemaState } from "../../server/src/db/migrate.ts";
import { openSql } from "../../server/src/db/sql.ts";
import { startServer } from "../../server/src/main.ts";
import { systemPasswords } from "../../server/src/platform.ts";
import { seedDemo } from "../../server/src/seed.ts";
import { withDatabase } from "../setup/database.ts";
import { ask } from "./server.ts";

const limitMs = 60_000;

async function query(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const sql = openSql(url, 1);
  try {
    return await sql.unsafe(statement);
  } finally {
    await sql.end();
  }
}

test(
  "an empty database is brought to the head once, also by nodes that start together",
  () =>
    withDatabase(async (url) => {
      const { head } = await schemaState(url);
      expect(await schemaState(url)).toEqual({ at: 0, head });
      const runs = await Promise.all([migrate(url), migrate(url), migrate(url)]);
      expect(runs.map(({ from }) => from).sort()).toEqual([0, head, head]);
      expect(await schemaState(url)).toEqual({ at: head, head });
      expect(await query(url, "select version from migration")).toHaveLength(head);
    }),
  limitMs,
);

test(
  "a newer database and a changed file are refused in one sentence, and nothing is touched",
  () =>
    withDatabase(async (url) => {
      const { to } = await migrate(url);
      await query(url, `insert into migration (version, name, checksum) values (${to + 1}, '9999_later.sql', 'x')`);
      await expect(migrate(url)).rejects.toThrow(
        `The database has schema ${to + 1}, newer than this Aftercare knows (${to})`,
      );
      await query(url, `delete from migration where version > ${to}`);
      await query(url, "update migration set checksum = 'other' where version = 1");
      await expect(migrate(url)).rejects.toThrow("another 0001_log.sql");
    }),
  limitMs,
);

test(
  "the demo shop is made once; a second start gives the same sign-ins",
  () =>
    withDatabase(async (url) => {
      await migrate(url);
      const [one, other] = await Promise.all([seedDemo(url), seedDemo(url)]);
      expect([one.fresh, other.fresh].sort()).toEqual([false, true]);
      const again = await seedDemo(url);
      expect(again).toEqual({ fresh: false, signIns: one.signIns });
      expect(one.signIns.map(({ login }) => login)).toEqual(["kit", "mei"]);
      const [counted] = await query(url, "select count(*) as messages from event where type = 'message.sent'");
      // Four and three said by people, one notice.
      expect(counted?.messages).toBe(8);
      const loose = await query(url, "select id from stream where id ~ '^[cn]_' and last_seq < 1");
      expect(loose).toEqual([]);
    }),
  limitMs,
);

/** The schema as it was at an older version, by its own files. */
async function migrateTo(url: string, version: number): Promise<void> {
  const directory = join(import.meta.dir, "../../server/migrations");
  const names = readdirSync(directory).sort().slice(0, version);
  await query(
    url,
    `create table migration (version integer primary key, name text not null,
      applied_at timestamptz not null default now(), checksum text not null)`,
  );
  for (const [index, name] of names.entries()) {
    const text = readFileSync(join(directory, name), "utf8");
    await query(url, text);
    const checksum = createHash("sha256").update(text).digest("hex");
    await query(url, `insert into migration (version, name, checksum) values (${index + 1}, '${name}', '${checksum}')`);
  }
}

test(
  "a password of before staff sign-in had tables of its own still opens, and its devices stay",
  () =>
    withDatabase(async (url) => {
      await migrateTo(url, 8);
      const hash = await systemPasswords.hash("old but good");
      await query(
        url,
        `insert into account (id, kind, name, role) values ('a_old', 'staff', 'Old', 'agent');
         insert into credential (account, login, login_key, password_hash) values ('a_old', 'Old.Hand', 'old.hand', '${hash}');
         insert into device (id, account, token_hash, expires_at) values ('d', 'a_old', 'x', now() + interval '1 day')`,
      );
      await migrate(url);
      const { config } = readConfig({}, ["--port", "0", "--log-level", "silent"], thisMachine());
      if (!config) throw new Error("no configuration");
      const server = await startServer(config, { url });
      const { status, body } = await ask(server.url, "/v1/sign-in", {
        body: { login: "OLD.hand", password: "old but good" },
      });
      await server.stop();
      expect([status, body.account]).toEqual([200, "a_old"]);
      expect(await query(url, "select id from device where revoked_at is null")).toHaveLength(2);
    }),
  limitMs,
);
