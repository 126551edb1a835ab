import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createLocalBus } from "../../server/src/bus.ts";
import { openSql } from "../../server/src/db/sql.ts";
import { createIdentityStore } from "../../server/src/identity/store.ts";
import { freshPush, makePushKey, postPush, systemClock } from "../../server/src/platform.ts";
import { loadVapidKey } from "../../server/src/push/key.ts";
import { createPusher, type PusherCtx } from "../../server/src/push/pusher.ts";
import { createPushServices, isPublic } from "../../server/src/push/service.ts";
import { testKeyring } from "../server-process.ts";
import { ask, command, conversation, message, staff, startTestServer, type TestServer } from "./server.ts";

/** A push service as browsers' makers have it, on this machine: keeps what it is sent, answers what it is told to. */
type Sent = { path: string; headers: Headers; body: Uint8Array<ArrayBuffer> };
const sent: Sent[] = [];
let answer = 201;
const service = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    const body = new Uint8Array(await request.arrayBuffer());
    sent.push({ path: new URL(request.url).pathname, headers: request.headers, body });
    return new Response(null, { status: answer, ...(answer === 302 && { headers: { location: "/elsewhere" } }) });
  },
});
/** Endpoints are https for everybody; only the last step to this machine is not. */
const origin = `https://127.0.0.1:${service.port}`;
let server: TestServer;
let sql: ReturnType<typeof openSql>;

setDefaultTimeout(60_000);
beforeAll(async () => {
  server = await startTestServer({ roles: "gateway", "push-services": origin });
  sql = openSql(server.databaseUrl, 6);
});
afterAll(async () => {
  await sql.end({ timeout: 1 });
  await server.stop();
  await service.stop(true);
});

const text = (bytes: Uint8Array | string) => (typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
const base64url = (bytes: ArrayBuffer | Uint8Array) => Buffer.from(bytes as Uint8Array).toString("base64url");
const joined = (...parts: (Uint8Array | string)[]) => new Uint8Array(Buffer.concat(parts.map(text)));

/** What a browser makes when a page subscribes, and how it opens what comes. */
async function browser(name: string) {
  const pair = (await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, [
    "deriveBits",
  ])) as CryptoKeyPair;
  const own = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const auth = crypto.getRandomValues(new Uint8Array(16));
  const hkdf = async (
    salt: Uint8Array<ArrayBuffer>,
    secret: Uint8Array<ArrayBuffer>,
    info: Uint8Array<ArrayBuffer>,
    bytes: number,
  ) => {
    const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
    return new Uint8Array(
      await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, bytes * 8),
    );
  };
  return {
    subscription: {
      endpoint: `${origin}/${name}`,
      keys: { p256dh: base64url(own), auth: base64url(auth) },
      locale: "zh-Hant",
    },
    /** RFC 8291, section 3.4, and RFC 8188 for one record. */
    async open(body: Uint8Array<ArrayBuffer>): Promise<Record<string, string>> {
      const salt = body.slice(0, 16);
      const theirs = body.slice(21, 21 + (body[20] ?? 0));
      const record = body.slice(21 + theirs.length);
      const point = await crypto.subtle.importKey("raw", theirs, { name: "ECDH", namedCurve: "P-256" }, false, []);
      const shared = new Uint8Array(
        await crypto.subtle.deriveBits({ name: "ECDH", public: point }, pair.privateKey, 256),
      );
      const secret = await hkdf(auth, shared, joined("WebPush: info\0", own, theirs), 32);
      const key = await hkdf(salt, secret, joined("Content-Encoding: aes128gcm\0"), 16);
      const iv = await hkdf(salt, secret, joined("Content-Encoding: nonce\0"), 12);
      const gcm = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
      const plain = new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, gcm, record));
      const end = plain.lastIndexOf(2);
      return JSON.parse(new TextDecoder().decode(plain.slice(0, end)));
    },
  };
}

const key = () => loadVapidKey(createIdentityStore(sql, testKeyring), makePushKey);
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

async function pusher(holder: string, more: Partial<PusherCtx> = {}) {
  return createPusher({
    sql,
    bus: createLocalBus(),
    clock: systemClock,
    log: silent,
    holder,
    key: await key(),
    contact: "mailto:ops@shop.example",
    showsText: false,
    afterMs: 0,
    services: createPushServices([origin], async () => []),
    fresh: freshPush,
    post: (sealed) => postPush({ ...sealed, endpoint: sealed.endpoint.replace("https:", "http:") }),
    ...more,
  });
}

/** A customer with a conversation whose device has subscribed, and a colleague who can answer. */
async function subscribed(name: string) {
  const { who, stream } = await conversation(server.url);
  const chrome = await browser(name);
  const { token } = who;
  const answered = await ask(server.url, "/v1/push/subscribe", { token, body: chrome.subscription });
  expect(answered.status).toBe(200);
  const mei = await staff(server);
  const say = async (words: string) =>
    expect((await ask(server.url, "/v1/commands", { token: mei.token, body: message(stream, words) })).status).toBe(
      200,
    );
  return { who, stream, chrome, say, mei };
}

