import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createHmac, randomBytes } from "node:crypto";
import { routes } from "../../server/src/http/routes.ts";
import { connect, openSocket, transports } from "../api/links.ts";
import { ask, conversation, customer, message, staff } from "../api/server.ts";
import { headsOf, type ServerProcess, startProcess } from "./server.ts";
import { openTcp, statusOf } from "./wire.ts";
import { createWitness, type Witness } from "./witness.ts";

// A runner that gives a test up kills the servers of all the others.
setDefaultTimeout(60_000);

let server: ServerProcess;
let stranger: ServerProcess;
let witness: Witness;
beforeAll(async () => {
  [server, stranger] = await Promise.all([startProcess(), startProcess()]);
  witness = await createWitness(server);
});
afterAll(async () => {
  await witness.close();
  await Promise.all([server.stop(), stranger.stop()]);
});

/** A generous bound on what law 11 asks: within 2 s. */
const revocationBoundMs = 10_000;

const base64url = (text: string): string => Buffer.from(text).toString("base64url");
const jwt = (header: object, claims: object, mark = ""): string =>
  `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}.${mark}`;

const ticketOf = async (token: string, url = server.url): Promise<string> =>
  (await ask(url, "/v1/ticket", { token, body: {} })).body.ticket;

/** What becomes of a ticket shown in the first frame: "welcome" or the close code. */
async function show(ticket: unknown): Promise<string | number> {
  const link = await openSocket(server.url);
  await link.send({ t: "hello", versions: [1], cursors: [], ticket });
  const outcome = await Promise.race([link.until((frame) => frame.t === "welcome").then(() => "welcome"), link.ended]);
  await link.close();
  return outcome;
}

/** The key of the server's tickets, to make such as nobody should have. */
async function ownTicket(device: string, expires: string | number, nonce = "n".repeat(22)): Promise<string> {
  const [secret] = await server.query<{ value: Uint8Array }>("select value from secret where name = 'ticket'");
  const claims = `${device}.${expires}.${nonce}`;
  return `tkt_${claims}.${createHmac("sha256", secret?.value ?? "")
    .update(claims)
    .digest("base64url")}`;
}

type BearerRoute = [method: string, path: string, body?: unknown, described?: string];

/** Routes that are asked with something of their own in the path or the query. */
const special: BearerRoute[] = [
  ["GET", `/v1/streams/c_${"-".repeat(22)}`],
  ["GET", `/v1/streams/c_${"-".repeat(22)}/history`],
  ["GET", `/v1/streams/c_${"-".repeat(22)}/messages?seqs=1`],
  ["GET", `/v1/streams/c_${"-".repeat(22)}/trace?seq=1`],
  ["POST", "/v1/frames", []],
];
const describedAs = ([method, path, , described]: BearerRoute): string =>
  `${method} ${described ?? path.replace(/c_-{22}/, "{stream}").split("?")[0]}`;

/** Every route that asks for a token; an id in a path is one of nobody, or none at all. */
const bearerRoutes: BearerRoute[] = [
  ...special,
  ...routes
    .filter(({ auth }) => auth === "bearer")
    .map(
      ({ method, path, body }): BearerRoute => [
        method.toUpperCase(),
        path.replace(/\{\w+\}/g, "x"),
        body ? {} : undefined,
        path,
      ],
    )
    .filter((route) => !special.some((one) => describedAs(one) === describedAs(route))),
];

