import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createHash } from "node:crypto";
import type { Sql } from "postgres";
import { openSql } from "../../server/src/db/sql.ts";
import { openSocket } from "./links.ts";
import { ask, staff } from "./server.ts";
import { invite, linkIn, type StaffWorld, startStaffWorld, totpOf } from "./staff-world.ts";

setDefaultTimeout(60_000);

let world: StaffWorld;
let url: string;
let sql: Sql;
beforeAll(async () => {
  world = await startStaffWorld({ "second-factor-roles": "supervisor" });
  url = world.server.url;
  sql = openSql(world.server.databaseUrl, 2);
});
afterAll(async () => {
  await sql.end();
  await world.stop();
});

const good = "brisk-otter-Quay-41";
const post = (path: string, body: unknown, token?: string) =>
  ask(url, path, { body, ...(token !== undefined && { token }) });
let people = 0;
const address = () => `person${++people}@shop.example`;
const owner = () => staff(world.server);

async function newcomer(role = "agent", password = good) {
  const email = address();
  const { body } = await invite(world, await owner(), email, role, password);
  return { email, body, token: body.token as string };
}

async function withTotp() {
  const who = await newcomer();
  const offer = (await post("/v1/security/totp", {}, who.token)).body;
  expect((await post("/v1/security/totp/finish", { code: totpOf(offer.uri, -1) }, who.token)).status).toBe(200);
  return { ...who, uri: offer.uri as string, recoveryCodes: offer.recoveryCodes as string[] };
}

describe("passwords", () => {
  test("a wrong password and an unknown login are answered alike", async () => {
    const wrong = await post("/v1/sign-in", { login: "kit", password: "not it at all" });
    const unknown = await post("/v1/sign-in", { login: "nobody-here", password: "not it at all" });
    expect([wrong.status, wrong.body]).toEqual([401, { refusal: { code: "unauthorised" } }]);
    expect([unknown.status, unknown.body]).toEqual([wrong.status, wrong.body]);
  });

  test("tries are counted alike too, and a right password must wait as well", async () => {
    const { email } = await newcomer();
    for (const login of [email, "not-there@shop.example"]) {
      const tries = Array.from({ length: 9 }, () => post("/v1/sign-in", { login, password: "wrong wrong" }));
      const codes = (await Promise.all(tries)).map(({ body }) => body.refusal.code).sort();
      expect(codes).toEqual([...Array(4).fill("rate-limited"), ...Array(5).fill("unauthorised")]);
    }
    // However slow this machine is: as if the last try were a moment ago, after many.
    const key = createHash("sha256").update(`login ${email}`).digest();
    await sql`update sign_in_try set count = 30, at = clock_timestamp() where key = ${key}`;
    expect((await post("/v1/sign-in", { login: email, password: good })).body.refusal.code).toBe("rate-limited");
    // The line is written beside the answer.
    for (;;) {
      const [line] = await sql`
        select from audit where act = 'sign-in-locked'
          and subject = (select id from sign_in_user where email = ${email})`;
      if (line) break;
      await Bun.sleep(20);
    }
  });

  test("a weak one is not taken, and told why", async () => {
    const { email, token } = await newcomer();
    const change = async (next: string) =>
      (await post("/v1/security/password", { current: good, next }, token)).body.refusal?.path;
    expect(await change("Sh0rt!")).toBe("password.short");
    expect(await change("password1234")).toBe("password.common");
    expect(await change("P@ssw0rd2026!")).toBe("password.common");
    expect(await change("1234567890")).toBe("password.common");
    expect(await change("aaaaaaaaaaaaa")).toBe("password.common");
    const [name] = email.split("@");
    expect(await change(`${name}.${name}`)).toBe("password.personal");
    expect(await change("correct horse battery")).toBeUndefined();
  });

  test("changing it signs all other devices out at once, with their sockets", async () => {
    const { email, token } = await newcomer();
    const other = (await post("/v1/sign-in", { login: email.toUpperCase(), password: good })).body.token;
    const link = await openSocket(url);
    const { ticket } = (await post("/v1/ticket", {}, other)).body;
    await link.send({ t: "hello", versions: [1], cursors: [], ticket });
    await link.until((frame) => frame.t === "welcome");
    expect(
      (await post("/v1/security/password", { current: "wrong one", next: "other-Quay-otter-8" }, token)).status,
    ).toBe(401);
    expect((await post("/v1/security/password", { current: good, next: "other-Quay-otter-8" }, token)).status).toBe(
      200,
    );
    expect(await link.ended).toBe(4503);
    expect((await ask(url, "/v1/me", { token: other })).status).toBe(401);
    expect((await ask(url, "/v1/me", { token })).status).toBe(200);
    expect((await post("/v1/sign-in", { login: email, password: good })).status).toBe(401);
    expect((await post("/v1/sign-in", { login: email, password: "other-Quay-otter-8" })).status).toBe(200);
  });
});

