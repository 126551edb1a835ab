import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHmac, randomBytes } from "node:crypto";
import { limits } from "@aftercare/protocol";
import { openSql } from "../../server/src/db/sql.ts";
import { connect, openSocket, transports } from "./links.ts";
import { ask, customer, staff, startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
}, 60_000);
afterAll(() => server.stop());

const revocationLimitMs = 2_000;

async function query(statement: string): Promise<void> {
  const sql = openSql(server.databaseUrl, 1);
  await sql.unsafe(statement);
  await sql.end();
}

const ticketOf = async (token: string, url = server.url): Promise<string> =>
  (await ask(url, "/v1/ticket", { token, body: {} })).body.ticket;

/** The outcome of showing a ticket: "welcome" or the close code. */
async function show(ticket: string, url = server.url): Promise<string | number> {
  const link = await openSocket(url);
  await link.send({ t: "hello", versions: [1], cursors: [], ticket });
  const outcome = await Promise.race([link.until((frame) => frame.t === "welcome").then(() => "welcome"), link.ended]);
  await link.close();
  return outcome;
}

describe("tickets", () => {
  test("one is good once, on any node", async () => {
    const { token } = await customer(server.url);
    const ticket = await ticketOf(token);
    expect(await show(ticket)).toBe("welcome");
    expect(await show(ticket)).toBe(4503);
    const node = await server.another();
    expect(await show(await ticketOf(token), node.url)).toBe("welcome");
    expect(await show(await ticketOf(token, node.url))).toBe("welcome");
    await node.stop();
  });

  test("a forged or changed one is refused", async () => {
    const { token } = await customer(server.url);
    const other = await customer(server.url);
    const ticket = await ticketOf(token);
    const [device, expires, nonce, mark] = ticket.slice(4).split(".");
    const [otherDevice] = (await ticketOf(other.token)).slice(4).split(".");
    const ownMark = createHmac("sha256", randomBytes(32)).update(`${device}.${expires}.${nonce}`).digest("base64url");
    for (const forged of [
      `tkt_${otherDevice}.${expires}.${nonce}.${mark}`,
      `tkt_${device}.${Number(expires) + 60_000}.${nonce}.${mark}`,
      `tkt_${device}.${expires}.${nonce?.slice(1)}.${mark}`,
      `tkt_${device}.${expires}.${nonce}.`,
      `tkt_${device}.${expires}.${nonce}`,
      `tkt_${device}.${expires}.${nonce}.${ownMark}`,
      `tkt_${device}.${expires}.${nonce}.${mark}.more`,
      ticket.slice(4),
      token,
      `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from(`{"sub":"${other.account}"}`).toString("base64url")}.`,
      "",
      "\u0000",
    ])
      expect(await show(forged)).toBe(4503);
    expect(await show(ticket)).toBe("welcome");
  });

  test("it lives as long as it says", async () => {
    const { token } = await customer(server.url);
    const { body } = await ask(server.url, "/v1/ticket", { token, body: {} });
    expect(body.expiresAt - Date.now()).toBeWithin(limits.ticketTtlMs - 5_000, limits.ticketTtlMs + 1);
  });
});

