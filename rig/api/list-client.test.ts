import { afterAll, beforeAll, expect, test } from "bun:test";
import { limits } from "@aftercare/protocol";
import type { Client, Observable } from "@aftercare/sdk";
import { openSql } from "../../server/src/db/sql.ts";
import { startDevice } from "../postgres/shop.ts";
import { seedMany } from "../seed-many.ts";
import { ask, type Credential, command, message, staff, startTestServer, type TestServer } from "./server.ts";

/** A client of the SDK against the whole server, with more conversations than an inbox tells of. */
const conversations = limits.inboxEntries + 100;
const patienceMs = 90_000;

let server: TestServer;
let mei: Credential;
let client: Client;

beforeAll(async () => {
  server = await startTestServer();
  await seedMany(server.databaseUrl, { conversations, messages: 10, now: Date.now() - 1_000 });
  mei = await staff(server, "mei");
  client = await startDevice(server.url, { ...mei, kind: "staff", expiresAt: Number.MAX_SAFE_INTEGER });
}, 120_000);

afterAll(async () => {
  await client?.stop();
  await server?.stop();
});

/** Waits until what is watched fits. */
async function until<T>(what: Observable<T>, fits: (value: T) => boolean): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const late = setTimeout(() => reject(new Error(`still ${JSON.stringify(what.value).slice(0, 500)}`)), patienceMs);
  const look = () => fits(what.value) && resolve();
  const stop = what.subscribe(look);
  look();
  await promise.finally(() => {
    stop();
    clearTimeout(late);
  });
  return what.value;
}

test("a conversation outside the inbox snapshot opens, and follows", async () => {
  await until(client.inbox, (inbox) => inbox.status === "live" && inbox.lines.length > 0);
  const sql = openSql(server.databaseUrl, 1);
  const [oldest] = await sql<{ stream: string }[]>`
    select stream from member where account = ${mei.account} and stream like 'c\\_%' order by stream limit 1`;
  await sql.end({ timeout: 1 });
  const stream = oldest?.stream ?? "";
  expect(client.inbox.value.lines.some(({ entry }) => entry.stream === stream)).toBe(false);
  const handle = client.stream(stream);
  const view = await until(handle.view, ({ status }) => status === "live" || status === "gone");
  expect(view.status).toBe("live");
  await ask(server.url, "/v1/commands", { token: mei.token, body: message(stream, "I look after old ones too") });
  await until(handle.view, ({ state }) => JSON.stringify(state?.items.at(-1)).includes("old ones too"));
  handle.close();
}, 200_000);

test("a list on screen stays right, without a line twice", async () => {
  const list = client.list({ view: "mine" });
  const first = await until(list.view, ({ status }) => status === "live");
  await until(list.counts, (counts) => counts !== undefined);
  await list.more();
  const { lines } = list.view.value;
  expect(lines.length).toBe(100);
  expect(new Set(lines.map(({ stream }) => stream)).size).toBe(100);
  expect(lines.slice(0, 50)).toEqual(first.lines.slice(0, 50));
  const [{ stream } = { stream: "" }] = lines.slice(70);
  await ask(server.url, "/v1/commands", { token: mei.token, body: message(stream, "Now at the top") });
  await until(list.view, (view) => view.lines[0]?.stream === stream);
  expect(list.view.value.lines.filter((one) => one.stream === stream).length).toBe(1);
  await ask(server.url, "/v1/commands", { token: mei.token, body: command("conversation.close", {}, stream) });
  await until(list.view, (view) => view.lines.every((one) => one.stream !== stream));
  list.close();
}, 200_000);
