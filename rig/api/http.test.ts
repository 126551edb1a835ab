import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { inboxOf, limits } from "@aftercare/protocol";
import { ask, command, conversation, customer, message, staff, startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
}, 60_000);
afterAll(() => server.stop());

describe("commands and reads", () => {
  test("L2: a command sent again has one effect and the first answer, on any node; another body is refused", async () => {
    const { who, stream } = await conversation(server.url);
    const node = await server.another();
    const sent = message(stream, "once");
    const first = await ask(server.url, "/v1/commands", { token: who.token, body: sent });
    expect(first.status).toBe(200);
    for (const url of [server.url, node.url])
      expect((await ask(url, "/v1/commands", { token: who.token, body: sent })).body).toEqual(first.body);
    const other = { ...sent, body: message(stream, "twice").body };
    const refused = await ask(server.url, "/v1/commands", { token: who.token, body: other });
    expect([refused.status, refused.body]).toEqual([409, { refusal: { code: "id-reused" } }]);
    const page = await ask(server.url, `/v1/streams/${stream}/history`, { token: who.token });
    const texts = page.body.items.map(
      (event: { body: { parts?: { text?: string }[] } }) => event.body.parts?.[0]?.text,
    );
    expect(texts.filter((text?: string) => text === "once")).toHaveLength(1);
    await node.stop();
  });

  test("reads answer what a member may see", async () => {
    const { who, stream } = await conversation(server.url);
    const { body: ack } = await ask(server.url, "/v1/commands", { token: who.token, body: message(stream, "哈囉") });
    const token = who.token;
    const snapshot = await ask(server.url, `/v1/streams/${stream}`, { token });
    expect(snapshot.body).toMatchObject({ kind: "conversation", stream, seq: ack.seq, meta: { kind: "support" } });
    const history = await ask(server.url, `/v1/streams/${stream}/history?before=${ack.seq}&limit=1`, { token });
    expect(history.body.items).toHaveLength(1);
    const messages = await ask(server.url, `/v1/streams/${stream}/messages?seqs=${ack.seq}`, { token });
    expect(messages.body.messages[0].body.parts[0].text).toBe("哈囉");
    const inbox = await ask(server.url, "/v1/inbox", { token });
    expect(inbox.body.stream).toBe(inboxOf(who.account));
    expect(inbox.body.entries.map((entry: { stream: string }) => entry.stream)).toEqual([stream]);
    expect((await ask(server.url, "/v1/people", { token })).status).toBe(403);
    const agent = await staff(server);
    const { body } = await ask(server.url, "/v1/people", { token: agent.token });
    expect(body.people.map((one: { name: string }) => one.name).sort()).toEqual(["Kit", "Mei 林"]);
  });

  test("L5: another's stream, the staff side of one's own, and none at all look the same to a customer", async () => {
    const { who, stream } = await conversation(server.url);
    const other = await conversation(server.url);
    const answers = await Promise.all(
      [other.stream, stream.replace("c_", "n_"), `c_${"-".repeat(22)}`, inboxOf(other.who.account)].flatMap((id) => [
        ask(server.url, `/v1/streams/${id}`, { token: who.token }),
        ask(server.url, `/v1/streams/${id}/history`, { token: who.token }),
        ask(server.url, `/v1/streams/${id}/messages?seqs=1`, { token: who.token }),
        ask(server.url, "/v1/receipts", { token: who.token, body: { stream: id, readSeq: 1 } }),
        ask(server.url, "/v1/signals", { token: who.token, body: { stream: id, type: "typing", on: true } }),
      ]),
    );
    for (const { status, body } of answers)
      expect([status, body]).toEqual([403, { refusal: { code: "not-a-member" } }]);
  });

  test("receipts and signals are taken, and held to their schema", async () => {
    const { who, stream } = await conversation(server.url);
    const token = who.token;
    const good = await ask(server.url, "/v1/receipts", { token, body: { stream, deliveredSeq: 1, readSeq: 1 } });
    expect([good.status, good.body]).toEqual([200, {}]);
    const typing = await ask(server.url, "/v1/signals", { token, body: { stream, type: "typing", on: true } });
    expect([typing.status, typing.body]).toEqual([200, {}]);
    for (const body of [
      {},
      [],
      1,
      "x",
      { stream, readSeq: -1 },
      { stream, readSeq: 1, more: 1 },
      { stream, t: "signal" },
    ])
      for (const path of ["/v1/receipts", "/v1/signals"])
        expect((await ask(server.url, path, { token, body })).status).toBe(400);
  });

  test("wrong ids and numbers in paths and queries are refused", async () => {
    const { who, stream } = await conversation(server.url);
    const token = who.token;
    for (const path of [
      "/v1/streams/x",
      "/v1/streams/c_..%2f..%2f",
      "/v1/streams/%00",
      `/v1/streams/${stream}/history?before=-1`,
      `/v1/streams/${stream}/history?before=1e3`,
      `/v1/streams/${stream}/history?before=0`,
      `/v1/streams/${stream}/history?limit=${limits.pageItems + 1}`,
      `/v1/streams/${stream}/history?limit=1&limit=2`,
      `/v1/streams/${stream}/history?beyond=1`,
      `/v1/streams/${stream}/history?before=9999999999999999`,
      `/v1/streams/${stream}/messages`,
      `/v1/streams/${stream}/messages?seqs=`,
      `/v1/streams/${stream}/messages?seqs=1,x`,
      `/v1/inbox?x=1`,
    ]) {
      const { status, body } = await ask(server.url, path, { token });
      expect([path, status, body.refusal.code]).toEqual([path, 400, "invalid"]);
    }
    const many = Array.from({ length: limits.seqsPerRead + 1 }, (_, index) => index + 1).join();
    expect((await ask(server.url, `/v1/streams/${stream}/messages?seqs=${many}`, { token })).status).toBe(413);
  });
});