describe("the second factor", () => {
  test("is asked for after the password, and cannot be skipped", async () => {
    const { email, uri } = await withTotp();
    const { body: step } = await post("/v1/sign-in", { login: email, password: good });
    expect(step).toMatchObject({ next: "code" });
    expect(step.token).toBeUndefined();
    expect((await ask(url, "/v1/me", { token: step.attempt })).status).toBe(401);
    expect((await post("/v1/sign-in/enrol", { attempt: step.attempt })).status).toBe(409);
    const code = totpOf(uri);
    expect((await post("/v1/sign-in/code", { attempt: "att_made-up", code, kind: "totp" })).status).toBe(409);
    const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, "0");
    expect((await post("/v1/sign-in/code", { attempt: step.attempt, code: wrong, kind: "totp" })).status).toBe(401);
    const done = await post("/v1/sign-in/code", { attempt: step.attempt, code, kind: "totp" });
    expect(done.body.token).toStartWith("act_");
    const [left] = await sql`select count(*)::int as n from sign_in_session`;
    expect(left?.n).toBe(0);
  });

  test("a code is good once within its window, an attempt for one device", async () => {
    const { email, uri } = await withTotp();
    const begin = async () => (await post("/v1/sign-in", { login: email, password: good })).body.attempt;
    const [one, other] = [await begin(), await begin()];
    const code = totpOf(uri);
    expect((await post("/v1/sign-in/code", { attempt: one, code, kind: "totp" })).status).toBe(200);
    expect((await post("/v1/sign-in/code", { attempt: other, code, kind: "totp" })).status).toBe(401);
    expect((await post("/v1/sign-in/code", { attempt: one, code: totpOf(uri, 1), kind: "totp" })).status).toBe(401);
  });

  test("a recovery code takes its place once", async () => {
    const { email, recoveryCodes } = await withTotp();
    expect(new Set(recoveryCodes).size).toBe(10);
    const begin = async () => (await post("/v1/sign-in", { login: email, password: good })).body.attempt;
    const [code = ""] = recoveryCodes;
    const attempts = [await begin(), await begin()];
    const both = await Promise.all(
      attempts.map((attempt) => post("/v1/sign-in/code", { attempt, code, kind: "recovery" })),
    );
    expect(both.filter(({ status }) => status === 200)).toHaveLength(1);
    const { token } = both.find(({ status }) => status === 200)?.body ?? {};
    expect((await ask(url, "/v1/security", { token })).body.secondFactor).toEqual({
      on: true,
      required: false,
      recoveryCodesLeft: 9,
    });
  });

  test("guessing codes has to wait, whatever attempt it is for", async () => {
    const { email } = await withTotp();
    const attempts = await Promise.all([1, 2].map(() => post("/v1/sign-in", { login: email, password: good })));
    const guess = (n: number) => {
      const { attempt } = attempts[n % 2]?.body ?? {};
      return post("/v1/sign-in/code", { attempt, code: `00000${n}`, kind: "totp" });
    };
    const answers = await Promise.all(Array.from({ length: 9 }, (_, n) => guess(n)));
    const codes = answers.map(({ body }) => body.refusal?.code).sort();
    expect(codes).toEqual([...Array(4).fill("rate-limited"), ...Array(5).fill("unauthorised")]);
  });

  test("a role that needs it is led to it before anything else", async () => {
    const { email, body: step } = await newcomer("supervisor");
    expect(step).toMatchObject({ next: "enrol" });
    expect(step.token).toBeUndefined();
    expect(
      (await sql`select from device where account = (select id from sign_in_user where email = ${email})`).count,
    ).toBe(0);
    const { body: again } = await post("/v1/sign-in", { login: email, password: good });
    expect(again.next).toBe("enrol");
    const { body: offer } = await post("/v1/sign-in/enrol", { attempt: again.attempt });
    const code = totpOf(offer.uri);
    const done = await post("/v1/sign-in/enrol/finish", { attempt: again.attempt, code });
    expect(done.status).toBe(200);
    // The older attempt is none for a factor that is there.
    expect((await post("/v1/sign-in/enrol", { attempt: step.attempt })).status).toBe(409);
    expect((await post("/v1/sign-in/enrol/finish", { attempt: step.attempt, code: totpOf(offer.uri, 1) })).status).toBe(
      409,
    );
    const removed = await post("/v1/security/totp/remove", {}, done.body.token);
    expect([removed.status, removed.body.refusal.path]).toEqual([403, "required"]);
  });

  test("a role that needs it and has a passkey for it is not led past that to an authenticator app", async () => {
    const { email, body: earlier } = await newcomer("supervisor");
    await sql`
      insert into passkey (id, account, name, public_key, counter, transports)
      select ${email}, id, 'key', '', 0, '{}' from sign_in_user where email = ${email}`;
    const asked = await post("/v1/sign-in", { login: email, password: good });
    expect([asked.status, asked.body.refusal]).toEqual([403, { code: "forbidden", path: "passkey" }]);
    // Nor by what was begun before the passkey was there.
    expect((await post("/v1/sign-in/enrol", { attempt: earlier.attempt })).status).toBe(409);
  });

  test("changing ways in asks for a fresh proof", async () => {
    const { token } = await newcomer();
    await sql`update device set confirmed_at = now() - interval '16 minutes' where revoked_at is null`;
    const late = await post("/v1/security/totp", {}, token);
    expect([late.status, late.body.refusal.path]).toEqual([403, "confirm"]);
    expect((await post("/v1/security/passkeys", {}, token)).body.refusal.path).toBe("confirm");
    expect((await post("/v1/security/confirm", { password: "wrong word" }, token)).status).toBe(401);
    expect((await post("/v1/security/confirm", { password: good }, token)).status).toBe(200);
    expect((await post("/v1/security/totp", {}, token)).status).toBe(200);
  });
});

