import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { AuditAct } from "@aftercare/protocol";
import type { Sql } from "postgres";
import { appendAudit } from "../../server/src/audit/append.ts";
import { readAudit, verifyAudit } from "../../server/src/audit/verify.ts";
import { migrate } from "../../server/src/db/migrate.ts";
import { openSql } from "../../server/src/db/sql.ts";
import { createDatabase, type TestDatabase } from "../setup/database.ts";

const cli = join(import.meta.dir, "../../server/src/cli.ts");
const mei = "a_mei0000000000000000000";

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createDatabase();
  await migrate(database.url);
  sql = openSql(database.url, 8);
}, 60_000);

afterAll(async () => {
  await sql?.end();
  await database?.drop();
});

/** As somebody with the whole database in their hands. */
async function tamper(statement: string): Promise<void> {
  await sql.begin(async (tx) => {
    await tx.unsafe("alter table audit disable trigger user");
    await tx.unsafe(statement);
    await tx.unsafe("alter table audit enable trigger user");
  });
}

const add = (act: AuditAct, detail: Record<string, string | number> = {}) =>
  sql.begin((tx) => appendAudit(tx, { by: mei, act, subject: 'a_林 "x"', detail }));

beforeEach(async () => {
  await tamper("delete from audit; delete from audit_head");
  for (let i = 0; i < 5; i++) await add("role-assigned", { n: i, text: "經理 \n 5:a,-" });
});

describe("the audit log", () => {
  test("a chain of lines is whole, line by line as they were written", async () => {
    const verdict = await verifyAudit(sql);
    expect(verdict).toMatchObject({ whole: true, head: { seq: 5 } });
    const rows = await Array.fromAsync(readAudit(sql));
    expect(rows.map(({ seq, by, act }) => [seq, by, act])).toEqual(
      [1, 2, 3, 4, 5].map((seq) => [seq, mei, "role-assigned"]),
    );
  });

  test("a line is there with what it tells of, or not at all; its place is taken at commit", async () => {
    const fails = sql.begin(async (tx) => {
      await appendAudit(tx, { by: mei, act: "sign-in" });
      throw new Error("on purpose");
    });
    await expect(fails).rejects.toThrow("on purpose");
    await sql.begin(async (tx) => {
      await appendAudit(tx, { by: mei, act: "sign-in" });
      // One that began later and ends sooner does not wait, and comes first.
      await add("sign-out");
    });
    const acts = (await Array.fromAsync(readAudit(sql))).map(({ act }) => act);
    expect(acts.slice(5)).toEqual(["sign-out", "sign-in"]);
    expect((await verifyAudit(sql)).whole).toBe(true);
  });

  test("lines written at the same time over many connections make one chain", async () => {
    const rounds = Array.from({ length: 8 }, (_, one) => one);
    await Promise.all(
      rounds.map(async (one) => {
        for (let i = 0; i < 10; i++)
          await sql.begin(async (tx) => {
            await appendAudit(tx, { by: mei, act: "sign-in", detail: { one, i } });
            await appendAudit(tx, { by: mei, act: "sign-out", detail: { one, i } });
          });
      }),
    );
    expect(await verifyAudit(sql)).toMatchObject({ whole: true, head: { seq: 165 } });
  });

  test("nobody changes, deletes or places a line by the ways of the program", async () => {
    for (const statement of [
      "update audit set act = 'sign-out' where seq = 2",
      "update audit set hash = '' where seq = 2",
      "delete from audit where seq = 5",
      "truncate audit",
      "insert into audit (by, act, detail, seq, hash) values ('x', 'sign-in', '{}', 6, '')",
    ])
      await expect(sql.begin((tx) => tx.unsafe(statement))).rejects.toThrow("only ever added to");
    expect(await verifyAudit(sql)).toMatchObject({ whole: true, head: { seq: 5 } });
  });

  const swap = "update audit set seq = 9 where seq = 2; update audit set seq = 2 where seq = 3;";
  test.each([
    ["changed", "update audit set detail = '{}' where seq = 3", 3, "changed"],
    ["given another writer", "update audit set by = 'system' where seq = 1", 1, "changed"],
    ["given another time", "update audit set at = at + 1 where seq = 5", 5, "changed"],
    ["given another hash", "update audit set hash = sha256('') where seq = 4", 4, "changed"],
    ["deleted", "delete from audit where seq = 2", 2, "missing"],
    ["deleted at the end", "delete from audit where seq = 5", 5, "missing"],
    ["deleted at the start", "delete from audit where seq = 1", 1, "missing"],
    ["put in another order", `${swap} update audit set seq = 3 where seq = 9`, 2, "changed"],
    [
      "put in between",
      `update audit set seq = seq + 10 where seq > 2; update audit set seq = seq - 9 where seq > 2;
       insert into audit (by, act, detail, seq, hash) values ('system', 'sign-in', '{}', 3, sha256('x'))`,
      3,
      "changed",
    ],
    [
      "put in behind the end",
      "insert into audit (by, act, detail, seq, hash) values ('system', 'sign-in', '{}', 6, sha256('x'))",
      6,
      "beyond-head",
    ],
  ])("a line that was %s is named", async (_, statement, seq, why) => {
    await tamper(statement);
    expect(await verifyAudit(sql)).toEqual({ whole: false, seq, why: why as "changed" });
  });

  test("a row put in beside the chain is named", async () => {
    await tamper("insert into audit (by, act, detail) values ('system', 'sign-in', '{}')");
    expect(await verifyAudit(sql)).toMatchObject({ whole: false, why: "no-place" });
  });

  test("a head that was noted shows that a chain was made anew", async () => {
    const noted = await verifyAudit(sql);
    if (!noted.whole) throw new Error("broken");
    await add("sign-in");
    expect((await verifyAudit(sql, noted.head)).whole).toBe(true);
    await tamper("delete from audit; delete from audit_head");
    for (let i = 0; i < 6; i++) await add("sign-in");
    expect((await verifyAudit(sql)).whole).toBe(true);
    expect(await verifyAudit(sql, noted.head)).toEqual({ whole: false, seq: 5, why: "changed" });
    await tamper("delete from audit; delete from audit_head");
    expect(await verifyAudit(sql, noted.head)).toEqual({ whole: false, seq: 1, why: "missing" });
  });

  test("the command proves it, names the broken line, and prints it as JSON lines", async () => {
    const run = (...words: string[]) => {
      const env = { PATH: process.env.PATH, DATABASE_URL: database.url };
      const { status, stdout, stderr } = spawnSync(process.execPath, [cli, "audit", ...words], {
        env,
        encoding: "utf8",
      });
      return { status, stdout, stderr };
    };
    const whole = run("verify");
    expect(whole).toMatchObject({ status: 0, stderr: "" });
    const [, head] = /^The audit log is whole, 5 lines\. Its head is (5:[0-9a-f]{64})\n$/.exec(whole.stdout) ?? [];
    expect(run("verify", head ?? "").status).toBe(0);
    const lines = run("export").stdout.trimEnd().split("\n");
    expect(JSON.parse(lines[4] ?? "")).toMatchObject({ seq: 5, by: mei, act: "role-assigned", detail: { n: 4 } });
    await tamper("update audit set act = 'sign-out' where seq = 2");
    expect(run("verify")).toEqual({
      status: 1,
      stdout: "",
      stderr: "aftercare: the audit log is broken: line 2 is the first that is not what was written.\n",
    });
    expect(run("prove").status).toBe(2);
  }, 60_000);
});