describe("bodies", () => {
  const commandsAt = async (body: string, headers: Record<string, string> = {}) => {
    const { token } = await customer(server.url);
    return ask(server.url, "/v1/commands", { token, body, headers });
  };

  test("too large, too deep, no JSON, not UTF-8, another type: refused, and the process lives", async () => {
    const large = await commandsAt(JSON.stringify({ x: "x".repeat(limits.frameBytes) }));
    expect([large.status, large.body.refusal.code]).toEqual([413, "too-large"]);
    for (const body of [
      "[".repeat(60_000),
      `${"[".repeat(20)}${"]".repeat(20)}`,
      "{",
      "nul",
      '{"a":1,}',
      "\u0000",
      " ",
    ])
      expect((await commandsAt(body)).status).toBe(400);
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
      expect((await commandsAt("{}", { "content-type": type })).status).toBe(415);
    const { token } = await customer(server.url);
    const bytes = await fetch(`${server.url}/v1/commands`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: new Uint8Array([0x22, 0xff, 0xfe, 0x22]),
    });
    expect(bytes.status).toBe(400);
    expect((await ask(server.url, "/healthz")).status).toBe(200);
  });

  test("a body without a length is cut at its bound too", async () => {
    const { token } = await customer(server.url);
    const chunks = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(16_384).fill(32)),
    });
    const response = await fetch(`${server.url}/v1/commands`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: chunks,
    }).catch(() => undefined);
    expect(response?.status ?? 413).toBe(413);
    expect((await ask(server.url, "/healthz")).status).toBe(200);
  });

  test("prototypes cannot be reached", async () => {
    const bodies = ['{"__proto__":{"kind":"staff"}}', '{"constructor":{"prototype":{"x":1}}}', '{"\\u005f_proto__":1}'];
    for (const body of bodies) expect((await commandsAt(body)).status).toBe(400);
    expect(({} as { kind?: string }).kind).toBeUndefined();
  });
});

describe("origins", () => {
  const site = "https://shop.example";
  const asked = (url: string, origin: string, more: Record<string, string> = {}) =>
    ask(url, "/v1/customers", { body: {}, headers: { origin, ...more } });

  test("a page of a stranger may neither act nor open a socket; none at all is no browser", async () => {
    for (const origin of [site, "null", "http://localhost.evil.example", "http://127.0.0.1.evil.example", "file://"]) {
      expect([origin, (await asked(server.url, origin)).status]).toEqual([origin, 403]);
      const socket = await ask(server.url, "/v1/socket", {
        headers: { origin, upgrade: "websocket", connection: "upgrade", "sec-websocket-key": "AA==" },
      });
      expect([origin, socket.status]).toEqual([origin, 403]);
      expect(socket.headers.get("access-control-allow-origin")).toBeNull();
    }
    expect((await asked(server.url, server.url)).status).toBe(201);
    expect((await ask(server.url, "/v1/customers", { body: {} })).status).toBe(201);
  });

  test("a site the operator named may, and hears so", async () => {
    const node = await server.another({ "allowed-origins": site });
    const allowed = await asked(node.url, site);
    expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).toEqual([201, site]);
    const ahead = await ask(node.url, "/v1/commands", {
      method: "OPTIONS",
      headers: { origin: site, "access-control-request-method": "POST" },
    });
    expect(ahead.status).toBe(204);
    expect(ahead.headers.get("access-control-allow-headers")).toContain("aftercare-session");
    expect(ahead.headers.get("access-control-allow-credentials")).toBeNull();
    const refused = await ask(node.url, "/v1/commands", {
      method: "OPTIONS",
      headers: { origin: "https://evil.example" },
    });
    expect(refused.status).toBe(403);
    const page = await ask(node.url, "/chat/");
    expect(page.headers.get("content-security-policy")).toContain(`frame-ancestors 'self' ${site}`);
    await node.stop();
  });
});

