import { afterAll, beforeAll, expect, test } from "bun:test";
import { type ListQuery, listSorts, listViews } from "@aftercare/protocol";
import type { Sql } from "postgres";
import { createListStore } from "../../server/src/db/list-store.ts";
import { migrate } from "../../server/src/db/migrate.ts";
import { openSql } from "../../server/src/db/sql.ts";
import { seedDemo } from "../../server/src/seed.ts";
import { seedMany } from "../seed-many.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";

/** Lists of 20,000 conversations are read along their indexes: a page touches little, wherever in the list it is. */
const conversations = 20_000;
/** Blocks of one page of fifty lines: its rows, and a bounded number of each line's own. */
const pageBlocks = 4_000;
/** A page filtered by what no index knows looks at `listScan` conversations, and the counts at that many of each view. */
const scanBlocks = 60_000;

let database: TestDatabase;
let sql: Sql;
let me: { account: string; all: boolean };

beforeAll(async () => {
  database = await createDatabase();
  await migrate(database.url);
  await seedDemo(database.url);
  await seedMany(database.url, { conversations, messages: 100, now: 1_767_225_600_000 });
  sql = openSql(database.url, 1);
  await sql`analyze`;
  // What the database does by itself must not be counted.
  for (const table of ["conversation", "member", "event", "stream", "mention"])
    await sql`alter table ${sql(table)} set (autovacuum_enabled = false)`;
  const [mei] = await sql<{ account: string }[]>`select id as account from sign_in_user where login = 'mei'`;
  me = { account: mei?.account ?? "", all: false };
}, 300_000);

afterAll(async () => {
  await sql?.end({ timeout: 1 });
  await database?.drop();
});

/** Blocks that some work reads, of tables and indexes, and rows that it reads without an index. */
async function blocksOf(work: () => Promise<unknown>): Promise<{ blocks: number; scanned: number }> {
  const look = async () => {
    await sql`select pg_stat_force_next_flush()`;
    const [now] = await sql<{ blocks: number; scanned: number }[]>`
      select (select sum(heap_blks_read + heap_blks_hit + coalesce(idx_blks_read, 0) + coalesce(idx_blks_hit, 0))
          from pg_statio_user_tables)::integer as blocks,
        (select sum(seq_tup_read) from pg_stat_user_tables where relname in
          ('conversation', 'member', 'event', 'stream', 'mention'))::integer as scanned`;
    return now as { blocks: number; scanned: number };
  };
  const before = await look();
  await work();
  const after = await look();
  return { blocks: after.blocks - before.blocks, scanned: after.scanned - before.scanned };
}

test("every view and sort, first page and far page, within a bound of blocks", async () => {
  const lists = createListStore(sql);
  for (const view of listViews)
    for (const sort of listSorts) {
      const query: ListQuery = { view, sort };
      let after: string | undefined;
      for (let page = 0; page < 40; page++) {
        const cursor = after;
        const { blocks, scanned } = await blocksOf(async () => {
          const read = { type: "list" as const, ...query, limit: page === 0 || page > 37 ? 50 : 100 };
          ({ next: after } = await lists.page(me, { ...read, ...(cursor !== undefined && { after: cursor }) }));
        });
        expect([view, sort, page, scanned]).toEqual([view, sort, page, 0]);
        expect(blocks, `${view} ${sort} page ${page}`).toBeLessThan(
          page === 0 || page > 37 ? pageBlocks : 2 * pageBlocks,
        );
        if (after === undefined) break;
      }
    }
}, 120_000);

test("filtered lists and counts look at so many conversations and no more", async () => {
  const lists = createListStore(sql);
  for (const more of [{ unread: true }, { query: "zebra" }, { query: "refund" }, { assignee: me.account }])
    for (const view of ["all", "unassigned", "closed"] as const) {
      const { blocks, scanned } = await blocksOf(() => lists.page(me, { type: "list", view, limit: 50, ...more }));
      expect([view, scanned]).toEqual([view, 0]);
      expect(blocks, `${view} ${JSON.stringify(more)}`).toBeLessThan(scanBlocks);
    }
  const counts = await lists.counts(me);
  expect(counts.all).toMatchObject({ count: 999, more: true });
  const { blocks, scanned } = await blocksOf(() => lists.counts(me));
  expect(scanned).toBe(0);
  expect(blocks).toBeLessThan(2 * scanBlocks);
}, 120_000);

test("somebody who is in few of many finds them", async () => {
  const lists = createListStore(sql);
  const [kit] = await sql<{ account: string }[]>`select id as account from sign_in_user where login = 'kit'`;
  const few = await sql<{ stream: string }[]>`
    select stream from conversation where kind = 'support' and closed_at is null order by last_at limit 3`;
  await sql`
    update member set status = 'left' where account = ${kit?.account ?? ""} and stream between 'c_' and 'c_~'
      and stream <> all(${few.map(({ stream }) => stream)}::text[])`;
  const page = await lists.page({ account: kit?.account ?? "", all: false }, { type: "list", view: "all" });
  expect(page.lines.map(({ stream }) => stream)).toEqual(few.map(({ stream }) => stream).reverse());
  expect(page.next).toBeUndefined();
}, 60_000);
