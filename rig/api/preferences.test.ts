import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { limits } from "@aftercare/protocol";
import { openSql } from "../../server/src/db/sql.ts";
import { ask, type Credential, customer, staff, startTestServer, type TestServer } from "./server.ts";
import { insertPerson } from "./staff.ts";

setDefaultTimeout(60_000);

let server: TestServer;
let other: { url: string; stop(): Promise<void> };
let mei: Credential;
beforeAll(async () => {
  server = await startTestServer();
  other = await server.another();
  mei = await staff(server);
});
afterAll(async () => {
  await other?.stop();
  await server?.stop();
});

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
