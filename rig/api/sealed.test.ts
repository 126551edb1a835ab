import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sql } from "postgres";
import { openKeyring } from "../../server/src/cli/keys.ts";
import { readConfig, thisMachine } from "../../server/src/config.ts";
import { sealStored } from "../../server/src/db/sealed.ts";
import { openSql } from "../../server/src/db/sql.ts";
import { createKeyring } from "../../server/src/keyring.ts";
import { systemSecrets } from "../../server/src/platform.ts";
import { seedDemo } from "../../server/src/seed.ts";
import { ask, staff, startTestServer, type TestServer } from "./server.ts";
import { openShop, type Shop } from "./shop.ts";
import { totpOf } from "./staff-world.ts";

setDefaultTimeout(60_000);

const key = (byte: number) => Buffer.alloc(32, byte).toString("base64");
const keyring = (byte: number) => createKeyring({ current: Buffer.alloc(32, byte), others: [] }, systemSecrets);
const keys = (current: number | undefined, ...others: number[]) => ({
  "secret-key": current === undefined ? "" : key(current),
  "other-secret-keys": others.map(key).join(","),
});

let server: TestServer;
let sql: Sql;
beforeEach(async () => {
  // As an installation of before: nothing is sealed.
  server = await startTestServer(keys(undefined));
  sql = openSql(server.databaseUrl, 2);
});
afterEach(async () => {
  await sql.end();
  await server.stop();
});

/** Everything in the database, as whoever steals a dump reads it; bytes are looked at as hex and as text. */
async function dump(): Promise<string> {
  const tables = await sql<{ name: string }[]>`
    select tablename as name from pg_tables where schemaname = 'public' order by 1`;
  const rows = await Promise.all(
    tables.map(({ name }) => sql<{ row: string }[]>`select t::text as row from ${sql(name)} t`),
  );
  const text = rows
    .flat()
    .map(({ row }) => row)
    .join("\n");
  const bytes = [...text.matchAll(/\\x([\da-f]+)/g)].map(([, hex = ""]) => Buffer.from(hex, "hex").toString("latin1"));
  return [text, ...bytes].join("\n");
}

const identify = (url: string, token: string) => ask(url, "/v1/customers/identify", { body: { token } });
const asTaken = async (url: string, shop: Shop, sub: string) => (await identify(url, shop.token({ sub }))).status;

/** The raw values of the shared keys, in the forms that a dump could have them in. */
async function sharedKeys(): Promise<string[]> {
  const rows = await sql<{ name: string; value: Uint8Array }[]>`select name, value from secret order by name`;
  expect(rows.map(({ name }) => name)).toEqual(["attempt", "proof", "ticket", "vapid"]);
  return rows.map(({ value }) => Buffer.from(value).toString("hex"));
}

test("a dump shows no secret once there is a key; everything goes on, on nodes that start together, again and again", async () => {
  const { token } = await staff(server);
  const shop = await openShop(server, token, "HS256");
  const offer = (await ask(server.url, "/v1/security/totp", { token, body: {} })).body;
  await ask(server.url, "/v1/security/totp/finish", { token, body: { code: totpOf(offer.uri, -1) } });
  const pushKey = (await ask(server.url, "/v1/push/key", { token })).body;
  expect(pushKey.key).toMatch(/^B[-\w]{86}$/);
  const shared = await sharedKeys();
  const base32 = new URL(offer.uri).searchParams.get("secret") ?? "";
  const secrets = [shop.signer as string, ...server.signIns.map(({ password }) => password), ...shared];
  const before = await dump();
  // What the dump is to find is found while nothing is sealed.
  for (const secret of secrets) expect(before).toContain(secret);

  const [one, other] = await Promise.all([server.another(keys(1)), server.another(keys(1))]);
  const after = await dump();
  for (const secret of [...secrets, base32, ...offer.recoveryCodes]) expect(after).not.toContain(secret);
  for (const { url } of [one, other]) {
    expect(await asTaken(url, shop, `sealed-${url}`)).toBe(200);
    expect((await ask(url, "/v1/push/key", { token })).body).toEqual(pushKey);
  }
  const { login, password } = server.signIns.find((one) => one.login === "mei") ?? {};
  const first = (await ask(one.url, "/v1/sign-in", { body: { login, password } })).body;
  const code = { attempt: first.attempt, code: offer.recoveryCodes[0], kind: "recovery" };
  expect((await ask(other.url, "/v1/sign-in/code", { body: code })).status).toBe(200);
  // What is made from now on is sealed at once.
  const next = await openShop({ url: one.url }, token, "HS256");
  expect(await dump()).not.toContain(next.signer as string);
  expect(await asTaken(other.url, next, "made later")).toBe(200);

  const stands = await sql`select value from secret order by name`;
  await (await server.another(keys(1))).stop();
  expect(await sql`select value from secret order by name`).toEqual(stands);
  expect((await seedDemo(server.databaseUrl, keyring(1))).signIns).toEqual([...server.signIns]);
  await Promise.all([one.stop(), other.stop()]);
});

