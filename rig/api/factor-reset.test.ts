import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { Sql } from "postgres";
import { openSql } from "../../server/src/db/sql.ts";
import { connect, transports } from "./links.ts";
import { ask, staff } from "./server.ts";
import { insertRole } from "./staff.ts";
import { invite, type StaffWorld, startStaffWorld, totpOf } from "./staff-world.ts";

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
const post = (path: string, body: unknown, token?: string, to = url) =>
  ask(to, path, { body, ...(token !== undefined && { token }) });
const owner = () => staff(world.server);
let people = 0;

type Person = { email: string; token: string; account: string };

async function newcomer(role = "agent"): Promise<Person> {
  const email = `lost${++people}@shop.example`;
  const { body } = await invite(world, await owner(), email, role, good);
  return { email, token: body.token, account: body.account };
}

/** With an authenticator app and a passkey. */
async function withFactors(role = "agent"): Promise<Person> {
  const who = await newcomer(role);
  const { uri } = (await post("/v1/security/totp", {}, who.token)).body;
  expect((await post("/v1/security/totp/finish", { code: totpOf(uri, -1) }, who.token)).status).toBe(200);
  await sql`
    insert into passkey (id, account, name, public_key, counter, transports)
    values (${`key-${who.email}`}, ${who.account}, 'key', '', 0, '{}')`;
  return who;
}

const reset = (who: { account: string }, token: string, more: object = {}, to = url) =>
  post(`/v1/staff/${who.account}/reset-factor`, { locale: "en", ...more }, token, to);
const factorsOf = async ({ account }: Person) => {
  const [row] = await sql`
    select second_factor as "on", (select count(*)::int from second_factor where account = ${account}) as secrets,
      (select count(*)::int from passkey where account = ${account}) as passkeys
    from sign_in_user where id = ${account}`;
  return row;
};
const untouched = { on: true, secrets: 1, passkeys: 1 };