describe("tokens", () => {
  test("every route asks for one before it looks at anything else", async () => {
    const described = (await ask(server.url, "/v1/openapi.json")).body.paths;
    const listed = Object.entries(described as Record<string, Record<string, { security?: object[] }>>).flatMap(
      ([path, methods]) =>
        Object.entries(methods).flatMap(([method, { security }]) =>
          security?.some((one) => Object.keys(one).length > 0) ? [`${method.toUpperCase()} ${path}`] : [],
        ),
    );
    const tried = bearerRoutes.map(describedAs);
    expect(tried.sort()).toEqual(listed.sort());
    const { token } = await customer(server.url);
    const elsewhere = await customer(stranger.url);
    const wrong: (string | undefined)[] = [undefined, "", "null", `${token}x`, elsewhere.token, await ticketOf(token)];
    for (const [method, path, body] of bearerRoutes)
      for (const each of wrong) {
        const answer = await ask(server.url, path, { method, body, ...(each !== undefined && { token: each }) });
        expect([path, each, answer.status, answer.body]).toEqual([
          path,
          each,
          401,
          { refusal: { code: "unauthorised" } },
        ]);
      }
    await witness.talk("no token");
  });

  test("what only looks like one is none", async () => {
    const { token, account } = await customer(server.url);
    const claims = { sub: account, iss: "aftercare", exp: 4_000_000_000 };
    const forged = [
      ...["none", "None", "NONE", "nOnE", "", "HS256"].map((alg) => jwt({ alg, typ: "JWT" }, claims)),
      jwt({ alg: "none" }, { ...claims, kind: "staff" }, "x"),
      jwt({ alg: "HS256", kid: "../../../../dev/null" }, claims, base64url("x")),
      jwt({ alg: "HS256", jwk: { kty: "oct", k: "" } }, claims, base64url("x")),
      ...["act_", "act_%00", `act_${"A".repeat(42)}`, `act_${"A".repeat(44)}`, `act_${"é".repeat(43)}`],
      ...[token.toUpperCase(), token.slice(4), token.slice(0, -1), `${token}=`, `${token}%20`, ` ${token}`],
      ...[
        "' or '1'='1",
        "act_' or true --",
        `act_${"\\".repeat(43)}`,
        account,
        "admin",
        "undefined",
        "[object Object]",
      ],
      ...[`${token},${token}`, `${token} ${token}`, `Bearer ${token}`],
      "a".repeat(10_000),
    ];
    for (const each of forged) {
      const text = Buffer.from(each).toString("latin1");
      const { status } = await ask(server.url, "/v1/me", { headers: { authorization: `Bearer ${text}` } });
      expect([each, status]).toEqual([each, 401]);
    }
    for (const scheme of ["", "bearer ", "BEARER ", "Basic ", "Token ", "Bearer  ", "Bearer\t", "Bearer:"]) {
      const { status } = await ask(server.url, "/v1/me", { headers: { authorization: scheme + token } });
      expect([scheme, status]).toEqual([scheme, 401]);
    }
    expect((await ask(server.url, "/v1/me", { token })).status).toBe(200);
    await witness.talk("forged tokens");
  });

  test("none is taken from a URL, a cookie, a body or another header", async () => {
    const { token } = await customer(server.url);
    for (const name of ["token", "access_token", "auth", "authorization", "bearer", "key", "x", "session"])
      for (const path of [
        `/v1/me?${name}=${token}`,
        `/v1/socket?${name}=${token}`,
        `/v1/inbox?${name}=Bearer%20${token}`,
      ]) {
        const { status } = await ask(server.url, path);
        expect([path, status === 400 || status === 401]).toEqual([path, true]);
      }
    const headers = [
      { cookie: `token=${token}` },
      { cookie: `authorization=Bearer ${token}; session=${token}` },
      { "x-access-token": token },
      { "x-authorization": `Bearer ${token}` },
      { "proxy-authorization": `Bearer ${token}` },
      { "sec-websocket-protocol": token },
      { "aftercare-session": token },
    ];
    for (const each of headers)
      expect([each, (await ask(server.url, "/v1/me", { headers: each as never })).status]).toEqual([each, 401]);
    const inBody = await ask(server.url, "/v1/commands", { body: { token, authorization: `Bearer ${token}` } });
    expect(inBody.status).toBe(401);
  });

  test("lines cannot be put into headers", async () => {
    const { token } = await customer(server.url);
    for (const injected of [
      `Bearer ${token}\nx: y`,
      `Bearer ${token}\r\r\nx: y`,
      `Bearer ${token}\0`,
      `Bearer ${token}\r\n\tfolded`,
      `Bearer x\r\nAuthorization: Bearer ${token}`,
      `Bearer ${token}\r\nAuthorization: Bearer x`,
    ]) {
      const wire = await openTcp(server.url);
      wire.write(`GET /v1/me HTTP/1.1\r\nHost: h\r\nAuthorization: ${injected}\r\n\r\n`);
      const status = await statusOf(wire);
      expect([injected, status === 400 || status === 401]).toEqual([injected, true]);
      wire.destroy();
    }
    for (const path of ["/v1/me%0d%0aset-cookie:x=y", "/chat%0d%0ax:y", "//evil.example/chat", "/chat/..%0d%0ax:y"]) {
      const { headers } = await ask(server.url, path, { redirect: "manual" });
      expect([path, headers.get("set-cookie"), headers.get("x")]).toEqual([path, null, null]);
      expect(headers.get("location") ?? "/").toMatch(/^\/(?!\/)/);
    }
    await witness.talk("injected headers");
  });

  test("one that expired, or whose device was revoked in the database, is refused everywhere", async () => {
    for (const end of ["expires_at = now() - interval '1 s'", "revoked_at = now()"]) {
      const { who, stream } = await conversation(server.url);
      const links = await Promise.all(transports.map((transport) => connect(transport, server.url, who.token)));
      for (const link of links) await link.until((frame) => frame.t === "welcome");
      const ticket = await ticketOf(who.token);
      const startedAt = performance.now();
      await server.query(`update device set ${end} where account = '${who.account}'`);
      for (const link of links) expect(await link.ended).toBeOneOf([4503, 0]);
      expect(performance.now() - startedAt).toBeLessThan(revocationBoundMs);
      const before = await headsOf(server);
      const answer = await ask(server.url, "/v1/commands", { token: who.token, body: message(stream, "x") });
      expect([end, answer.status]).toEqual([end, 401]);
      for (const link of links) await link.send({ t: "command", command: message(stream, "x") }).catch(() => undefined);
      expect([end, await show(ticket)]).toEqual([end, 4503]);
      expect(await headsOf(server)).toEqual(before);
    }
    await witness.talk("ended devices");
  });

  test("commands on their way when a device signs out are either durable and acknowledged, or not there", async () => {
    const { who, stream } = await conversation(server.url);
    const link = await connect("socket", server.url, who.token, { cursors: [{ stream }] });
    await link.until((frame) => frame.t === "live" && frame.stream === stream);
    const sent = Array.from({ length: 50 }, (_, n) => message(stream, String(n)));
    const out = ask(server.url, "/v1/sign-out", { token: who.token, body: {} });
    for (const command of sent) await link.send({ t: "command", command });
    await out;
    expect(await link.ended).toBe(4503);
    const acked = link.frames.filter((frame) => frame.t === "ack").map((frame) => frame.ack.id as string);
    const rows = await server.query<{ id: string }>(
      `select command_id as id from event where stream = '${stream}' and command_id is not null`,
    );
    const found = new Set(rows.map(({ id }) => id));
    for (const id of acked) expect(found.has(id)).toBe(true);
    await witness.talk("signed out");
  });
});