describe("invitations", () => {
  test("arrive in the language asked for, as text and HTML, and nothing in them tells on the reader", async () => {
    const { token } = await owner();
    for (const [locale, word] of [
      ["en", "invites you"],
      ["zh-Hant", "邀請你加入"],
      ["zh-Hans", "邀请你加入"],
    ] as const) {
      const email = address();
      expect((await post("/v1/invitations", { email, role: "agent", locale }, token)).status).toBe(200);
      const letter = await world.mailbox.next(email);
      expect(letter.text).toContain(word);
      expect(letter.html).toContain(word);
      expect(letter.html).not.toMatch(/<img|<script|<link|url\(|@import/i);
      const hosts = [...`${letter.text}${letter.html}`.matchAll(/https?:\/\/[^/\s"<]+/g)].map(([host]) => host);
      expect([...new Set(hosts)]).toEqual([url]);
      expect(linkIn(letter)).toStartWith("lnk_");
    }
  });

  test("each works once, for its address and role, and may be looked at before", async () => {
    const { token } = await owner();
    const email = address();
    await post("/v1/invitations", { email, role: "expert", locale: "en" }, token);
    const link = linkIn(await world.mailbox.next(email));
    expect((await post("/v1/link", { link })).body).toMatchObject({ kind: "invitation", email });
    const accept = { link, password: good, name: "Ada", email: "else@evil.example" };
    const [one, other] = await Promise.all([post("/v1/link/accept", accept), post("/v1/link/accept", accept)]);
    expect([one.status, other.status].sort()).toEqual([200, 409]);
    const [row] = await sql`
      select account.role, sign_in_user.email from account join sign_in_user using (id) where sign_in_user.email = ${email}`;
    expect(row).toEqual({ role: "expert", email });
    expect((await post("/v1/link", { link })).status).toBe(409);
    expect((await post("/v1/invitations", { email, role: "agent", locale: "en" }, token)).body.refusal.code).toBe(
      "already-a-member",
    );
  });

  test("sent again, the first link is over; revoked or expired, each is", async () => {
    const { token } = await owner();
    const email = address();
    const { id } = (await post("/v1/invitations", { email, role: "agent", locale: "en" }, token)).body;
    const first = linkIn(await world.mailbox.next(email));
    expect((await post("/v1/invitations/resend", { id }, token)).status).toBe(200);
    const second = linkIn(await world.mailbox.next(email));
    expect((await post("/v1/link", { link: first })).status).toBe(409);
    expect((await post("/v1/link", { link: second })).status).toBe(200);
    await sql`update mail_link set expires_at = now() - interval '1 s' where id = ${id}`;
    expect((await post("/v1/link/accept", { link: second, password: good, name: "Late" })).status).toBe(409);
    expect((await ask(url, "/v1/invitations", { token })).body.invitations).toContainEqual(
      expect.objectContaining({ id, email, state: "expired" }),
    );
    expect((await post("/v1/invitations/revoke", { id }, token)).status).toBe(200);
    expect((await post("/v1/invitations/resend", { id }, token)).status).toBe(404);
  });

  test("are over when whoever sent them is shut out, or may not give that role any more", async () => {
    const { token } = await owner();
    for (const change of [{ disabled: true }, { role: "agent" }]) {
      const admin = await newcomer("admin");
      const email = address();
      expect((await post("/v1/invitations", { email, role: "admin", locale: "en" }, admin.token)).status).toBe(200);
      const link = linkIn(await world.mailbox.next(email));
      const path = `/v1/staff/${admin.body.account}`;
      expect((await ask(url, path, { token, method: "PATCH", body: change })).status).toBe(200);
      expect((await post("/v1/link/accept", { link, name: "Somebody", password: good })).status).toBe(409);
    }
  });

  test("may be for a role of the workspace's own", async () => {
    const { token } = await owner();
    const made = await post("/v1/roles", { name: "Deputy", permissions: ["staff.read"] }, token);
    const { status, body } = await invite(world, await owner(), address(), made.body.id, good);
    expect(status).toBe(200);
    const { staff: all } = (await ask(url, "/v1/staff", { token })).body;
    expect(all.find((one: { account: string }) => one.account === body.account)?.role).toBe(made.body.id);
  });

  test("are for those who may, and for roles that exist", async () => {
    const { token } = await newcomer();
    const body = { email: address(), role: "agent", locale: "en" };
    expect((await post("/v1/invitations", body, token)).status).toBe(403);
    expect((await ask(url, "/v1/invitations", { token })).status).toBe(403);
    const admin = await newcomer("admin");
    expect((await post("/v1/invitations", { ...body, role: "owner" }, admin.token)).status).toBe(403);
    expect((await post("/v1/invitations", { ...body, role: "wizard" }, (await owner()).token)).status).toBe(400);
    const gone = `r_${"A".repeat(22)}`;
    expect((await post("/v1/invitations", { ...body, role: gone }, (await owner()).token)).status).toBe(403);
    expect((await post("/v1/invitations", { ...body, email: "no address" }, admin.token)).status).toBe(400);
  });
});

describe("a forgotten password", () => {
  test("the answer is the same whoever it is, and mail goes to who is known alone", async () => {
    const { email } = await newcomer();
    const known = await post("/v1/password-reset", { email, locale: "zh-Hant" });
    const unknown = await post("/v1/password-reset", { email: "nobody@shop.example", locale: "zh-Hant" });
    expect([unknown.status, unknown.body]).toEqual([known.status, known.body]);
    const letter = await world.mailbox.next(email);
    expect(letter.text).toContain("設定新密碼");
    expect(world.mailbox.letters.some(({ to }) => to === "nobody@shop.example")).toBe(false);
  });

  test("the link sets a new one once, ends every device, and does not pass over the second factor", async () => {
    const { email, token, uri } = await withTotp();
    await post("/v1/password-reset", { email, locale: "en" });
    const link = linkIn(await world.mailbox.next(email));
    expect((await post("/v1/link/accept", { link, password: "short" })).body.refusal.path).toBe("password.short");
    const done = await post("/v1/link/accept", { link, password: "fresh-Canyon-moth-5" });
    expect(done.body.next).toBe("code");
    expect((await ask(url, "/v1/me", { token })).status).toBe(401);
    const { attempt } = done.body;
    expect((await post("/v1/sign-in/code", { attempt, code: totpOf(uri), kind: "totp" })).status).toBe(200);
    expect((await post("/v1/link/accept", { link, password: "again-Canyon-moth-5" })).status).toBe(409);
    expect((await post("/v1/sign-in", { login: email, password: good })).status).toBe(401);
  });
});

describe("devices", () => {
  test("are listed by what they are, and each can be signed out, or all others", async () => {
    const { email, token } = await newcomer();
    const agent =
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1";
    const more: string[] = [];
    for (let n = 0; n < 3; n++) {
      const headers = { "user-agent": agent };
      const { body } = await ask(url, "/v1/sign-in", { headers, body: { login: email, password: good } });
      more.push(body.token);
    }
    const { devices } = (await ask(url, "/v1/security", { token })).body;
    expect(devices).toHaveLength(4);
    expect(devices.filter((one: { current: boolean }) => one.current)).toHaveLength(1);
    expect(devices[0]).toMatchObject({ agent: "Safari, iPhone", network: "127.0.0.x", current: false });
    expect((await post("/v1/security/devices/end", { id: devices[0].id }, token)).status).toBe(200);
    expect((await ask(url, "/v1/me", { token: more[2] ?? "" })).status).toBe(401);
    expect((await ask(url, "/v1/me", { token: more[0] ?? "" })).status).toBe(200);
    const stranger = await newcomer();
    expect((await post("/v1/security/devices/end", { id: devices[1].id }, stranger.token)).status).toBe(404);
    expect((await post("/v1/security/devices/end-others", {}, token)).status).toBe(200);
    expect((await ask(url, "/v1/security", { token })).body.devices).toHaveLength(1);
    expect((await ask(url, "/v1/me", { token: more[0] ?? "" })).status).toBe(401);
  });
});

describe("other sites", () => {
  test("may not take part in an attempt, and no answer sets a cookie", async () => {
    const foreign = { origin: "https://evil.example" };
    const paths = ["/v1/sign-in", "/v1/sign-in/passkey", "/v1/sign-in/sso", "/v1/password-reset", "/v1/link/accept"];
    for (const path of paths) {
      const { status } = await ask(url, path, { headers: foreign, body: {} });
      expect([path, status]).toEqual([path, 403]);
    }
    const { email } = await withTotp();
    for (const [path, body] of [
      ["/v1/sign-in", { login: email, password: good }],
      ["/v1/sign-in/passkey", {}],
      ["/v1/password-reset", { email, locale: "en" }],
    ] as const)
      expect([path, (await ask(url, path, { headers: { origin: url }, body })).headers.get("set-cookie")]).toEqual([
        path,
        null,
      ]);
    for (const path of ["/proof/get-session", "/proof/sign-in/username", "/api/auth/ok"])
      expect([path, (await ask(url, path)).status]).toEqual([path, 404]);
  });
});