describe("somebody's lost second factor, reset by who manages the staff", () => {
  test("signs them out on every node, tells them by mail, and is a line of the audit log", async () => {
    const admin = await newcomer("admin");
    const who = await withFactors();
    const other = await world.server.another();
    const links = await Promise.all(
      [url, other.url].flatMap((node) => transports.map((transport) => connect(transport, node, who.token))),
    );
    await Promise.all(links.map((link) => link.until((frame) => frame.t === "welcome")));
    const done = await reset(who, admin.token, { locale: "zh-Hant" });
    expect([done.status, done.body]).toEqual([200, { devicesEnded: 1, mailed: true }]);
    // How soon is law 11; that it is so on every node and transport is said here.
    expect(await Promise.all(links.map((link) => link.ended))).toEqual(links.map(() => 4503));
    expect((await ask(url, "/v1/me", { token: who.token })).status).toBe(401);
    const letter = await world.mailbox.next(who.email);
    expect(letter.subject).toBe("你在客戶服務台的雙重驗證已重設");
    for (const text of [letter.text, letter.html]) expect(text).toContain(admin.email.split("@")[0] ?? "");
    expect(letter.text).toContain(`${url}/console/`);
    const [line] = await sql`select by, detail from audit where act = 'factor-reset' and subject = ${who.account}`;
    expect([line?.by, JSON.parse(line?.detail)]).toEqual([
      admin.account,
      { authenticator: true, passkeys: 0, devicesEnded: 1 },
    ]);
    expect(await factorsOf(who)).toEqual({ on: false, secrets: 0, passkeys: 1 });
    expect((await post("/v1/sign-in", { login: who.email, password: good })).body.token).toStartWith("act_");
    await other.stop();
  });

  test("has them set up a new one at the next sign-in, where the role needs one, however often they tried", async () => {
    const who = await withFactors();
    const mei = await owner();
    await ask(url, `/v1/staff/${who.account}`, { token: mei.token, method: "PATCH", body: { role: "supervisor" } });
    const { attempt } = (await post("/v1/sign-in", { login: who.email, password: good })).body;
    for (let tries = 0; tries < 8; tries++)
      await post("/v1/sign-in/code", { attempt, code: `00000${tries}`, kind: "totp" });
    expect((await reset(who, mei.token, { passkeys: true })).status).toBe(200);
    // What was begun with the factor of before leads nowhere.
    expect((await post("/v1/sign-in/code", { attempt, code: "000000", kind: "totp" })).status).toBe(401);
    const first = (await post("/v1/sign-in", { login: who.email, password: good })).body;
    expect(first.next).toBe("enrol");
    const { uri } = (await post("/v1/sign-in/enrol", { attempt: first.attempt })).body;
    const enrolled = await post("/v1/sign-in/enrol/finish", { attempt: first.attempt, code: totpOf(uri) });
    expect([enrolled.status, enrolled.body.account]).toEqual([200, who.account]);
    expect(await factorsOf(who)).toEqual({ on: true, secrets: 1, passkeys: 0 });
  });

  test("is refused to who may do less than them, and to those who manage nobody", async () => {
    const someOwner = await withFactors("owner");
    const manager = await insertRole(sql, ["staff.manage", "staff.read"]);
    const refused = [
      [await newcomer("admin"), "account"],
      [await newcomer(manager), "account"],
      [await newcomer("agent"), undefined],
    ] as const;
    for (const [who, path] of refused) {
      const said = await reset(someOwner, who.token, { passkeys: true });
      expect([said.status, said.body.refusal.code, said.body.refusal.path]).toEqual([403, "forbidden", path]);
    }
    // A role that may manage staff and nothing else is below an agent, too.
    const agent = await withFactors();
    expect((await reset(agent, refused[1][0].token)).body.refusal.path).toBe("account");
    for (const who of [someOwner, agent]) expect(await factorsOf(who)).toEqual(untouched);
    expect((await ask(url, "/v1/me", { token: someOwner.token })).status).toBe(200);
    expect((await reset(someOwner, (await owner()).token)).status).toBe(200);
  });

  test("asks who does it for a fresh proof, and is not for oneself, for customers, or for nobody", async () => {
    const who = await withFactors();
    const admin = await withFactors("admin");
    await sql`update device set confirmed_at = now() - interval '16 minutes' where account = ${admin.account}`;
    const late = await reset(who, admin.token);
    expect([late.status, late.body.refusal]).toEqual([403, { code: "forbidden", path: "confirm" }]);
    expect(await factorsOf(who)).toEqual(untouched);
    expect((await post("/v1/security/confirm", { password: good }, admin.token)).status).toBe(200);
    expect((await reset(admin, admin.token)).body.refusal).toEqual({ code: "forbidden", path: "own" });
    const customer = (await post("/v1/customers", {})).body;
    for (const nobody of [customer, { account: `a_${"A".repeat(22)}` }])
      expect((await reset(nobody, admin.token)).status).toBe(404);
    expect((await reset(await newcomer(), admin.token)).body.refusal.code).toBe("no-change");
    expect((await reset(who, admin.token, { locale: "xx" })).status).toBe(400);
    expect((await reset(who, admin.token)).status).toBe(200);
    expect((await reset(who, admin.token)).body.refusal.code).toBe("no-change");
    expect((await reset(who, admin.token, { passkeys: true })).body.devicesEnded).toBe(0);
  });

  test("by a role that was just taken, or a device that just ended, does nothing", async () => {
    const who = await withFactors();
    const [demoted, out] = [await newcomer("admin"), await newcomer("admin")];
    const mei = await owner();
    const patch = (one: Person, body: object) =>
      ask(url, `/v1/staff/${one.account}`, { token: mei.token, method: "PATCH", body });
    await Promise.all([patch(demoted, { role: "agent" }), patch(out, { disabled: true })]);
    expect([(await reset(who, demoted.token)).status, (await reset(who, out.token)).status]).toEqual([403, 401]);
    expect(await factorsOf(who)).toEqual(untouched);
  });

  test("of the last owner is a command of the operator's", async () => {
    const cli = join(import.meta.dir, "../../server/src/cli.ts");
    const run = async (...words: string[]) => {
      const env = { PATH: process.env.PATH ?? "", DATABASE_URL: world.server.databaseUrl };
      const child = Bun.spawn([process.execPath, cli, "owner", ...words], { env, stdout: "pipe", stderr: "pipe" });
      const [said, wrong] = await Promise.all([child.stdout, child.stderr].map((one) => new Response(one).text()));
      return { code: await child.exited, said: `${said}${wrong}`.trim() };
    };
    const who = await withFactors("owner");
    const link = await connect("socket", url, who.token);
    expect(await run("reset-factor", who.email.toUpperCase(), "passkeys")).toEqual({
      code: 0,
      said: `The second factor of ${who.email.split("@")[0]} is gone; 1 devices were signed out.`,
    });
    expect(await link.ended).toBe(4503);
    expect(await factorsOf(who)).toEqual({ on: false, secrets: 0, passkeys: 0 });
    const [line] = await sql`select by from audit where act = 'factor-reset' and subject = ${who.account}`;
    expect(line?.by).toBe("system");
    expect((await run("reset-factor", who.email)).said).toContain("has no authenticator app to take away");
    expect((await run("reset-factor", "nobody-here")).said).toContain('nobody signs in as "nobody-here"');
    for (const words of [[], ["reset-factor"], ["reset", "x"], ["reset-factor", "x", "all"]])
      expect((await run(...words)).code).toBe(2);
  });
});
