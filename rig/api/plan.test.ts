import { expect, test } from "bun:test";
import { makeCommandId, makeId } from "@aftercare/protocol";
import postgres from "postgres";
import { createLogStore } from "../../server/src/db/log-store.ts";
import { migrate } from "../../server/src/db/migrate.ts";
import { lookups, openSql } from "../../server/src/db/sql.ts";
import { connectionOf } from "../../server/src/embedded/url.ts";
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

type Plan = { "Actual Rows"?: number; "Actual Loops"?: number; "Rows Removed by Join Filter"?: number; Plans?: Plan[] };

/** Rows that a plan made, and pairs that it looked at in vain. */
function rowsOf(plan: Plan): number {
  const here = (plan["Actual Rows"] ?? 0) + (plan["Rows Removed by Join Filter"] ?? 0);
  return (plan["Actual Loops"] ?? 0) * here + (plan.Plans ?? []).reduce((sum, one) => sum + rowsOf(one), 0);
}

/** Connections as the product's, which count the rows of every plan, those within functions too. */
async function openCounted(url: string) {
  const counted = { rows: 0 };
  const { url: address, path } = connectionOf(url);
  const sql = postgres(address, {
    ...(path !== undefined && { path }),
    max: 1,
    connection: { ...lookups },
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
    onnotice: ({ message = "" }) => {
      const [text] = /\{[\s\S]*\}/.exec(message) ?? [];
      if (text) counted.rows += rowsOf(JSON.parse(text).Plan);
    },
  } as Parameters<typeof postgres>[1]);
  await sql.unsafe(`load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_analyze = on;
    set auto_explain.log_format = json; set auto_explain.log_nested_statements = on; set client_min_messages = log`);
  return { sql, counted };
}

test("a batch of receipts and one of messages cost in proportion to their size", async () => {
  const database = await createDatabase();
  await migrate(database.url);
  const { sql, counted } = await openCounted(database.url);
  try {
    const by = makeId("a_", 1, new Uint8Array(10));
    const streams = Array.from({ length: 600 }, (_, index) => makeId("c_", index, new Uint8Array(10)));
    await sql`insert into stream (id, member_count) select unnest(${streams}::text[]), 1`;
    await sql`
      insert into member (stream, account, status, name, role, from_seq)
      select unnest(${streams}::text[]), ${by}, 'joined', 'Ann', 'customer', 1`;
    const [row] = await sql<{ epoch: number }[]>`select epoch from deployment`;
    const epoch = row?.epoch ?? 0;
    const store = createLogStore(sql as unknown as ReturnType<typeof openSql>);
    const cost = async (work: Promise<unknown>) => {
      counted.rows = 0;
      await work;
      return counted.rows;
    };
    const receipts = await cost(
      store.saveReceipts(
        streams.map((stream) => ({ stream, account: by, receipt: { deliveredSeq: 0, readSeq: 0 } })),
        epoch,
      ),
    );
    const some = streams.slice(0, 250);
    const messages = await cost(
      store.append({
        epoch,
        versions: new Map(some.map((stream) => [stream, 0])),
        messages: ids(some.length).map((commandId, index) => ({
          ...{ stream: some[index] as string, by, commandId, fingerprint: 1 },
          body: { parts: [{ type: "text", text: "Hello" }] },
        })),
        at: 1,
      }),
    );
    for (const [rows, size] of [
      [receipts, streams.length],
      [messages, some.length],
    ] as const) {
      expect(rows).toBeGreaterThan(size);
      expect(rows).toBeLessThan(30 * size);
    }
    const [last] = await sql<{ count: number }[]>`select count(*)::integer as count from event`;
    expect(last?.count).toBe(some.length);
  } finally {
    await sql.end({ timeout: 1 });
    await database.drop();
  }
}, 60_000);
