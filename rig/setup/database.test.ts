import { expect, test } from "bun:test";
import postgres from "postgres";
import { connectionOf } from "../../server/src/embedded/url.ts";
import { createDatabase, withDatabase } from "./database.ts";

const open = (url: string) => {
  const connection = connectionOf(url);
  return postgres(connection.url, { ...connection, max: 1 });
};

test("each test has a database of its own", async () => {
  const [one, other] = await Promise.all([createDatabase(), createDatabase()]);
  const a = open(one.url);
  const b = open(other.url);
  await a`create table note (text text)`;
  expect((await b`select to_regclass('note') as found`)[0]?.found).toBeNull();
  await Promise.all([a.end(), b.end()]);
  await Promise.all([one.drop(), other.drop()]);
}, 60_000);

test("a database is dropped after, even with connections open", async () => {
  const sql = await withDatabase(async (url) => {
    const open_ = open(url);
    await open_`select 1`;
    return open_;
  });
  expect(sql`select 1`.execute()).rejects.toThrow();
  await sql.end({ timeout: 1 }).catch(() => undefined);
}, 60_000);
