import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Client } from "@aftercare/sdk";
import type { Sql } from "postgres";
import { openSql } from "../../server/src/db/sql.ts";
import { startDevice } from "../postgres/shop.ts";
import { seedMany } from "../seed-many.ts";
import {
  ask,
  type Credential,
  command,
  conversation,
  customer,
  message,
  staff,
  startTestServer,
  type TestServer,
} from "./server.ts";
import { openShop } from "./shop.ts";

setDefaultTimeout(120_000);

/** Of one of the staff, as many as years bring. */
const conversations = 2_000;

let server: TestServer;
let sql: Sql;
let mei: Credential;
const clients: Client[] = [];
beforeAll(async () => {
  server = await startTestServer();
  await seedMany(server.databaseUrl, { conversations, messages: 2, now: Date.now() - 1_000 });
  sql = openSql(server.databaseUrl, 2);
  mei = await staff(server);
});
afterAll(async () => {
  for (const client of clients) await client.stop();
  await sql?.end();
  await server?.stop();
});

async function device(who: Credential, kind: "staff" | "customer"): Promise<Client> {
  const client = await startDevice(server.url, { ...who, kind, expiresAt: Number.MAX_SAFE_INTEGER });
  clients.push(client);
  return client;
}

async function until<T>(what: string, look: () => T | Promise<T>, holds: (seen: T) => boolean): Promise<T> {
  for (const endAt = Date.now() + 90_000; ; ) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (Date.now() > endAt) throw new Error(`${what}: ${JSON.stringify(seen)}`);
    await Bun.sleep(20);
  }
}

const patch = (path: string, body: object, who = mei) =>
  ask(server.url, path, { method: "PATCH", token: who.token, body });

/** As every device of the two sees the members, live. */
async function follow(client: Client, stream: string) {
  const handle = client.stream(stream);
  await until(
    "live",
    () => handle.view.value.status,
    (status) => status === "live",
  );
  return (account: string) => handle.view.value.state?.members[account]?.name;
}

test("L3 L18: a customer's name that staff mend reaches the conversation on all devices, the list and who looks later", async () => {
  const { who, stream } = await conversation(server.url);
  await ask(server.url, "/v1/commands", { token: who.token, body: message(stream, "hello") });
  const theirs = await follow(await device(who, "customer"), stream);
  const ours = await follow(await device(mei, "staff"), stream);
  const path = `/v1/customers/${who.account}`;
  const renamed = await patch(path, { name: "陳小姐" });
  expect(renamed.body.name).toBe("陳小姐");
  for (const seen of [theirs, ours])
    await until(
      "the new name",
      () => seen(who.account),
      (name) => name === "陳小姐",
    );
  const snapshot = await ask(server.url, `/v1/streams/${stream}`, { token: mei.token });
  expect(snapshot.body.members).toContainEqual(expect.objectContaining({ account: who.account, name: "陳小姐" }));
  expect((await ask(server.url, "/v1/me", { token: who.token })).body.name).toBe("陳小姐");
  const notes = await sql`select name from member where stream = ${stream} and account = ${who.account}`;
  expect(notes.map(({ name }) => name)).toEqual(["陳小姐"]);

  const back = await patch(path, { name: who.name });
  expect(back.body.name).toBe(who.name);
  for (const seen of [theirs, ours])
    await until(
      "undone",
      () => seen(who.account),
      (name) => name === who.name,
    );
  for (const name of ["", " ", "x".repeat(61), null])
    expect([name, (await patch(path, { name })).status === 200]).toEqual([name, false]);
  expect((await patch(path, { name: "Me" }, who)).status).toBe(403);
  const lines = (await ask(server.url, "/v1/audit?act=customer-changed", { token: mei.token })).body.lines;
  expect(lines.slice(0, 2).map(({ detail }: { detail: object }) => detail)).toEqual([
    { fields: ["name"] },
    { fields: ["name"] },
  ]);
});