describe("tickets", () => {
  test("a used, expired, changed or foreign one opens nothing", async () => {
    const mine = await customer(server.url);
    const other = await customer(server.url);
    const used = await ticketOf(mine.token);
    expect(await show(used)).toBe("welcome");
    const ticket = await ticketOf(mine.token);
    const [device = "", expires = "", nonce = "", mark = ""] = ticket.slice(4).split(".");
    const [otherDevice = ""] = (await ticketOf(other.token)).slice(4).split(".");
    const wrongKey = createHmac("sha256", randomBytes(32)).update(`${device}.${expires}.${nonce}`).digest("base64url");
    const emptyKey = createHmac("sha256", "").update(`${device}.${expires}.${nonce}`).digest("base64url");
    const wrong: unknown[] = [
      used,
      ` ${ticket}`,
      `${used}=`,
      `${used}AAAA`,
      used.replace("tkt_", "TKT_"),
      `tkt_${otherDevice}.${expires}.${nonce}.${mark}`,
      `tkt_${device}.${Number(expires) + 1}.${nonce}.${mark}`,
      `tkt_${device}.${expires}.${nonce}${nonce}.${mark}`,
      `tkt_${device}.${expires}.${nonce}.${wrongKey}`,
      `tkt_${device}.${expires}.${nonce}.${emptyKey}`,
      `tkt_${device}.${expires}..${mark}`,
      `tkt_${device}${expires}.${nonce}.${mark}`,
      "tkt_....",
      "tkt_",
      mine.token,
      jwt({ alg: "none" }, { sub: mine.account }),
      jwt({ alg: "HS256" }, { sub: mine.account }, mark),
      await ticketOf((await customer(stranger.url)).token, stranger.url),
      await ownTicket(device, Date.now() - 1),
      await ownTicket(device, 0),
      await ownTicket(device, "NaN"),
      await ownTicket(device, ""),
      await ownTicket("' or true --", Date.now() + 10_000),
      await ownTicket("x".repeat(300), Date.now() + 10_000),
      await ownTicket("", Date.now() + 10_000),
    ];
    for (const each of wrong) expect([each, await show(each)]).toEqual([each, 4503]);
    for (const each of ["x".repeat(501), 1, null, [], {}, true, [ticket]])
      expect([each, await show(each)]).toEqual([each, 4500]);
    expect(await show(ticket)).toBe("welcome");
    await witness.talk("tickets");
  });

  test("one shown many times at once opens one link", async () => {
    const { token } = await customer(server.url);
    const ticket = await ticketOf(token);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => show(ticket)));
    expect(outcomes.filter((outcome) => outcome === "welcome")).toHaveLength(1);
  });
});