test("a key that is missing or wrong is refused in one sentence, and nothing is touched", async () => {
  await (await server.another(keys(1))).stop();
  // What else there is changes by itself while a node runs.
  const kept = () => sql`
    select name, value from secret union all select login, convert_to(password, 'utf8') from demo_sign_in order by 1`;
  const before = await kept();
  for (const wrong of [keys(undefined), keys(2), keys(2, 3)])
    await expect(server.another(wrong)).rejects.toThrow(
      /^The database holds \d+ secrets sealed under a key that is not here; set AFTERCARE_SECRET_KEY/,
    );
  expect(await kept()).toEqual(before);
  // The key is lost for good: what the operator guide says to do.
  const guide = readFileSync(join(import.meta.dir, "../../docs/operator/README.md"), "utf8");
  const [, statements = ""] = /```sql\n(delete from secret[^`]*)```/.exec(guide) ?? [];
  await sql.unsafe(statements);
  const node = await server.another(keys(2));
  const [now] = await sql`select count(*)::int as sealed from secret where value <> ''`;
  expect([now?.sealed, (await staff({ ...server, url: node.url })).name]).toEqual([4, "Mei 林"]);
  await node.stop();
});

test("a key is changed node by node, and no node stops understanding the others", async () => {
  const { token } = await staff(server);
  const shop = await openShop(server, token, "HS256");
  const old = await server.another(keys(1));
  // First all nodes learn to read the next key, then they seal with it, then the old one goes.
  const reading = await server.another(keys(1, 2));
  await old.stop();
  const sealing = await server.another(keys(2, 1));
  for (const { url } of [reading, sealing]) expect(await asTaken(url, shop, `while changing ${url}`)).toBe(200);
  const made = await openShop({ url: sealing.url }, token, "HS256");
  expect(await asTaken(reading.url, made, "made under the next key")).toBe(200);
  await reading.stop();
  await sealing.stop();
  const only = await server.another(keys(2));
  for (const one of [shop, made]) expect(await asTaken(only.url, one, `after ${one.kid}`)).toBe(200);
  await only.stop();
  await expect(server.another(keys(1))).rejects.toThrow("sealed under a key that is not here");
});

test("a sealed value moved to another row is refused", async () => {
  const { token } = await staff(server);
  const [mine, theirs] = [await openShop(server, token, "HS256"), await openShop(server, token, "HS256")];
  const node = await server.another(keys(1));
  const forged = () => mine.token({ sub: "forged", iss: theirs.kid }, { kid: theirs.kid });
  const refusal = async () => (await identify(node.url, forged())).body.refusal?.reason;
  expect(await refusal()).toBe("bad-signature");
  // Whoever knows one secret, and may write to the database, would have the other key mean the same.
  await sql`update identity_key set material = (select material from identity_key where kid = ${mine.kid}) where kid = ${theirs.kid}`;
  expect(await refusal()).toBe("bad-signature");
  expect(await asTaken(node.url, mine, "still good")).toBe(200);
  await node.stop();
  await expect(
    sealStored(sql, createKeyring({ current: Buffer.alloc(32, 2), others: [Buffer.alloc(32, 1)] }, systemSecrets)),
  ).rejects.toThrow(`The secret "identity_key ${theirs.kid}" in the database was changed or moved`);
  await sql`update secret set value = (select value from secret where name = 'attempt') where name = 'proof'`;
  await expect(server.another(keys(1))).rejects.toThrow('the key "proof" in the database does not open');
});

test("our own database has a key beside it, made once for this account alone, and never in place of one that is gone", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "aftercare-key-"));
  try {
    const { config, problems } = readConfig({}, ["--data-dir", dataDir], thisMachine());
    if (!config) throw new Error(problems.join());
    const made = await openKeyring(config, server.databaseUrl);
    const path = join(dataDir, "secret.key");
    expect([made.canSeal, statSync(path).mode & 0o777]).toEqual([true, 0o600]);
    await sealStored(sql, made);
    expect((await sealStored(sql, await openKeyring(config, server.databaseUrl))).plain).toBe(0);
    // Moved to a key of the settings: the file still opens what it sealed.
    const named = { ...config, secretKey: key(9) };
    expect((await sealStored(sql, await openKeyring(named, server.databaseUrl))).other).toBeGreaterThan(0);
    rmSync(path);
    await expect(openKeyring(config, server.databaseUrl)).rejects.toThrow(
      "bring secret.key back into the data directory",
    );
    expect(readdirSync(dataDir)).toEqual([]);
    writeFileSync(path, "no key\n");
    chmodSync(path, 0o600);
    await expect(openKeyring(config, server.databaseUrl)).rejects.toThrow("secret.key holds no key");
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});

test("doctor and the start say what is sealed, and what is to be done", async () => {
  const said = async (env: Record<string, string>) => {
    const cli = join(import.meta.dir, "../../server/src/cli.ts");
    const own = { PATH: process.env.PATH ?? "", DATABASE_URL: server.databaseUrl, ...env };
    const child = Bun.spawn([process.execPath, cli, "doctor", "--port=0"], { env: own, stdout: "pipe" });
    const text = await new Response(child.stdout).text();
    return { code: await child.exited, line: text.split("\n").find((line) => line.includes("database:")) ?? text };
  };
  expect((await said({})).line).toMatch(/secrets: 6 unsealed \(set AFTERCARE_SECRET_KEY\)$/);
  expect((await said({ AFTERCARE_SECRET_KEY: key(1) })).line).toContain("6 unsealed (the next start seals them)");
  await sealStored(sql, keyring(1));
  expect((await said({ AFTERCARE_SECRET_KEY: key(1) })).line).toMatch(/secrets: 6 sealed under the key in use$/);
  const moved = { AFTERCARE_SECRET_KEY: key(2), AFTERCARE_OTHER_SECRET_KEYS: key(1) };
  expect((await said(moved)).line).toContain("6 sealed under another key (the next start seals them)");
  const wrong = await said({ AFTERCARE_SECRET_KEY: key(2) });
  expect([wrong.code, wrong.line]).toEqual([
    1,
    expect.stringMatching(/^fix {2}database: The database holds 6 secrets sealed/),
  ]);
});