test("a name that staff mended stays while the shop's site says the one of before; another one is news", async () => {
  const shop = await openShop(server, mei.token);
  const visitor = await customer(server.url);
  const identify = async (name: string) =>
    (await ask(server.url, "/v1/customers/identify", { body: { token: shop.token({ sub: "c-names", name }) } })).body;
  const { account } = await identify("C. Chan");
  const asked = await ask(server.url, "/v1/commands", {
    token: (await identify("C. Chan")).token,
    body: command("conversation.ask", {}),
  });
  expect(asked.status).toBe(200);
  expect(visitor.account).not.toBe(account);
  await patch(`/v1/customers/${account}`, { name: "Ms Chan" });
  expect((await identify("C. Chan")).name).toBe("Ms Chan");
  expect((await identify("Chan Siu Ming")).name).toBe("Chan Siu Ming");
  expect((await identify("C. Chan")).name).toBe("C. Chan");
});

test("L3 L18: one's own name is one's own to change; conversations joined before are told, a line of the audit log says so", async () => {
  const { who, stream } = await conversation(server.url);
  await ask(server.url, "/v1/commands", { token: who.token, body: message(stream, "who are you?") });
  const seen = await follow(await device(who, "customer"), stream);
  const mine = await device(mei, "staff");
  const before = mei.name;
  const renamed = await patch("/v1/me", { name: "Mei Lam" });
  expect([renamed.status, renamed.body]).toEqual([
    200,
    expect.objectContaining({ account: mei.account, name: "Mei Lam", kind: "staff", role: "owner" }),
  ]);
  await until(
    "the customer sees it",
    () => seen(mei.account),
    (name) => name === "Mei Lam",
  );
  await until(
    "one's own devices know it",
    () => mine.me.value?.name,
    (name) => name === "Mei Lam",
  );
  expect((await ask(server.url, "/v1/me", { token: mei.token })).body.name).toBe("Mei Lam");
  // Nothing to tell, nothing to write down.
  expect((await patch("/v1/me", { name: "Mei Lam" })).status).toBe(200);
  const lines = (await ask(server.url, "/v1/audit?act=staff-renamed", { token: mei.token })).body.lines;
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ by: mei.account, subject: mei.account, detail: { to: "Mei Lam" } });
  for (const body of [{}, { name: "" }, { name: "a\nb" }, { name: "A", role: "owner" }])
    expect([body, (await patch("/v1/me", body)).status]).toEqual([body, 400]);
  expect((await patch("/v1/me", { name: "x".repeat(61) })).status).toBe(413);
  expect((await patch("/v1/me", { name: "Me" }, who)).status).toBe(403);
  expect((await patch("/v1/me", { name: before })).body.name).toBe(before);
});

test("the name of one of the staff reaches 2,000 conversations, while others go on, and after a node that went away", async () => {
  const path = `/v1/staff/${mei.account}`;
  const [newest] = await sql<{ stream: string }[]>`
    select stream from member where account = ${mei.account} and status = 'joined' and stream like 'c\\_%'
    order by stream desc limit 1`;
  const seen = await follow(await device(mei, "staff"), newest?.stream ?? "");
  const old = () => sql<{ left: number }[]>`
    select count(*)::int as left from member where account = ${mei.account} and status = 'joined'
      and name <> 'Mei Wong' and (stream like 'c\\_%' or stream like 'n\\_%')`;
  expect((await patch(path, { name: "Mei Wong" })).status).toBe(200);
  // Not all of it happened before the answer, and nobody waits for it.
  const { who, stream } = await conversation(server.url);
  const sent = await ask(server.url, "/v1/commands", { token: who.token, body: message(stream, "hello?") });
  expect(sent.status).toBe(200);
  await until(
    "told everywhere",
    async () => (await old())[0]?.left,
    (left) => left === 0,
  );
  await until(
    "seen live",
    () => seen(mei.account),
    (name) => name === "Mei Wong",
  );
  const [told] = await sql<{ n: number }[]>`
    select count(*)::int as n from event where type = 'member.became' and stream like 'c\\_%'
      and stream in (select stream from member where account = ${mei.account})`;
  expect(told?.n).toBeGreaterThanOrEqual(conversations);

  // As it is when a node goes away right after the commit: noted, and told to nobody.
  await sql.begin(async (tx) => {
    await tx`update account set name = 'Mei W' where id = ${mei.account}`;
    await tx`insert into name_change (account, by) values (${mei.account}, ${mei.account})
      on conflict (account) do update set noted_at = clock_timestamp()`;
  });
  await until(
    "the worker goes on",
    () => seen(mei.account),
    (name) => name === "Mei W",
  );
});