const to = (name: string) => sent.filter(({ path }) => path === `/${name}`);

test("a notification opens with the subscription's keys alone, says no more than that there is one, and carries our proof", async () => {
  const { say, chrome, stream } = await subscribed("proof");
  await say("Your repair is ready, the code is 4711");
  const one = await pusher("node-a");
  await one.look(true);
  const [first] = to("proof");
  if (!first) throw new Error("nothing was sent");
  expect(await chrome.open(first.body)).toEqual({
    title: "Northlight Audio",
    body: "新訊息",
    tag: stream,
    url: "/chat/",
    lang: "zh-Hant",
  });
  expect(
    Object.fromEntries(["content-encoding", "ttl", "urgency", "topic"].map((name) => [name, first.headers.get(name)])),
  ).toEqual({
    "content-encoding": "aes128gcm",
    ttl: "86400",
    urgency: "high",
    topic: stream.slice(0, 32),
  });
  const [, jwt = "", point = ""] = /^vapid t=([^,]+), ?k=(.+)$/.exec(first.headers.get("authorization") ?? "") ?? [];
  const [head = "", claims = "", signature = ""] = jwt.split(".");
  expect(point).toBe((await key()).publicKey);
  const raw = new Uint8Array(Buffer.from(point, "base64url"));
  const verifier = await crypto.subtle.importKey("raw", raw, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  const signed = new Uint8Array(Buffer.from(signature, "base64url"));
  expect(
    await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, verifier, signed, joined(`${head}.${claims}`)),
  ).toBe(true);
  const { aud, sub, exp } = JSON.parse(Buffer.from(claims, "base64url").toString());
  expect([aud, sub]).toEqual([origin, "mailto:ops@shop.example"]);
  expect(exp - Date.now() / 1000).toBeWithin(0, 24 * 3600 + 1);
  const stranger = await browser("stranger");
  expect(stranger.open(first.body)).rejects.toThrow();
  await one.look(true);
  expect(to("proof")).toHaveLength(1);
  await one.stop();
});

test("the text is shown only when the operator says so", async () => {
  const { say, chrome } = await subscribed("shown");
  await say(`Line one\nline two ${"x".repeat(300)}`);
  const one = await pusher("node-a", { showsText: true });
  await one.look(true);
  const { body = "" } = await chrome.open(to("shown")[0]?.body ?? new Uint8Array());
  expect(body).toStartWith("Line one line two xx");
  expect(body.length).toBeLessThanOrEqual(120);
  await one.stop();
});

test("L20 a notice that was passed on is told in the language of who hears it", async () => {
  const { stream, chrome } = await subscribed("notice");
  const other = await conversation(server.url);
  const { token } = await staff(server);
  const from = { stream: other.stream, seq: 2 };
  const passed = await ask(server.url, "/v1/commands", { token, body: command("message.forward", { from }, stream) });
  expect(passed.status).toBe(200);
  const one = await pusher("node-a", { showsText: true });
  await one.look(true);
  const { body } = await chrome.open(to("notice")[0]?.body ?? new Uint8Array());
  expect(body).toBe("你好！我們會在這裏回覆你。");
  await one.stop();
});

test("of several nodes one sends, once; when it falls silent another goes on", async () => {
  const { say } = await subscribed("nodes");
  const nodes = await Promise.all(["node-a", "node-b", "node-c"].map((name) => pusher(name)));
  await say("one");
  await Promise.all(nodes.map((node) => node.look(true)));
  await Promise.all(nodes.map((node) => node.look(true)));
  expect(to("nodes")).toHaveLength(1);
  for (const node of nodes.slice(0, 1)) await node.stop();
  await sql`update lease set until = clock_timestamp() where name = 'push'`;
  await say("two");
  await Promise.all(nodes.slice(1).map((node) => node.look(true)));
  expect(to("nodes")).toHaveLength(2);
  for (const node of nodes.slice(1)) await node.stop();
});

test("nothing is sent of what was read, was muted, is one's own, or is too new", async () => {
  const { say, who, stream } = await subscribed("quiet");
  const { token } = who;
  const one = await pusher("node-a");
  await ask(server.url, "/v1/commands", { token, body: message(stream, "my own") });
  await one.look(true);
  await say("read at once");
  const { body } = await ask(server.url, "/v1/commands", { token, body: message(stream, "thanks") });
  await sql`update member set read_seq = ${body.seq} where stream = ${stream} and account = ${who.account}`;
  await one.look(true);
  const muted = await ask(server.url, "/v1/commands", { token, body: command("inbox.set", { stream, muted: true }) });
  expect(muted.status).toBe(200);
  await say("while muted");
  await one.look(true);
  await ask(server.url, "/v1/commands", { token, body: command("inbox.set", { stream, muted: false }) });
  const patient = await pusher("node-a", { afterMs: 3_600_000 });
  await patient.look(true);
  expect(to("quiet")).toHaveLength(0);
  await one.look(true);
  expect(to("quiet")).toHaveLength(1);
  await one.stop();
});