describe("tokens", () => {
  test("nothing but a token in force, in the header, opens anything", async () => {
    const { token } = await customer(server.url);
    const wrong = [`${token}x`, token.slice(0, -1), token.slice(4), "", "act_", `act_${"A".repeat(43)}`, "null"];
    for (const each of wrong) expect((await ask(server.url, "/v1/me", { token: each })).status).toBe(401);
    for (const authorization of [token, `Basic ${btoa(`x:${token}`)}`, `bearer ${token}`, `Bearer ${token} ${token}`])
      expect((await ask(server.url, "/v1/me", { headers: { authorization } })).status).toBe(401);
    const bare = await ask(server.url, "/v1/me");
    expect([bare.status, bare.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
  });

  test("none is taken from a URL, whatever the parameter is called", async () => {
    const { token } = await customer(server.url);
    const ticket = await ticketOf(token);
    for (const query of [
      `token=${token}`,
      `access_token=x`,
      `ticket=${ticket}`,
      `q=${token}`,
      `x=${ticket}`,
      `Session=1`,
    ]) {
      const answer = await ask(server.url, `/v1/me?${query}`, { token });
      expect([query, answer.status]).toEqual([query, 400]);
    }
    expect((await ask(server.url, `/v1/socket?ticket=${ticket}`)).status).toBe(400);
  });

  test("an expired one is refused, and its live session ends", async () => {
    const { token, account } = await customer(server.url);
    const link = await connect("socket", server.url, token);
    await link.until((frame) => frame.t === "welcome");
    await query(`update device set expires_at = now() where account = '${account}'`);
    expect(await link.ended).toBe(4503);
    expect((await ask(server.url, "/v1/me", { token })).status).toBe(401);
  });

  test.each([...transports])("L11: signing out closes the live %s session on every node", async (transport) => {
    const node = await server.another();
    const who = await staff(server);
    const kept = await staff(server);
    const here = await connect(transport, server.url, who.token);
    const there = await connect(transport, node.url, who.token);
    const other = await connect(transport, server.url, kept.token);
    for (const link of [here, there, other]) await link.until((frame) => frame.t === "welcome");
    const startedAt = performance.now();
    expect((await ask(server.url, "/v1/sign-out", { token: who.token, body: {} })).status).toBe(200);
    // A poll may learn it from the refusal of its next request instead of the last frame of this one.
    expect(await here.ended).toBeOneOf([4503, 0]);
    expect(await there.ended).toBeOneOf([4503, 0]);
    expect(performance.now() - startedAt).toBeLessThan(10 * revocationLimitMs);
    for (const url of [server.url, node.url]) expect((await ask(url, "/v1/me", { token: who.token })).status).toBe(401);
    expect((await ask(server.url, "/v1/me", { token: kept.token })).status).toBe(200);
    await other.close();
    await node.stop();
  });

  test("L11: a ticket given out before the revocation is refused after it", async () => {
    const { token } = await customer(server.url);
    const ticket = await ticketOf(token);
    await ask(server.url, "/v1/sign-out", { token, body: {} });
    expect(await show(ticket)).toBe(4503);
  });
});

describe("sign-in", () => {
  const signIn = (login: unknown, password: unknown, url = server.url) =>
    ask(url, "/v1/sign-in", { body: { login, password } });

  test("a wrong password and an unknown login get the same answer", async () => {
    const known = await signIn("mei", "wrong");
    const unknown = await signIn("no one", "wrong");
    expect([known.status, known.body]).toEqual([401, { refusal: { code: "unauthorised" } }]);
    expect([unknown.status, unknown.body]).toEqual([known.status, known.body]);
  });

  test("logins are one in any case and width", async () => {
    const { password } = server.signIns.find((one) => one.login === "mei") ?? {};
    for (const login of ["MEI", " Mei ", "ＭＥＩ"]) expect((await signIn(login, password)).status).toBe(200);
  });

  test("guessing is slowed down for known and unknown logins alike, also side by side and on two nodes", async () => {
    const node = await server.another();
    for (const login of ["kit", "nobody"]) {
      const statuses = await Promise.all(
        Array.from({ length: 12 }, (_, n) => signIn(login, "guess", n % 2 ? node.url : server.url)),
      );
      const slowed = statuses.filter(({ status }) => status === 429);
      expect([login, slowed.length]).toEqual([login, 7]);
      expect(Number(slowed[0]?.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    }
    const { password } = server.signIns.find((one) => one.login === "mei") ?? {};
    expect((await signIn("mei", password, node.url)).status).toBe(200);
    await node.stop();
  });

  test("what is no login is refused before any work", async () => {
    for (const [login, password] of [
      ["", "x"],
      ["x".repeat(500), "x"],
      ["mei", ""],
      ["mei", "x".repeat(201)],
      [1, "x"],
      ["mei", null],
      ["m\u0000", "x"],
    ])
      expect((await signIn(login, password)).status).toBeOneOf([400, 413]);
    expect((await ask(server.url, "/v1/sign-in", { body: { login: "a", password: "b", more: 1 } })).status).toBe(400);
  });

  test("new customers of one address come in turn", async () => {
    const node = await server.another({ "customers-per-minute": 3 });
    const statuses: number[] = [];
    for (let n = 0; n < 5; n++) statuses.push((await ask(node.url, "/v1/customers", { body: {} })).status);
    expect(statuses).toEqual([201, 201, 201, 429, 429]);
    await node.stop();
  });
});
