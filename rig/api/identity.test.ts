import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { type IdentityReason, identityReasons } from "@aftercare/protocol";
import { ask, conversation, customer, message, staff, startTestServer, type TestServer } from "./server.ts";
import { claimsFor, keyPair, openShop, type Shop, seconds, signWith } from "./shop.ts";

let server: TestServer;
let mei: string;
let shop: Shop;
let secretShop: Shop;
beforeAll(async () => {
  server = await startTestServer();
  mei = (await staff(server)).token;
  shop = await openShop(server, mei);
  secretShop = await openShop(server, mei, "HS256");
}, 60_000);
afterAll(() => server.stop());

const identify = (token: unknown, bearer?: string, url = server.url) =>
  ask(url, "/v1/customers/identify", { body: { token }, ...(bearer !== undefined && { token: bearer }) });

describe("a token of the shop's site", () => {
  test("of either algorithm makes the customer known, once and for all devices", async () => {
    for (const one of [shop, secretShop]) {
      const sub = `known-${one.algorithm}`;
      const first = await identify(one.token({ sub, name: "陳美", email: "mei@example.com", locale: "zh-Hant" }));
      expect([first.status, first.body.kind, first.body.name]).toEqual([200, "customer", "陳美"]);
      const second = await identify(one.token({ sub }));
      expect(second.body.account).toBe(first.body.account);
      expect(second.body.token).not.toBe(first.body.token);
      for (const { token } of [first.body, second.body])
        expect((await ask(server.url, "/v1/me", { token })).body).toMatchObject({ account: first.body.account });
    }
  });

  test("without a name gives a guest's name in the customer's language, as a visitor gets one in the browser's", async () => {
    const named = await identify(shop.token({ sub: "nameless", locale: "zh-HK" }));
    expect(named.body.name).toMatch(/^訪客 \d{4}$/);
    const headers = { "content-type": "application/json", "accept-language": "zh-CN,en;q=0.5" };
    const visitor = await fetch(`${server.url}/v1/customers`, { method: "POST", headers, body: "{}" });
    expect(await visitor.json()).toMatchObject({ name: expect.stringMatching(/^访客 \d{4}$/) });
  });

  test("shown again by the same device keeps its credential", async () => {
    const first = (await identify(shop.token({ sub: "again" }))).body;
    const again = (await identify(shop.token({ sub: "again" }), first.token)).body;
    expect([again.token, again.account]).toEqual([first.token, first.account]);
  });

  test("is good once on all nodes, also when two get it at the same moment", async () => {
    const node = await server.another();
    for (let round = 0; round < 8; round++) {
      const token = shop.token({ sub: `twice-${round}` });
      const answers = await Promise.all([identify(token), identify(token, undefined, node.url)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
      const refused = answers.find(({ status }) => status === 401);
      expect(refused?.body).toEqual({ refusal: { code: "unauthorised", reason: "replayed" } });
      expect((await identify(token, undefined, node.url)).body.refusal.reason).toBe("replayed");
    }
    await node.stop();
  });

  test("of a customer who is new, on two nodes at once, makes one record", async () => {
    const node = await server.another();
    for (let round = 0; round < 6; round++) {
      const sub = `race-${round}`;
      const [one, other] = await Promise.all([
        identify(shop.token({ sub })),
        identify(shop.token({ sub }), undefined, node.url),
      ]);
      expect([one.status, other.status, one.body.account]).toEqual([200, 200, other.body.account]);
    }
    await node.stop();
  });
});

type Bad = [name: string, reason: IdentityReason, token: () => string];
const header = () => ({ alg: "EdDSA", kid: shop.kid, typ: "JWT" });
const claims = (more = {}) => claimsFor(shop.kid, shop.workspace, more);
const b64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Each bad in one way: by its form, its header or its signature. */
function badForms(): Bad[] {
  const own = keyPair();
  return [
    ["too long", "too-large", () => shop.token({ more: "x".repeat(4_100) })],
    ["no token", "malformed", () => "hello"],
    ["two parts", "malformed", () => shop.token().split(".").slice(0, 2).join(".")],
    ["five parts", "malformed", () => `${shop.token()}.a.b`],
    ["header no JSON", "malformed", () => `aGVsbG8.${b64(claims())}.xx`],
    ["payload a list", "malformed", () => signWith(shop.signer, header(), [1])],
    ["not base64url", "malformed", () => shop.token().replace(".", "+.")],
    ["alg none, no signature", "wrong-algorithm", () => `${b64({ alg: "none", kid: shop.kid })}.${b64(claims())}.`],
    ["alg NONE", "wrong-algorithm", () => signWith(shop.signer, { ...header(), alg: "NONE" }, claims())],
    ["no alg", "wrong-algorithm", () => signWith(shop.signer, { kid: shop.kid }, claims())],
    [
      "HS256 with the public key as the secret",
      "wrong-algorithm",
      () => {
        const text = `${b64({ alg: "HS256", kid: shop.kid })}.${b64(claims())}`;
        const publicKey = (shop.signer as Exclude<typeof shop.signer, string>).export({ format: "jwk" }).x ?? "";
        return `${text}.${createHmac("sha256", Buffer.from(publicKey, "base64url")).update(text).digest("base64url")}`;
      },
    ],
    [
      "EdDSA for an HS256 key",
      "wrong-algorithm",
      () => signWith(own.privateKey, { alg: "EdDSA", kid: secretShop.kid }, claims()),
    ],
    ["HS512", "wrong-algorithm", () => signWith("x", { alg: "HS512", kid: secretShop.kid }, claims())],
    ["no kid", "no-key", () => signWith(shop.signer, { alg: "EdDSA" }, claims())],
    ["a kid of nobody", "unknown-key", () => shop.token({}, { kid: `k_${"A".repeat(22)}` })],
    ["a kid that is a number", "unknown-key", () => shop.token({}, { kid: 7 })],
    ["a kid that is SQL", "unknown-key", () => shop.token({}, { kid: "' or 1=1 --" })],
    ["jwk of its own", "header-refused", () => signWith(own.privateKey, { ...header(), jwk: own.jwk }, claims())],
    ["jku", "header-refused", () => shop.token({}, { jku: "https://evil.example/keys" })],
    ["x5u", "header-refused", () => shop.token({}, { x5u: "https://evil.example/cert" })],
    ["crit", "header-refused", () => shop.token({}, { crit: ["exp"] })],
    ["b64", "header-refused", () => shop.token({}, { b64: false })],
    ["another typ", "header-refused", () => shop.token({}, { typ: "at+jwt" })],
    ["another's signature", "bad-signature", () => signWith(own.privateKey, header(), claims())],
    ["a guessed secret", "bad-signature", () => signWith("secret", { alg: "HS256", kid: secretShop.kid }, claims())],
    ["an empty secret", "bad-signature", () => signWith("", { alg: "HS256", kid: secretShop.kid }, claims())],
    ["no signature", "bad-signature", () => shop.token().replace(/[^.]*$/, "")],
    [
      "changed afterwards",
      "bad-signature",
      () => {
        const [head, , mark] = shop.token().split(".");
        return `${head}.${b64(claims({ sub: "somebody else" }))}.${mark}`;
      },
    ],
  ];
}

/** Each bad in one way: by what it claims. */
function badClaims(): Bad[] {
  const without = (name: string) => {
    const { [name]: _, ...rest } = claims();
    return signWith(shop.signer, header(), rest);
  };
  const now = seconds();
  const forms: Record<string, unknown[]> = {
    sub: [7, null, {}, "x".repeat(201), "a\nb", "\u202e", ["x"]],
    aud: [7, {}],
    iat: ["now", null, -1, 1e12],
    exp: ["soon", null, 1e300],
    nbf: ["x"],
    jti: [7, "short", "x".repeat(201)],
    name: [7, "x".repeat(61), "a\u0000b"],
    email: ["no address", `${"x".repeat(250)}@example.com`, 7],
    phone: ["call me", 7],
    locale: ["english please", 7],
  };
  return [
    ...["sub", "iss", "aud", "iat", "exp", "jti"].map(
      (name): Bad => [`no ${name}`, "missing-claim", () => without(name)],
    ),
    ["an empty sub", "missing-claim", () => shop.token({ sub: "" })],
    ...Object.entries(forms).flatMap(([name, values]) =>
      values.map(
        (value, n): Bad => [
          `${name} of a wrong form (${n})`,
          value === undefined ? "missing-claim" : "bad-claim",
          () => shop.token({ [name]: value }),
        ],
      ),
    ),
    ["another issuer", "wrong-issuer", () => shop.token({ iss: secretShop.kid })],
    ["another workspace", "wrong-audience", () => shop.token({ aud: `w_${"A".repeat(22)}` })],
    ["other workspaces", "wrong-audience", () => shop.token({ aud: ["x", "y"] })],
    ["expired", "expired", () => shop.token({ iat: now - 400, exp: now - 61 })],
    ["from tomorrow", "not-yet-valid", () => shop.token({ iat: now + 3_600, exp: now + 3_700 })],
    ["not before later", "not-yet-valid", () => shop.token({ nbf: now + 3_600 })],
    ["long-lived", "lives-too-long", () => shop.token({ iat: now, exp: now + 601 })],
    ["ends before it begins", "bad-claim", () => shop.token({ iat: now, exp: now - 1 })],
  ];
}

describe("a bad token", () => {
  test("is refused with its reason, without effect; staff are told the same, in words", async () => {
    const table = [...badForms(), ...badClaims()];
    expect(table.length).toBeGreaterThan(60);
    const wrong: string[] = [];
    for (const [name, reason, make] of table) {
      const token = make();
      const visitor = await customer(server.url);
      const answer = await identify(token, visitor.token);
      const { code, reason: said } = answer.body.refusal ?? {};
      if (answer.status !== 401 || code !== "unauthorised" || said !== reason)
        wrong.push(`${name}: ${answer.status} ${said}`);
      if (JSON.stringify(answer.body).includes(token)) wrong.push(`${name}: the token comes back`);
      const me = await ask(server.url, "/v1/me", { token: visitor.token });
      if (me.body.account !== visitor.account) wrong.push(`${name}: the visitor is gone`);
      const told = (await ask(server.url, "/v1/identity-keys/test", { token: mei, body: { token } })).body;
      const first = told.problems?.[0];
      if (told.good !== false || first?.reason !== reason || first.text !== identityReasons[reason])
        wrong.push(`${name}: told ${JSON.stringify(told)}`);
    }
    expect(wrong).toEqual([]);
  });

  test("within the minute that clocks may differ is good; a second beyond is not", async () => {
    const now = seconds();
    expect((await identify(shop.token({ iat: now - 300, exp: now - 50 }))).status).toBe(200);
    expect((await identify(shop.token({ iat: now + 50, exp: now + 600 }))).status).toBe(200);
    expect((await identify(shop.token({ iat: now + 70, exp: now + 600 }))).body.refusal.reason).toBe("not-yet-valid");
  });
});

describe("keys", () => {
  test("rotate with an overlap, and end when they are revoked, with their devices when asked", async () => {
    const old = await openShop(server, mei, "HS256");
    const before = (await identify(old.token({ sub: "rotated" }))).body;
    const rotated = await ask(server.url, `/v1/identity-keys/${old.kid}/rotate`, { token: mei, body: {} });
    expect([rotated.status, rotated.body.key.algorithm]).toEqual([201, "HS256"]);
    const { kid } = rotated.body.key;
    const next = signWith(
      rotated.body.secret,
      { alg: "HS256", kid },
      claimsFor(kid, old.workspace, { sub: "rotated" }),
    );
    expect((await identify(next)).body.account).toBe(before.account);
    expect((await identify(old.token({ sub: "rotated" }))).body.account).toBe(before.account);
    const path = `/v1/identity-keys/${old.kid}/revoke`;
    expect((await ask(server.url, path, { token: mei, body: {} })).body).toEqual({ devicesEnded: 0 });
    expect((await identify(old.token({ sub: "rotated" }))).body.refusal.reason).toBe("key-revoked");
    expect((await ask(server.url, "/v1/me", { token: before.token })).status).toBe(200);
    expect((await ask(server.url, path, { token: mei, body: { endDevices: true } })).body.devicesEnded).toBe(2);
    expect((await ask(server.url, "/v1/me", { token: before.token })).status).toBe(401);
    const now = await ask(server.url, `/v1/identity-keys/${kid}/rotate`, { token: mei, body: { overlapMs: 0 } });
    expect(now.status).toBe(201);
    const late = signWith(rotated.body.secret, { alg: "HS256", kid }, claimsFor(kid, old.workspace));
    expect((await identify(late)).body.refusal.reason).toBe("key-expired");
  });

  test("show their secret once, and take public keys alone, as JWK or PEM", async () => {
    const { jwk, pem, privateKey } = keyPair();
    const make = (publicKey: unknown, algorithm = "EdDSA") =>
      ask(server.url, "/v1/identity-keys", { token: mei, body: { algorithm, name: "one", publicKey } });
    for (const good of [jwk, pem, JSON.stringify(jwk), privateKey.export({ format: "jwk" })]) {
      const made = await make(good);
      expect([made.status, Object.keys(made.body)]).toEqual([201, ["key"]]);
      await ask(server.url, `/v1/identity-keys/${made.body.key.kid}/revoke`, { token: mei, body: {} });
    }
    const rsa = { kty: "RSA", n: "AQAB", e: "AQAB" };
    const x25519 = { kty: "OKP", crv: "X25519", x: jwk.x };
    for (const bad of [undefined, "hello", {}, rsa, x25519, { ...jwk, x: "AA" }])
      expect((await make(bad)).body.refusal).toMatchObject({ code: "invalid", path: "publicKey" });
    expect((await make(jwk, "HS256")).status).toBe(400);
    const list = (await ask(server.url, "/v1/identity-keys", { token: mei })).body;
    expect(JSON.stringify(list)).not.toContain(secretShop.signer as string);
    expect(JSON.stringify(list)).not.toContain("material");
  });

  test("and merges are for staff with the right", async () => {
    const visitor = await customer(server.url);
    const kit = (await staff(server, "kit")).token;
    const paths: [string, unknown][] = [
      ["/v1/identity-keys", undefined],
      ["/v1/identity-keys", { algorithm: "HS256", name: "x" }],
      [`/v1/identity-keys/${shop.kid}/rotate`, {}],
      [`/v1/identity-keys/${shop.kid}/revoke`, {}],
      ["/v1/identity-keys/test", { token: "x" }],
      [`/v1/customers/${visitor.account}/merge`, { other: visitor.account }],
      [`/v1/customers/${visitor.account}/merges`, undefined],
      [`/v1/customers/${visitor.account}/merges/m_${"A".repeat(22)}/undo`, {}],
    ];
    for (const token of [visitor.token, kit])
      for (const [path, body] of paths) expect((await ask(server.url, path, { token, body })).status).toBe(403);
    for (const [path, body] of paths) expect((await ask(server.url, path, { body })).status).toBe(401);
  });
});

describe("claim", () => {
  test("a visitor who is new to the shop keeps account and conversation; the old token is worth nothing", async () => {
    const { who, stream } = await conversation(server.url);
    const { body } = await identify(shop.token({ sub: "claimed", name: "王小明" }), who.token);
    expect([body.account, body.name]).toEqual([who.account, "王小明"]);
    expect((await ask(server.url, "/v1/me", { token: who.token })).status).toBe(401);
    const snapshot = (await ask(server.url, `/v1/streams/${stream}`, { token: body.token })).body;
    expect(snapshot.members.find((one: { account: string }) => one.account === who.account).name).toBe("王小明");
  });

  test("an answer that was lost is asked for again with the token that ended by it", async () => {
    const { who, stream } = await conversation(server.url);
    await identify(shop.token({ sub: "lost" }));
    await identify(shop.token({ sub: "lost" }), who.token);
    const again = (await identify(shop.token({ sub: "lost" }), who.token)).body;
    expect(again.formerly).toEqual([who.account]);
    expect((await ask(server.url, `/v1/streams/${stream}`, { token: again.token })).status).toBe(200);
  });

  test("another customer on the same device takes nothing along, and ends the first one's device", async () => {
    const first = (await identify(shop.token({ sub: "first" }))).body;
    const second = (await identify(shop.token({ sub: "second" }), first.token)).body;
    expect(second.account).not.toBe(first.account);
    expect(second.formerly).toBeUndefined();
    expect((await ask(server.url, "/v1/me", { token: first.token })).status).toBe(401);
  });

  test("L2: a command sent as the visitor and again as the known customer has one effect", async () => {
    const known = (await identify(shop.token({ sub: "once" }))).body;
    const { who, stream } = await conversation(server.url);
    const sent = message(stream, "only once");
    const first = (await ask(server.url, "/v1/commands", { token: who.token, body: sent })).body;
    const { body } = await identify(shop.token({ sub: "once" }), who.token);
    expect(body.account).toBe(known.account);
    const again = await ask(server.url, "/v1/commands", { token: body.token, body: sent });
    expect(again.body).toEqual(first);
    const opened = { id: crypto.randomUUID(), type: "conversation.ask", body: {} };
    const next = await customer(server.url);
    const made = (await ask(server.url, "/v1/commands", { token: next.token, body: opened })).body;
    const after = (await identify(shop.token({ sub: "once" }), next.token)).body;
    const same = (await ask(server.url, "/v1/commands", { token: after.token, body: opened })).body;
    expect(same.conversation).toBe(made.conversation);
    const edit = { id: crypto.randomUUID(), type: "message.edit", stream, body: { ...sent.body, seq: first.seq } };
    expect((await ask(server.url, "/v1/commands", { token: after.token, body: edit })).status).toBe(200);
  });
});
