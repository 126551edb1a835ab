import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { makeId } from "@aftercare/protocol";
import type { Sql } from "postgres";
import { openSql } from "../../server/src/db/sql.ts";
import { connect, type TestLink, transports } from "./links.ts";
import { ask, type Credential, command, staff, startTestServer, type TestServer } from "./server.ts";
import { insertPerson } from "./staff.ts";

// A runner that gives a test up kills the servers of all the others.
setDefaultTimeout(60_000);

let server: TestServer;
let sql: Sql;
let mei: Credential;
let first: string;
let central: string;
beforeAll(async () => {
  server = await startTestServer();
  sql = openSql(server.databaseUrl, 2);
  mei = await staff(server);
  const [shop] = (await by(mei, "/v1/shops")).shops;
  central = shop.id;
  first = shop.desks[0].id;
});
afterAll(async () => {
  await sql?.end();
  await server?.stop();
});

type Wanted = { method?: string; body?: unknown };
const by = async ({ token }: Credential, path: string, wanted: Wanted = {}) =>
  (await ask(server.url, path, { token, ...wanted })).body;
const newGuest = async (): Promise<Credential> => (await ask(server.url, "/v1/customers", { body: {} })).body;

/** A shop with a desk for each title. */
async function open(name: string, ...titles: string[]): Promise<{ shop: string; desks: string[] }> {
  const { id: shop } = await by(mei, "/v1/shops", { body: { name } });
  for (const title of titles) await by(mei, `/v1/shops/${shop}/desks`, { body: { title } });
  const found = (await by(mei, "/v1/shops")).shops.find(({ id }: { id: string }) => id === shop);
  return { shop, desks: found.desks.map(({ id }: { id: string }) => id) };
}

/** At which desk a question is, as the one who asked sees it; what was refused, where it was. */
async function heardAt(body: object): Promise<string> {
  const guest = await newGuest();
  const asked = await by(guest, "/v1/commands", { body: command("conversation.ask", body) });
  if (asked.refusal) return asked.refusal.code;
  return (await by(guest, `/v1/streams/${asked.conversation}`)).meta.desk;
}

describe("L5 whose desk a question reaches", () => {
  test("that of the shop it names: the first made of several, also when another comes later", async () => {
    const { shop, desks } = await open("Harbour", "Repairs", "Returns");
    expect(await heardAt({ shop })).toBe(desks[0] as string);
    expect(await heardAt({ shop, desk: desks[1] })).toBe(desks[1] as string);
    expect(await heardAt({ shop: central })).toBe(first);
    expect(await heardAt({})).toBe(first);
  });

  test("the workspace's own, when the shop has none, is gone or never was: no error of the customer's", async () => {
    const { shop } = await open("Kiosk");
    expect(await heardAt({ shop })).toBe(first);
    await by(mei, `/v1/shops/${shop}`, { method: "DELETE" });
    expect(await heardAt({ shop })).toBe(first);
    expect(await heardAt({ shop: `s_${"0".repeat(22)}` })).toBe(first);
    expect(await heardAt({ shop: "main" })).toBe("invalid");
  });

  test("the conversation and its line say which shop was asked, also where another one's desk hears it", async () => {
    const { shop } = await open("Stall");
    const guest = await newGuest();
    const told = async (body: object) => {
      const { conversation } = await by(guest, "/v1/commands", { body: command("conversation.ask", body) });
      const { meta } = await by(guest, `/v1/streams/${conversation}`);
      const { lines } = await by(mei, "/v1/conversations?view=all");
      const line = lines.find(({ stream }: { stream: string }) => stream === conversation);
      expect([line.desk, line.shop]).toEqual([meta.desk, meta.shop]);
      return [meta.desk, meta.shop];
    };
    expect(await told({ shop })).toEqual([first, shop]);
    expect(await told({ shop: central })).toEqual([first, central]);
    expect(await told({})).toEqual([first, central]);
  });

  test("never one of another workspace, by its shop or by its own id", async () => {
    const workspace = makeId("s_", Date.now(), randomBytes(10)).replace("s_", "w_");
    await sql`insert into workspace (id, name) values (${workspace}, 'Other')`;
    const [shop, desk] = (["s_", "d_"] as const).map((one) => makeId(one, 1, randomBytes(10))) as [string, string];
    await sql`insert into shop (id, name, workspace) values (${shop}, 'Far', ${workspace})`;
    await sql`insert into stream (id, title, shop) values (${desk}, 'Far', ${shop})`;
    expect(await heardAt({ shop })).toBe(first);
    expect(await heardAt({ desk })).toBe("not-found");
    expect(await heardAt({ desk, shop: central })).toBe("not-found");
  });
});

describe("L5 who hears a question of one shop of a chain", () => {
  for (const transport of transports)
    test(`over ${transport}: who serves there, and no agent of the other`, async () => {
      const [here, there] = [await open(`A ${transport}`, "A"), await open(`B ${transport}`, "B")];
      const [ann, bo] = [await insertPerson(sql, { role: "agent" }), await insertPerson(sql, { role: "agent" })];
      await by(mei, `/v1/desks/${here.desks[0]}/staff/${ann.account}`, { method: "PUT" });
      await by(mei, `/v1/desks/${there.desks[0]}/staff/${bo.account}`, { method: "PUT" });
      const guest = await newGuest();
      const links = await Promise.all([guest, ann, bo].map(({ token }) => connect(transport, server.url, token)));
      await links[0]?.send({ t: "command", command: command("conversation.ask", { shop: there.shop }) });
      const { ack } = await (links[0] as TestLink).until((frame) => frame.t === "ack");
      for (const view of ["team", "unassigned"])
        for (const [index, wanted] of [[1, []] as const, [2, [[ack.conversation, there.desks[0]]]] as const]) {
          const link = links[index] as TestLink;
          const n = view === "team" ? 1 : 2;
          await link.send({ t: "read", n, read: { type: "list", view } });
          const { lines } = (await link.until((frame) => frame.n === n)).answer;
          expect(lines.map((line: { stream: string; desk: string }) => [line.stream, line.desk])).toEqual(wanted);
        }
      for (const link of links) await link.close();
    });
});