describe("guessing", () => {
  const guess = async (login: string, password: string) => {
    const { status, body } = await ask(server.url, "/v1/sign-in", { body: { login, password } });
    const { retryAfterMs, ...refusal } = body.refusal ?? {};
    return { status, refusal, waits: retryAfterMs === undefined ? 0 : Math.ceil(retryAfterMs / 1_000) };
  };

  test("gets slower, in the same way for logins that exist and those that do not, and for the right password too", async () => {
    const { password = "" } = server.signIns.find(({ login }) => login === "kit") ?? {};
    const histories: unknown[] = [];
    for (const login of ["kit", "nobody", "kít", "x".repeat(60)]) {
      const history = [];
      for (let n = 0; n < 8; n++) history.push(await guess(login, `wrong ${n}`));
      for (const spelled of login === "kit" ? ["kit", "KIT", " kit ", "ｋｉｔ"] : [])
        expect([spelled, (await guess(spelled, password)).status]).toEqual([spelled, 429]);
      histories.push(history);
    }
    for (const history of histories) expect(history).toEqual(histories[0]);
    const statuses = (histories[0] as { status: number; waits: number }[]).map(({ status }) => status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect((await staff(server, "mei")).token).toStartWith("act_");
    await witness.talk("guessing");
  });

  test("each wait is longer than the one before", async () => {
    const waits: number[] = [];
    for (let n = 0; n < 7; n++) {
      let outcome = await guess("patient", "wrong");
      if (outcome.status === 429) {
        waits.push(outcome.waits);
        if (waits.length === 2) break;
        await Bun.sleep(outcome.waits * 1_000);
        outcome = await guess("patient", "wrong");
        expect(outcome.status).toBe(401);
      }
    }
    expect(waits[1]).toBeGreaterThan(waits[0] as number);
  });

  test("what is no login and no password is refused, whatever it holds", async () => {
    const wrong = [
      ["mei' --", 1],
      ["mei", "x".repeat(201)],
      ["m".repeat(100_000), "x"],
      ["mei\u0000", "x"],
      ["\ud83d", "x"],
      [{ $ne: null }, { $ne: null }],
      [["mei"], ["x"]],
      [true, true],
    ];
    for (const [login, password] of wrong) {
      const { status } = await ask(server.url, "/v1/sign-in", { body: { login, password } });
      expect([login, status === 400 || status === 413]).toEqual([login, true]);
    }
    await witness.talk("no logins");
  });
});
