import { expect, test } from "bun:test";
import { makeCommandId, makeId } from "@aftercare/protocol";
import { createLogStore } from "../../server/src/db/log-store.ts";
import { migrate } from "../../server/src/db/migrate.ts";
import { openSql } from "../../server/src/db/sql.ts";
import { createDatabase } from "../setup/database.ts";

const ids = (count: number) =>
  Array.from({ length: count }, (_, index) => makeCommandId(1_700_000_000_000 + index, new Uint8Array(10).fill(index)));

test("a batch in a hot conversation finds its used ids without reading the conversation", async () => {
  const database = await createDatabase();
  await migrate(database.url);
  const sql = openSql(database.url, 1);
  try {
    const stream = makeId("c_", 1, new Uint8Array(10));
    const by = makeId("a_", 1, new Uint8Array(10));
    const insert = (commands: readonly string[], from: number) => sql`
      insert into event (stream, seq, type, by, at, timeline, command_id, fingerprint, body)
      select ${stream}, ${from}::bigint + place, 'message.sent', ${by}, 1, true, id, 1, '0{}'
      from unnest(${[...commands]}::text[]::uuid[]) with ordinality as given(id, place)`;
    const commands = ids(3_000);
    // The statistics know a conversation of one message.
    await insert(commands.slice(0, 1), 0);
    await sql`analyze event`;
    await insert(commands.slice(1), 1);
    const keys = commands.slice(0, 100).map((commandId) => ({ stream, by, commandId }));
    const store = createLogStore(sql);
    const wanted = { commands: keys, members: [], messages: [], accounts: [] };
    for (let round = 0; round < 10; round++) {
      const { commands: found } = await store.transaction((tx) => tx.load(wanted));
      expect(found.length).toBe(keys.length);
    }
    await sql`select pg_stat_force_next_flush()`;
    const [read] = await sql<{ rows: number }[]>`
      select sum(idx_tup_read)::integer as rows from pg_stat_user_indexes where relname = 'event'`;
    // One entry for each key of each round, and room for what inserting looked at.
    expect(read?.rows).toBeLessThan(3_000);
    const [scanned] = await sql<{ rows: number }[]>`
      select seq_tup_read::integer as rows from pg_stat_user_tables where relname = 'event'`;
    expect(scanned?.rows).toBeLessThan(10);
  } finally {
    await sql.end({ timeout: 1 });
    await database.drop();
  }
}, 60_000);
