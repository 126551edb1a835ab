import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { JWTPayload } from "jose";
import type { Sql } from "postgres";
import { openSql } from "../../server/src/db/sql.ts";
import { freePort, type OidcProvider, startOidc, visit } from "../fakes/oidc.ts";
import { ask, staff } from "./server.ts";
import { invite, type StaffWorld, startStaffWorld, totpOf } from "./staff-world.ts";

setDefaultTimeout(60_000);

let returnUrl = "";
let provider: OidcProvider;
let world: StaffWorld;
let url: string;
let sql: Sql;
beforeAll(async () => {
  // Each has to know where the other is.
  const port = await freePort();
  returnUrl = `http://127.0.0.1:${port}/console/`;
  provider = await startOidc(returnUrl);
  world = await startStaffWorld({
    port,
    "oidc-issuer": provider.issuer,
    "oidc-client-id": provider.client.id,
    "oidc-client-secret": provider.client.secret,
    "oidc-domains": "shop.example",
    "second-factor-roles": "supervisor",
  });
  url = world.server.url;
  sql = openSql(world.server.databaseUrl, 2);
});
afterAll(async () => {
  await sql.end();
  await world.stop();
  await provider.stop();
});

const post = (path: string, body: unknown, token?: string) =>
  ask(url, path, { body, ...(token !== undefined && { token }) });
const begin = async () => (await post("/v1/sign-in/sso", {})).body as { url: string; attempt: string };
let people = 0;
const somebody = (domain = "shop.example") => {
  people += 1;
  return { sub: `sub-${people}`, email: `sso${people}@${domain}`, verified: true, name: `Person ${people}` };
};
async function signIn() {
  const { url: at, attempt } = await begin();
  return post("/v1/sign-in/sso/finish", { attempt, answer: await visit(at, returnUrl) });
}

test("is offered, and asks by code with PKCE, state and nonce", async () => {
  expect((await ask(url, "/v1/sign-in/ways")).body.sso).toBe(true);
  const asked = Object.fromEntries(new URL((await begin()).url).searchParams);
  expect(asked).toMatchObject({ response_type: "code", code_challenge_method: "S256", redirect_uri: returnUrl });
  for (const name of ["state", "nonce", "code_challenge"]) expect(asked[name]?.length).toBeGreaterThan(20);
});

test("somebody of an allowed domain comes in, and is the same person the next time", async () => {
  provider.person = somebody();
  const first = await signIn();
  expect(first.body).toMatchObject({ kind: "staff", name: provider.person.name });
  const second = await signIn();
  expect(second.body.account).toBe(first.body.account);
  const [row] = await sql`select role from account where id = ${first.body.account}`;
  expect(row?.role).toBe("agent");
  const ways =
    await sql`select access_token, id_token, refresh_token from sign_in_way where account = ${first.body.account}`;
  expect([...ways]).toEqual([{ access_token: null, id_token: null, refresh_token: null }]);
  expect((await sql`select from sign_in_session`).count).toBe(0);
});

test("a stranger does not, nor somebody whose address is not verified; no account is made", async () => {
  for (const person of [somebody("elsewhere.example"), { ...somebody(), verified: false }]) {
    provider.person = person;
    expect((await signIn()).status).toBe(401);
    expect((await sql`select from sign_in_user where email = ${person.email}`).count).toBe(0);
  }
});

test("an invitation lets somebody of another domain in, with its role and its second factor", async () => {
  provider.person = somebody("partner.example");
  const { token } = await staff(world.server);
  await post("/v1/invitations", { email: provider.person.email, role: "supervisor", locale: "en" }, token);
  const step = (await signIn()).body;
  expect(step.next).toBe("enrol");
  const { body: offer } = await post("/v1/sign-in/enrol", { attempt: step.attempt });
  const done = await post("/v1/sign-in/enrol/finish", { attempt: step.attempt, code: totpOf(offer.uri) });
  expect(done.body.kind).toBe("staff");
  expect((await signIn()).body.next).toBe("code");
});

test("somebody with a password keeps their account", async () => {
  provider.person = somebody("partner.example");
  const made = await invite(world, await staff(world.server), provider.person.email, "expert", "brisk-otter-Quay-41");
  expect((await signIn()).body.account).toBe(made.body.account);
});

test("an answer belongs to the attempt that asked for it, once", async () => {
  provider.person = somebody();
  const [one, other] = [await begin(), await begin()];
  const answer = await visit(one.url, returnUrl);
  expect((await post("/v1/sign-in/sso/finish", { attempt: other.attempt, answer })).status).toBe(401);
  const wrongState = { ...answer, state: `${answer.state}x` };
  expect((await post("/v1/sign-in/sso/finish", { attempt: one.attempt, answer: wrongState })).status).toBe(401);
  expect((await post("/v1/sign-in/sso/finish", { attempt: one.attempt, answer })).status).toBe(409);
  const two = await begin();
  const right = await visit(two.url, returnUrl);
  expect((await post("/v1/sign-in/sso/finish", { attempt: two.attempt, answer: right })).status).toBe(200);
  expect((await post("/v1/sign-in/sso/finish", { attempt: two.attempt, answer: right })).status).toBe(409);
});

const forgeries: [what: string, forge: OidcProvider["forge"]][] = [
  ["another issuer", (claims: JWTPayload) => ({ ...claims, iss: "https://evil.example" })],
  ["another audience", (claims: JWTPayload) => ({ ...claims, aud: "somebody-else" })],
  ["an end that is past", (claims: JWTPayload) => ({ ...claims, exp: Math.floor(Date.now() / 1000) - 600 })],
  ["another nonce", (claims: JWTPayload) => ({ ...claims, nonce: "not-the-one" })],
  ["no nonce", ({ nonce: _, ...claims }: JWTPayload) => claims],
  ["a key that is not the provider's", "key"],
];
for (const [what, forge] of forgeries)
  test(`an ID token with ${what} is refused`, async () => {
    provider.person = somebody();
    provider.forge = forge;
    const refused = await signIn();
    // The same, signed anew and otherwise untouched, is taken: it is this one lie that was refused.
    provider.forge = (claims) => claims;
    expect(refused.status).toBe(401);
    expect((await sql`select from sign_in_user where email = ${provider.person.email}`).count).toBe(0);
    expect((await signIn()).status).toBe(200);
  });
