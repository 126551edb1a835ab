import { expect, test } from "bun:test";
import { migrate, schemaState } from "../../server/src/db/migrate.ts";
import { openSql } from "../../server/src/db/sql.ts";
import { seedDemo } from "../../server/src/seed.ts";
import { withDatabase } from "../setup/database.ts";

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