test("a service that is busy is tried again later, a few times; a subscription that is gone is forgotten; no redirect is followed", async () => {
  const { say } = await subscribed("busy");
  const one = await pusher("node-a");
  await say("hello");
  const due = () => sql`update push_mark set next_at = clock_timestamp()`;
  answer = 503;
  await one.look(true);
  await one.look(true);
  expect(to("busy")).toHaveLength(1);
  for (let tries = 0; tries < 8; tries++) {
    await due();
    await one.look(true);
  }
  expect(to("busy")).toHaveLength(5);
  answer = 302;
  await say("again");
  await one.look(true);
  expect(to("busy")).toHaveLength(6);
  expect(to("elsewhere")).toHaveLength(0);
  answer = 410;
  await due();
  await one.look(true);
  const rows = () => sql`select 1 from push_subscription where endpoint = ${`${origin}/busy`}`;
  expect(await rows()).toHaveLength(0);
  answer = 201;
  await one.stop();
});

test("signed-out devices and those who unsubscribed are not told", async () => {
  const { say, who } = await subscribed("left");
  const other = await subscribed("out");
  await ask(server.url, "/v1/push/unsubscribe", { token: who.token, body: {} });
  await ask(server.url, "/v1/sign-out", { token: other.who.token, body: {} });
  await say("anybody?");
  await other.say("anybody?");
  const one = await pusher("node-a");
  await one.look(true);
  expect([...to("left"), ...to("out")]).toHaveLength(0);
  await one.stop();
});

test("endpoints: only known services over https, only at public addresses, only for customers, only with keys that are keys", async () => {
  const { who } = await conversation(server.url);
  const { subscription } = await browser("bad");
  const subscribe = async (token: string, body: object) =>
    (await ask(server.url, "/v1/push/subscribe", { token, body: { ...subscription, ...body } })).status;
  for (const endpoint of [
    "http://127.0.0.1/x",
    "https://169.254.169.254/latest",
    "https://localhost:8443/",
    "ftp://a.b/",
    "https://fcm.googleapis.com.evil.example/x",
    `${origin}@evil.example/`,
    `https://u:p@127.0.0.1:${service.port}/`,
  ])
    expect([endpoint, await subscribe(who.token, { endpoint })]).toEqual([endpoint, 400]);
  expect(await subscribe(who.token, { keys: { p256dh: "x", auth: "y" } })).toBe(400);
  expect(await subscribe(who.token, { locale: "fr" })).toBe(400);
  expect(await subscribe((await staff(server)).token, {})).toBe(403);
  expect((await ask(server.url, "/v1/push/subscribe", { body: subscription })).status).toBe(401);

  const services = createPushServices(["push.example.com", "*.push.apple.com"], async (host) =>
    host.startsWith("inner")
      ? [{ address: "10.0.0.7", family: 4 }]
      : host.startsWith("mixed")
        ? [
            { address: "1.1.1.1", family: 4 },
            { address: "::1", family: 6 },
          ]
        : [{ address: "17.0.0.1", family: 4 }],
  );
  const reach = (url: string) => services.reachable(url);
  expect(await reach("https://web.push.apple.com/a")).toBe(true);
  for (const url of [
    "https://inner.push.apple.com/a",
    "https://mixed.push.apple.com/a",
    "http://web.push.apple.com/a",
    "https://web.push.apple.com:8443/a",
    "https://push.apple.com/",
    "https://apushXapple.com/",
  ])
    expect([url, await reach(url)]).toEqual([url, false]);
  const inner = [
    "127.0.0.1",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.1.1",
    "169.254.1.1",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
  ];
  for (const address of inner) expect([address, isPublic({ address, family: 4 })]).toEqual([address, false]);
  for (const address of [
    "::1",
    "fe80::1",
    "fd00::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "2001:db8::1",
  ])
    expect([address, isPublic({ address, family: 6 })]).toEqual([address, false]);
  expect(isPublic({ address: "2606:4700::1111", family: 6 }) && isPublic({ address: "8.8.8.8", family: 4 })).toBe(true);
});

test("the QR code is a drawing of the chat's address, within bounds", async () => {
  const code = await ask(server.url, "/v1/qr.svg?shop=main&product=Halo%202");
  expect([code.status, code.headers.get("content-type")]).toEqual([200, "image/svg+xml"]);
  expect(String(code.body)).toStartWith("<svg");
  expect(String(code.body)).not.toMatch(/<script|onload|href/i);
  expect((await ask(server.url, `/v1/qr.svg?product=${"x".repeat(61)}`)).status).toBe(400);
  expect((await ask(server.url, "/v1/qr.svg?link=https://evil.example")).status).toBe(400);
});
