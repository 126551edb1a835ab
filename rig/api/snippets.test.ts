import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { limits } from "@aftercare/protocol";
import { openSql } from "../../server/src/db/sql.ts";
import { ask, type Credential, staff, startTestServer, type TestServer } from "./server.ts";
import { insertPerson } from "./staff.ts";

setDefaultTimeout(60_000);

let server: TestServer;
let mei: Credential;
let lead: Credential;
let agent: Credential;
beforeAll(async () => {
  server = await startTestServer();
  mei = await staff(server);
  const sql = openSql(server.databaseUrl, 1);
  lead = await insertPerson(sql, { role: "supervisor" });
  agent = await insertPerson(sql, { role: "agent" });
  await sql.end();
});
afterAll(() => server?.stop());

const call = (who: Credential, method: string, path: string, body?: object) =>
  ask(server.url, path, { method, token: who.token, ...(body && { body }) });

test("a supervisor writes a reply, everybody of the staff has it; the audit log says who, not what", async () => {
  const version = (await call(agent, "GET", "/v1/preferences")).body.snippets;
  const wanted = { name: "refund", text: "Refunds take 5 days.", texts: { "zh-Hant": "退款需時五天。" } };
  const made = await call(lead, "POST", "/v1/snippets", wanted);
  expect([made.status, made.body]).toEqual([201, { id: expect.stringMatching(/^q_/), ...wanted }]);
  expect((await call(agent, "GET", "/v1/snippets")).body).toEqual({ version: version + 1, snippets: [made.body] });
  expect((await call(agent, "GET", "/v1/preferences")).body.snippets).toBe(version + 1);
  const path = `/v1/snippets/${made.body.id}`;
  const changed = await call(lead, "PUT", path, { name: "refunds", text: "Refunds take 3 days." });
  expect(changed.body).toEqual({ id: made.body.id, name: "refunds", text: "Refunds take 3 days.", texts: {} });
  expect((await call(agent, "PUT", path, wanted)).status).toBe(403);
  expect((await call(lead, "DELETE", path)).status).toBe(200);
  expect((await call(lead, "DELETE", path)).status).toBe(404);
  expect((await call(lead, "PUT", path, wanted)).status).toBe(404);
  const { lines } = (await call(mei, "GET", "/v1/audit")).body;
  const ours = lines.filter(({ act }: { act: string }) => act.startsWith("snippet-"));
  expect(ours.map(({ act, by, detail }: { act: string; by: string; detail: object }) => [act, by, detail])).toEqual([
    ["snippet-deleted", lead.account, { name: "refunds" }],
    ["snippet-changed", lead.account, { name: "refunds" }],
    ["snippet-created", lead.account, { name: "refund" }],
  ]);
});

test("L16: names are words and each there once; texts, their number and their bytes have bounds", async () => {
  const post = (body: object) => call(mei, "POST", "/v1/snippets", body);
  expect((await post({ name: "hello", text: "Hello" })).status).toBe(201);
  expect((await post({ name: "Hello", text: "Hello" })).body.refusal).toMatchObject({ code: "in-use", path: "name" });
  for (const body of [
    { name: "two words", text: "x" },
    { name: "a", text: " " },
    { name: "a", text: "x", more: 1 },
  ])
    expect([body, (await post(body)).status]).toEqual([body, 400]);
  expect((await post({ name: "x".repeat(limits.snippetNameChars + 1), text: "x" })).status).toBe(413);
  expect((await post({ name: "long", text: "x".repeat(limits.snippetChars + 1) })).status).toBe(413);
  const text = "x".repeat(limits.snippetChars);
  for (let n = 0; ; n++) {
    const { body } = await post({ name: `n${n}`, text, texts: { en: text, "zh-Hant": text, "zh-Hans": text } });
    if (!body.refusal) continue;
    expect(body.refusal).toMatchObject({ code: "full", limit: { name: "snippetsBytes", value: limits.snippetsBytes } });
    expect(n).toBe(Math.floor(limits.snippetsBytes / (4 * limits.snippetChars)));
    break;
  }
});