describe("limits, headers and pages", () => {
  test("an address that asks too much waits; probes are answered still", async () => {
    const node = await server.another({ "rate-address-per-second": 1, "rate-address-burst": 5 });
    const statuses: number[] = [];
    for (let n = 0; n < 8; n++) statuses.push((await ask(node.url, "/v1/me")).status);
    expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
    expect(statuses.slice(5)).toEqual([429, 429, 429]);
    expect((await ask(node.url, "/v1/me")).headers.get("retry-after")).toBe("1");
    expect((await ask(node.url, "/healthz")).status).toBe(200);
    // Whatever an unknown peer writes here is not believed.
    expect((await ask(node.url, "/v1/me", { headers: { "x-forwarded-for": "9.9.9.9" } })).status).toBe(429);
    await node.stop();
  });

  test("an account that commands too much waits, over HTTP too", async () => {
    const node = await server.another({ "rate-account-per-second": 1, "rate-account-burst": 3 });
    const who = await customer(node.url);
    const statuses: number[] = [];
    for (let n = 0; n < 5; n++) statuses.push((await ask(node.url, "/v1/inbox", { token: who.token })).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    await node.stop();
  });

  test("every answer carries its guards; pages have a policy of their own", async () => {
    for (const path of ["/", "/v1/me", "/nope", "/console/", "/healthz"]) {
      const { headers } = await ask(server.url, path);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    }
    expect((await ask(server.url, "/v1/me")).headers.get("cache-control")).toBe("no-store");
    expect((await ask(server.url, "/")).body).toContain('href="/console/"');
    expect((await ask(server.url, "/chat", { redirect: "manual" })).headers.get("location")).toBe("/chat/");
  });

  test("no path leads out of the pages", async () => {
    for (const path of [
      "/chat/..%2f..%2fpackage.json",
      "/chat/%2e%2e/%2e%2e/package.json",
      "/chat/....//package.json",
      "/chat/.env.json",
      "/chat/a%00.js",
      "/console/..%5c..%5cpackage.json",
      "/chat//etc/passwd.txt",
      "/package.json",
    ]) {
      const { status, body } = await ask(server.url, path);
      expect([path, status, body]).toEqual([path, 404, { refusal: { code: "not-found" } }]);
    }
  });

  test("unknown routes and methods are not found, in JSON", async () => {
    for (const [method, path] of [
      ["GET", "/v1/nothing"],
      ["POST", "/v1/me"],
      ["DELETE", "/v1/session"],
      ["PUT", "/v1/commands"],
      ["GET", "/v1/commands"],
    ] as const) {
      const { status, body } = await ask(server.url, path, { method });
      expect([path, status, body]).toEqual([path, 404, { refusal: { code: "not-found" } }]);
    }
  });

  test("metrics are in Prometheus' format and hold no names", async () => {
    const { body, headers } = await ask(server.url, "/metrics");
    expect(headers.get("content-type")).toStartWith("text/plain; version=0.0.4");
    for (const line of body.trim().split("\n"))
      expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+ \d+(\.\d+)?(e[+-]?\d+)?)$/);
    expect(body).toContain("process_resident_memory_bytes");
  });

  test("a group is made and refused over HTTP as on a socket", async () => {
    const agent = await staff(server);
    const made = command("conversation.create-group", { title: "夜班", members: [] });
    expect((await ask(server.url, "/v1/commands", { token: agent.token, body: made })).body.conversation).toStartWith(
      "c_",
    );
    const who = await customer(server.url);
    const refused = await ask(server.url, "/v1/commands", { token: who.token, body: { ...made } });
    expect([refused.status, refused.body]).toEqual([403, { refusal: { code: "forbidden" } }]);
  });
});
