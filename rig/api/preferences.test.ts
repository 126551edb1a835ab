import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { limits } from "@aftercare/protocol";
import { openSql } from "../../server/src/db/sql.ts";
import { type NatsServer, startNats } from "../nats.ts";
import { startDevice } from "../postgres/shop.ts";
import { ask, type Credential, customer, staff, startTestServer, type TestServer } from "./server.ts";
import { insertPerson } from "./staff.ts";

setDefaultTimeout(60_000);

let nats: NatsServer;
let server: TestServer;
let other: { url: string; stop(): Promise<void> };
let mei: Credential;
beforeAll(async () => {
  nats = await startNats();
  server = await startTestServer({ "nats-servers": nats.url });
  other = await server.another({ "nats-servers": nats.url });
  mei = await staff(server);
});
afterAll(async () => {
  await other?.stop();
  await server?.stop();
  await nats?.stop();
});

async function seen(holds: () => boolean): Promise<void> {
  for (const endAt = Date.now() + 15_000; !holds(); await Bun.sleep(10))
    if (Date.now() > endAt) throw new Error("nothing was heard");
}

const read = async (who: Credential, url = server.url) =>
  (await ask(url, "/v1/preferences", { token: who.token })).body.preferences;
const put = (who: Credential, name: string, body: unknown, url = server.url) =>
  ask(url, `/v1/preferences/${name}`, { method: "PUT", token: who.token, body });

test("a preference is the account's, on every device and node; what was said last holds", async () => {
  expect(await read(mei)).toEqual({});
  const second = await staff(server);
  const snippets = [{ name: "hello", text: "你好，{customer}" }];
  expect((await put(mei, "snippets", { value: snippets })).body).toEqual({ value: snippets, version: 1 });
  expect(await read(second, other.url)).toEqual({ snippets: { value: snippets, version: 1 } });
  expect((await put(second, "snippets", { value: [] }, other.url)).body).toEqual({ value: [], version: 2 });
  expect(await read(mei)).toEqual({ snippets: { value: [], version: 2 } });
});

test("other devices hear of a change at once, on another node too; devices of others do not", async () => {
  const heard = async (who: Credential, url: string) => {
    const client = await startDevice(url, { ...who, kind: "staff", expiresAt: Number.MAX_SAFE_INTEGER });
    await seen(() => client.connection.value.state === "online" && client.me.value !== undefined);
    let times = 0;
    client.me.subscribe(() => times++);
    return { client, times: () => times };
  };
  const sql = openSql(server.databaseUrl, 1);
  const agent = await insertPerson(sql, { role: "agent" });
  await sql.end();
  const devices = [await heard(mei, server.url), await heard(mei, other.url), await heard(agent, server.url)];
  const [here, there, others] = devices.map(({ times }) => times());
  await put(mei, "looks", { value: { theme: "dark" } });
  await seen(() => devices[0]?.times() !== here && devices[1]?.times() !== there);
  expect(devices[2]?.times()).toBe(others as number);
  for (const { client } of devices) await client.stop();
});

test("what a device had before is taken over once: of two, the first", async () => {
  expect((await put(mei, "prefs", { value: { toured: true }, first: true })).body.version).toBe(1);
  const late = await put(mei, "prefs", { value: { toured: false }, first: true });
  expect(late.body).toEqual({ value: { toured: true }, version: 1 });
});

test("L16: names, sizes and people have bounds", async () => {
  expect((await put(mei, "prefs", { value: "x".repeat(limits.preferenceBytes) })).body.refusal).toMatchObject({
    code: "too-large",
    limit: { name: "preferenceBytes", value: limits.preferenceBytes },
  });
  for (const name of ["other", "__proto__"])
    expect((await put(mei, name, { value: 1 })).status).toBeGreaterThanOrEqual(400);
  expect((await put(mei, "prefs", { value: 1, more: 1 })).status).toBe(400);
  const guest = await customer(server.url);
  expect((await put(guest, "prefs", { value: 1 })).status).toBe(403);
  const sql = openSql(server.databaseUrl, 1);
  const agent = await insertPerson(sql, { role: "agent" });
  await sql.end();
  expect(await read(agent)).toEqual({});
});
