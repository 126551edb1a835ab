import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Sql } from "postgres";
import { releaseLease, takeLease, underLease } from "../../server/src/db/lease.ts";
import { migrate } from "../../server/src/db/migrate.ts";
import { noteRights, readRights } from "../../server/src/db/rights.ts";
import { openSql } from "../../server/src/db/sql.ts";
import type { Changes } from "../../server/src/log/store.ts";
import { systemClock } from "../../server/src/platform.ts";
import { duties, startWorker } from "../../server/src/worker.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";

let database: TestDatabase;
let sql: Sql;
beforeAll(async () => {
  database = await createDatabase();
  await migrate(database.url);
  sql = openSql(database.url, 5);
}, 60_000);
afterAll(async () => {
  await sql.end({ timeout: 1 });
  await database.drop();
});

const longMs = 60_000;
/** As if the time had passed. */
const expire = (name: string) =>
  sql`update lease set until = clock_timestamp() - interval '1 ms' where name = ${name}`.then(() => undefined);
const code = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error) => error.code as string,
  );

test("a lease has one holder, who may prolong it; after its time, or when given back, the next token is higher", async () => {
  const first = await takeLease(sql, "a", "one", longMs);
  expect(first).toEqual({ name: "a", token: 1 });
  expect(await takeLease(sql, "a", "two", longMs)).toBeUndefined();
  expect(await takeLease(sql, "a", "one", longMs)).toEqual({ name: "a", token: 1 });
  await expire("a");
  expect(await takeLease(sql, "a", "two", longMs)).toEqual({ name: "a", token: 2 });
  expect(await takeLease(sql, "a", "one", longMs)).toBeUndefined();
  // The old holder cannot give away what is not its own any more.
  await releaseLease(sql, { name: "a", token: 1 });
  expect(await takeLease(sql, "a", "one", longMs)).toBeUndefined();
  await releaseLease(sql, { name: "a", token: 2 });
  expect(await takeLease(sql, "a", "one", longMs)).toEqual({ name: "a", token: 3 });
});

test("of many who want a free lease at once, one gets it", async () => {
  const taken = await Promise.all(Array.from({ length: 10 }, (_, n) => takeLease(sql, "race", `node${n}`, longMs)));
  expect(taken.filter((lease) => lease !== undefined)).toHaveLength(1);
});

test("the write of a holder whose lease is over is refused by the database", async () => {
  await sql`create table done (by text)`;
  const write = (by: string) => (tx: { unsafe(text: string): Promise<unknown> }) =>
    tx.unsafe(`insert into done values ('${by}')`);
  const old = await takeLease(sql, "b", "one", longMs);
  if (!old) throw new Error("not taken");
  await underLease(sql, old, longMs, write("first"));
  await expire("b");
  expect(await code(underLease(sql, old, longMs, write("over")))).toBe("AC001");
  const next = await takeLease(sql, "b", "two", longMs);
  if (!next) throw new Error("not taken");
  expect(await code(underLease(sql, old, longMs, write("old")))).toBe("AC001");
  await underLease(sql, next, longMs, write("second"));
  expect((await sql`select by from done`).map(({ by }) => by)).toEqual(["first", "second"]);
});

test("nobody takes a lease over in the middle of a write, even when its time has passed", async () => {
  const lease = await takeLease(sql, "c", "one", 200);
  if (!lease) throw new Error("not taken");
  const order: string[] = [];
  const entered = Promise.withResolvers<void>();
  const leave = Promise.withResolvers<void>();
  const writing = underLease(sql, lease, longMs, async () => {
    entered.resolve();
    await leave.promise;
    order.push("written");
  });
  await entered.promise;
  const taking = (async () => {
    for (;;) {
      const taken = await takeLease(sql, "c", "two", longMs);
      if (taken) return order.push("taken");
      await Bun.sleep(20);
    }
  })();
  await Bun.sleep(400);
  expect(order).toEqual([]);
  leave.resolve();
  await Promise.all([writing, taking]);
  expect(order).toEqual(["written", "taken"]);
});

test("a holder that stops in the middle of a write is cut off", async () => {
  const lease = await takeLease(sql, "d", "one", longMs);
  if (!lease) throw new Error("not taken");
  const stuck = underLease(sql, lease, 100, async (tx) => {
    await Bun.sleep(600);
    await tx`select 1`;
  });
  expect(await code(stuck)).not.toBe("done");
});

const rightsOf = (stream: string, head: number) =>
  ({ members: [{ stream }], newStreams: [], heads: [{ id: stream, lastSeq: head }] }) as object as Changes;

test("L5 a change of rights that is committed late is not missed by those who have read what came after it", async () => {
  const { mark: begin } = await readRights(sql, undefined);
  const written = Promise.withResolvers<void>();
  const commit = Promise.withResolvers<void>();
  const late = sql.begin(async (tx) => {
    await noteRights(tx, rightsOf("c_late", 4));
    written.resolve();
    await commit.promise;
  });
  await written.promise;
  await noteRights(sql, rightsOf("c_early", 2));
  const first = await readRights(sql, begin);
  expect([...first.heads]).toEqual([["c_early", 2]]);
  commit.resolve();
  await late;
  const second = await readRights(sql, first.mark);
  expect(second.heads.get("c_late")).toBe(4);
  const third = await readRights(sql, second.mark);
  expect([...third.heads]).toEqual([]);
  expect(third.wentBack).toBe(false);
  expect((await readRights(sql, String(2n ** 40n))).wentBack).toBe(true);
});

test("the sweep leaves what may still be read, and one worker does it", async () => {
  await sql`delete from rights_change`;
  await noteRights(sql, rightsOf("c_new", 1));
  await sql`insert into rights_change (at, stream, head) values (now() - interval '2 minutes', 'c_old', 1)`;
  await sql`insert into used_ticket values ('old', now() - interval '2 minutes'), ('new', now())`;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const runs: string[] = [];
  const worker = (holder: string) =>
    startWorker({ sql, clock: systemClock, log, holder }, [
      ...duties,
      { name: "count", run: async () => void runs.push(holder) },
    ]);
  const stopOne = worker("one");
  while (runs.length === 0) await Bun.sleep(5);
  await worker("two")();
  expect(runs).toEqual(["one"]);
  await stopOne();
  expect((await sql`select stream from rights_change`).map(({ stream }) => stream)).toEqual(["c_new"]);
  expect((await sql`select nonce from used_ticket`).map(({ nonce }) => nonce)).toEqual(["new"]);
  // A worker that stopped in order leaves its duties to the next one at once.
  await worker("three")();
  expect(runs.at(-1)).toBe("three");
});
