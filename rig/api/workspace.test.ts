import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { rolePermissions } from "@aftercare/core";
import { makeId } from "@aftercare/protocol";
import type { Sql } from "postgres";
import { verifyAudit } from "../../server/src/audit/verify.ts";
import { openSql } from "../../server/src/db/sql.ts";
import { connect, transports } from "./links.ts";
import { ask, type Credential, command, conversation, staff, startTestServer, type TestServer } from "./server.ts";
import { insertPerson, insertRole } from "./staff.ts";

// A runner that gives a test up kills the servers of all the others.
setDefaultTimeout(60_000);

let server: TestServer;
/** A node whose bells reach nobody and that hears none: each node has a bus of its own. */
let deaf: { url: string; stop(): Promise<void> };
let sql: Sql;
let mei: Credential;
beforeAll(async () => {
  server = await startTestServer({ "heartbeat-ms": 18_000 });
  deaf = await server.another({ "heartbeat-ms": 18_000 });
  sql = openSql(server.databaseUrl, 2);
  mei = await staff(server);
});
afterAll(async () => {
  await sql?.end();
  await deaf?.stop();
  await server?.stop();
});

type Wanted = { method?: string; body?: unknown; url?: string };
const by = async ({ token }: Credential, path: string, { url = server.url, ...rest }: Wanted = {}) => {
  const { status, body } = await ask(url, path, { token, ...rest });
  return { status, body, code: body.refusal?.code, path: body.refusal?.path };
};
const patch = (who: Credential, path: string, body: object) => by(who, path, { method: "PATCH", body });
const acts = async (subject: string): Promise<string[]> =>
  (await by(mei, "/v1/audit")).body.lines
    .filter((line: { subject?: string }) => line.subject === subject)
    .map(({ act }: { act: string }) => act);

describe("L5 who may give what", () => {
  test("nobody gives, takes or changes what is above them", async () => {
    const admin = await insertPerson(sql, { role: "admin" });
    const agent = await insertPerson(sql, { role: "agent" });
    expect(await patch(admin, `/v1/staff/${agent.account}`, { role: "owner" })).toMatchObject({
      code: "forbidden",
      path: "role",
    });
    expect(await patch(admin, `/v1/staff/${mei.account}`, { name: "X" })).toMatchObject({
      code: "forbidden",
      path: "account",
    });
    expect((await patch(admin, `/v1/staff/${agent.account}`, { role: "supervisor" })).body.role).toBe("supervisor");
    expect((await patch(agent, `/v1/staff/${agent.account}`, { role: "owner" })).code).toBe("forbidden");
    const permissions = ["owners.manage"];
    expect(await by(admin, "/v1/roles", { body: { name: "Sly", permissions } })).toMatchObject({
      code: "forbidden",
      path: "permissions",
    });
    expect((await by(mei, "/v1/roles", { body: { name: "Deputy", permissions } })).status).toBe(201);
    const roles = (await by(admin, "/v1/roles")).body.roles as { id: string; name: string }[];
    const deputy = roles.find(({ name }) => name === "Deputy")?.id ?? "";
    for (const body of [{ name: "Other" }, { permissions: [] }])
      expect((await patch(admin, `/v1/roles/${deputy}`, body)).code).toBe("forbidden");
    expect((await by(admin, `/v1/roles/${deputy}`, { method: "DELETE" })).code).toBe("forbidden");
    expect((await patch(admin, `/v1/staff/${agent.account}`, { role: deputy })).code).toBe("forbidden");
    expect(await acts(agent.account)).toEqual(["role-assigned"]);
  });

  test("an owner's role is nobody's to change, and the last owner stays, also when two unmake each other", async () => {
    for (const role of ["owner", "agent"])
      expect((await patch(mei, `/v1/roles/${role}`, { permissions: [] })).code).toBe("forbidden");
    const self = `/v1/staff/${mei.account}`;
    expect((await patch(mei, self, { role: "agent" })).code).toBe("owner-must-hand-over");
    expect((await patch(mei, self, { disabled: true })).code).toBe("forbidden");
    const other = await insertPerson(sql, { role: "owner" });
    const answers = await Promise.all([
      patch(mei, `/v1/staff/${other.account}`, { role: "agent" }),
      patch(other, self, { role: "agent" }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 403]);
    const [counted] = await sql`
      select count(*)::int as owners from account where role = 'owner' and disabled_at is null`;
    expect(counted?.owners).toBe(1);
    await sql`update account set role = 'owner' where id = ${mei.account}`;
    await sql`update account set role = 'agent' where id = ${other.account}`;
    await sql`insert into rights_change (account) values (${mei.account}), (${other.account})`;
    await until(async () => (await by(mei, "/v1/me")).body.role === "owner");
  });

  test("a role in use stays, a name is given once, and what is not known is refused", async () => {
    const { body: role } = await by(mei, "/v1/roles", { body: { name: "夜班", permissions: ["staff.read"] } });
    expect(role).toMatchObject({ name: "夜班", permissions: ["staff.read"], builtIn: false, staff: 0 });
    for (const name of ["夜班", "Owner"])
      expect((await by(mei, "/v1/roles", { body: { name, permissions: [] } })).code).toBe("in-use");
    expect((await by(mei, "/v1/roles", { body: { name: "x", permissions: ["every.thing"] } })).code).toBe("invalid");
    const who = await insertPerson(sql, { role: role.id });
    expect((await by(mei, `/v1/roles/${role.id}`, { method: "DELETE" })).code).toBe("in-use");
    expect((await patch(mei, `/v1/staff/${who.account}`, { role: "agent" })).status).toBe(200);
    expect((await by(mei, `/v1/roles/${role.id}`, { method: "DELETE" })).status).toBe(200);
    expect(await acts(role.id)).toEqual(["role-deleted", "role-created"]);
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const endAt = Date.now() + 15_000; !(await holds()); await Bun.sleep(20))
    if (Date.now() > endAt) throw new Error("it did not come about");
}

describe("L5 L11 changes hold at once for who is signed in", () => {
  for (const transport of transports)
    test(`over ${transport}, on the node that was asked and on one that no bell reaches`, async () => {
      const who = await insertPerson(sql, { role: "agent" });
      const group = () => ({
        t: "command",
        command: command("conversation.create-group", { title: "A", members: [] }),
      });
      const links = await Promise.all([server.url, deaf.url].map((url) => connect(transport, url, who.token)));
      for (const link of links) {
        await link.send(group());
        await link.until((frame) => frame.t === "ack");
        await link.send({ t: "read", n: 1, read: { type: "alarms" } });
        expect((await link.until((frame) => frame.n === 1)).refusal.code).toBe("forbidden");
      }
      const role = await insertRole(sql, ["delivery.inspect"]);
      expect((await patch(mei, `/v1/staff/${who.account}`, { role })).status).toBe(200);
      for (const [index, link] of links.entries()) {
        const told = await link.until((frame) => frame.t === "rights");
        expect(told).toEqual({ t: "rights", name: who.name, may: ["delivery.inspect"], role });
        await link.send(group());
        const { refusal } = await link.until((frame) => frame.t === "refused");
        expect(refusal.code).toBe("forbidden");
        await link.send({ t: "read", n: 2, read: { type: "alarms" } });
        expect((await link.until((frame) => frame.n === 2)).answer.links).toBeArray();
        const url = index === 0 ? server.url : deaf.url;
        expect((await by(who, "/v1/me", { url })).body.may).toEqual(["delivery.inspect"]);
      }
      // The role itself changes: the same for all who have it.
      await patch(mei, `/v1/roles/${role}`, { permissions: ["group.create"] });
      for (const link of links) await link.until((frame) => frame.t === "rights" && frame.may[0] === "group.create");
      await patch(mei, `/v1/staff/${who.account}`, { disabled: true });
      for (const link of links) expect(await link.ended).toBe(4503);
      for (const url of [server.url, deaf.url]) expect((await by(who, "/v1/me", { url })).status).toBe(401);
    });

  test("who was shut out cannot sign in, comes back when let in, and signs in anew", async () => {
    const kit = await staff(server, "kit");
    await patch(mei, `/v1/staff/${kit.account}`, { disabled: true });
    const { password } = server.signIns.find(({ login }) => login === "kit") ?? {};
    const again = () => ask(server.url, "/v1/sign-in", { body: { login: "kit", password } });
    expect((await again()).status).toBe(401);
    const people = (await by(mei, "/v1/people")).body.people as { account: string }[];
    expect(people.some(({ account }) => account === kit.account)).toBe(false);
    await patch(mei, `/v1/staff/${kit.account}`, { disabled: false });
    expect((await by(kit, "/v1/me")).status).toBe(401);
    expect((await again()).status).toBe(200);
    expect(await acts(kit.account)).toEqual(["staff-enabled", "staff-disabled"]);
  });
});

describe("customers, field by field", () => {
  test("one sees and writes what one's permissions say, of customers whom one serves", async () => {
    const { who } = await conversation(server.url);
    const path = `/v1/customers/${who.account}`;
    const kit = await staff(server, "kit");
    const profile = { phone: "+852 5555 0101", email: "ming@example.com", address: "九龍\n彌敦道 1 號", notes: "左耳" };
    expect((await patch(kit, path, profile)).body).toMatchObject({ account: who.account, profile, hidden: [] });
    const narrow = await insertPerson(sql, {
      role: await insertRole(sql, ["customer.edit", "customer.see-notes", "conversation.read-any"]),
    });
    const hidden = ["phone", "email", "address", "price"];
    expect((await by(narrow, path)).body).toMatchObject({ profile: { notes: "左耳" }, hidden });
    expect(JSON.stringify((await by(narrow, path)).body)).not.toContain("5555");
    const both = await patch(narrow, path, { notes: "右耳", phone: null });
    expect([both.code, both.path]).toEqual(["forbidden", "phone"]);
    expect((await patch(narrow, path, { notes: "右耳" })).body.profile).toEqual({ notes: "右耳" });
    expect((await by(kit, path)).body.profile).toEqual({ ...profile, notes: "右耳" });
    expect(await acts(who.account)).toEqual(["customer-changed", "customer-changed"]);
    const [line] = await sql`select detail from audit where subject = ${who.account} order by seq desc limit 1`;
    expect(line?.detail).toBe('{"fields":["notes"]}');
    expect(await patch(kit, path, { email: "not an address" })).toMatchObject({ code: "invalid", path: "email" });
    expect((await patch(kit, path, { email: null })).body.profile.email).toBe(null);
    const stranger = await insertPerson(sql, { role: "agent" });
    expect((await by(stranger, path)).code).toBe("not-found");
    expect((await by(who, path)).code).toBe("forbidden");
    expect((await by(kit, `/v1/customers/${mei.account}`)).code).toBe("not-found");
  });
});

describe("a customer's details, written by two", () => {
  test("what was not seen is not written over; who says nothing of what they saw writes as ever", async () => {
    const { who } = await conversation(server.url);
    const path = `/v1/customers/${who.account}`;
    const kit = await staff(server, "kit");
    const [one, two] = ["+852 5555 0001", "+852 5555 0002"];
    const seen = { phone: null };
    expect((await patch(mei, path, { phone: one, seen })).body.profile.phone).toBe(one);
    const late = { code: "too-late", path: "phone", status: 409 };
    expect(await patch(kit, path, { phone: two, notes: "右耳", seen })).toMatchObject(late);
    expect((await by(kit, path)).body.profile).toMatchObject({ phone: one, notes: null });
    // Another field is another matter, and so is the same answer, sent twice.
    expect((await patch(kit, path, { notes: "右耳", seen: { notes: null } })).status).toBe(200);
    expect((await patch(mei, path, { phone: one, seen })).status).toBe(200);
    expect((await patch(kit, path, { phone: two, seen: { phone: one } })).body.profile.phone).toBe(two);
    expect((await patch(mei, path, { phone: one })).body.profile.phone).toBe(one);
    const name = (await by(mei, path)).body.name;
    expect((await patch(mei, path, { name: "Ms Chan", seen: { name } })).status).toBe(200);
    expect(await patch(kit, path, { name: "Mr Chan", seen: { name } })).toMatchObject({ ...late, path: "name" });
  });

  test("of two who saw the same and write at once, one is told", async () => {
    const { who } = await conversation(server.url);
    const path = `/v1/customers/${who.account}`;
    const notes = Array.from({ length: 6 }, (_, n) => `note ${n}`);
    const said = await Promise.all(
      notes.map((one, n) =>
        by(mei, path, {
          method: "PATCH",
          body: { notes: one, seen: { notes: null } },
          ...(n % 2 && { url: deaf.url }),
        }),
      ),
    );
    expect(said.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
  });

  test("nobody learns what is hidden by saying what they saw", async () => {
    const { who } = await conversation(server.url);
    const path = `/v1/customers/${who.account}`;
    const permissions = ["customer.edit", "customer.see-notes", "conversation.read-any"];
    const narrow = await insertPerson(sql, { role: await insertRole(sql, permissions) });
    for (const phone of [null, "+852 5555 0101"])
      expect(await patch(narrow, path, { notes: "左耳", seen: { phone } })).toMatchObject({
        code: "forbidden",
        path: "phone",
      });
  });
});

describe("the workspace", () => {
  test("shops, teams and desks: made, changed, moved, and kept while something needs them", async () => {
    const { body: shop } = await by(mei, "/v1/shops", { body: { name: "旺角" } });
    const { body: team } = await by(mei, "/v1/teams", { body: { shop: shop.id, name: "Repairs" } });
    const one = `/v1/teams/${team.id}/members/${mei.account}`;
    expect((await by(mei, one, { method: "PUT" })).body.members).toEqual([mei.account]);
    expect((await by(mei, one, { method: "PUT" })).status).toBe(200);
    const { staff: all } = (await by(mei, "/v1/staff")).body;
    expect(all.find(({ account }: Credential) => account === mei.account).teams).toEqual([team.id]);
    expect((await by(mei, `/v1/shops/${shop.id}`, { method: "DELETE" })).code).toBe("in-use");
    const { shops } = (await by(mei, "/v1/shops")).body;
    const [first] = shops.filter(({ desks }: { desks: object[] }) => desks.length > 0);
    const [desk] = first.desks;
    const moved = await by(mei, `/v1/shops/${shop.id}/desks/${desk.id}`, { method: "PUT" });
    expect(moved.body.desks).toEqual([desk]);
    const widget = await ask(server.url, `/v1/widget-settings?shop=${shop.id}`);
    expect(widget.body.shop).toEqual({ id: shop.id, name: "旺角", desk: desk.id });
    await by(mei, `/v1/shops/${first.id}/desks/${desk.id}`, { method: "PUT" });
    expect((await by(mei, `/v1/teams/${team.id}`, { method: "DELETE" })).status).toBe(200);
    expect((await by(mei, `/v1/shops/${shop.id}`, { method: "DELETE" })).status).toBe(200);
    expect(await acts(team.id)).toEqual(["team-deleted", "team-created"]);
  });

  test("two shops have not one name, in whatever case; a shop keeps its own", async () => {
    const make = (name: string) => by(mei, "/v1/shops", { body: { name } });
    const { body: east } = await make("East Gate");
    const { body: west } = await make("West Gate");
    const taken = { code: "in-use", path: "name" };
    expect(await make("EAST gate")).toMatchObject(taken);
    expect(await patch(mei, `/v1/shops/${west.id}`, { name: "east gate" })).toMatchObject(taken);
    expect((await patch(mei, `/v1/shops/${east.id}`, { name: "EAST GATE" })).body.name).toBe("EAST GATE");
    // Doubles of before this was refused stay, and each may still be saved as it is.
    await sql`update shop set name = 'West Gate' where id = ${east.id}`;
    expect((await patch(mei, `/v1/shops/${east.id}`, { name: "West Gate" })).status).toBe(200);
    for (const { id } of [east, west]) await by(mei, `/v1/shops/${id}`, { method: "DELETE" });
  });

  test("a desk is made in a shop, staffed and left: its stream, its customers and the audit log know", async () => {
    const agent = await insertPerson(sql, { role: "agent" });
    const { body: shop } = await by(mei, "/v1/shops", { body: { name: "沙田" } });
    const desks = `/v1/shops/${shop.id}/desks`;
    expect((await by(agent, desks, { body: { title: "Repairs" } })).code).toBe("forbidden");
    const made = await by(mei, desks, { body: { title: "Repairs" } });
    expect([made.status, made.body.desks[0]]).toMatchObject([201, { title: "Repairs", staff: [] }]);
    const desk: string = made.body.desks[0].id;
    const serve = (who: Credential, method: string) =>
      by(mei, `/v1/desks/${desk}/staff/${who.account}`, { method, url: deaf.url });
    expect((await by(agent, `/v1/desks/${desk}/staff/${agent.account}`, { method: "PUT" })).code).toBe("forbidden");

    expect((await serve(mei, "PUT")).body.desks[0].staff).toEqual([{ account: mei.account, name: mei.name }]);
    const link = await connect("socket", deaf.url, mei.token, { cursors: [{ stream: desk }] });
    await link.until((frame) => frame.stream === desk && frame.t !== "gone");
    expect((await serve(agent, "PUT")).status).toBe(200);
    expect((await serve(agent, "PUT")).status).toBe(200);
    const joined = await link.until((frame) => JSON.stringify(frame).includes("desk.joined"));
    expect(JSON.stringify(joined)).toContain(agent.account);

    const guest = (await ask(server.url, "/v1/customers", { body: {} })).body;
    const asked = await by(guest, "/v1/commands", { body: command("conversation.ask", { desk }) });
    const stream = asked.body.conversation;
    const reads = async (who: Credential) => (await by(who, `/v1/streams/${stream}`)).status;
    expect(await reads(agent)).toBe(200);

    expect((await serve(agent, "DELETE")).body.desks[0].staff).toHaveLength(1);
    await link.until((frame) => JSON.stringify(frame).includes("desk.left"));
    const [row] = await sql`select last_seq::int as seq, member_count as members from stream where id = ${desk}`;
    // Two came, a customer asked, one left.
    expect(row).toEqual({ seq: 4, members: 1 });
    const again = await by(guest, "/v1/commands", { body: command("conversation.ask", { desk }) });
    const other = (await by(agent, `/v1/streams/${again.body.conversation}`)).status;
    expect([await reads(agent), other === 200]).toEqual([200, false]);
    expect(await acts(agent.account)).toEqual(["desk-left", "desk-joined"]);
    expect(await acts(desk)).toEqual(["desk-created"]);
    for (const [path, wanted] of [
      [`/v1/desks/${desk}/staff/${guest.account}`, { method: "PUT" }],
      [`/v1/shops/s_${"0".repeat(22)}/desks`, { body: { title: "X" } }],
    ] as const)
      expect((await by(mei, path, wanted)).code).toBe("not-found");
  });

  test("what the widget shows is changed by who may, and read by everybody", async () => {
    const widget = {
      title: { en: "Help", "zh-Hant": "售後服務" },
      colour: "#0a7c66",
      preChat: [{ field: "phone", required: true }],
      consent: { en: "We keep this conversation." },
    };
    const changed = await patch(mei, "/v1/workspace", { name: "Ming Audio", brandColour: "#0a7c66", widget });
    expect(changed.body).toMatchObject({ name: "Ming Audio", widget });
    const open = await ask(server.url, "/v1/widget-settings");
    expect(open.headers.get("cache-control")).toBe("public, max-age=60");
    expect(open.body).toEqual({ name: "Ming Audio", brandColour: "#0a7c66", defaultLocale: "en", widget });
    for (const body of [
      { brandColour: "red" },
      { widget: { colour: "#0a7c66;}" } },
      { widget: { title: { fr: "x" } } },
      { widget: { preChat: [{ field: "password", required: true }] } },
      { settings: {} },
      { name: "" },
    ])
      expect([body, (await patch(mei, "/v1/workspace", body)).code]).toEqual([body, "invalid"]);
    expect((await ask(server.url, "/v1/widget-settings?shop=x")).status).toBe(400);
  });

  test("a shop shows the workspace's, but for what is its own, on every node, until that is taken back", async () => {
    const chain = {
      greeting: { en: "Hello from the chain" },
      colour: "#0a7c66",
      launcher: { position: "start", bottomPx: 40 },
      preChat: [{ field: "phone", required: true }],
      consent: { en: "We keep this." },
    };
    await patch(mei, "/v1/workspace", { name: "Chain", brandColour: "#0a7c66", widget: chain });
    const { body: shop } = await by(mei, "/v1/shops", { body: { name: "旺角" } });
    const path = `/v1/shops/${shop.id}/widget`;
    const put = (who: Credential, widget: object) => by(who, path, { method: "PUT", body: widget });
    const shown = async (url = server.url) => (await ask(url, `/v1/widget-settings?shop=${shop.id}`)).body;
    const dressed = async (url: string) => (await ask(url, `/loader.js?shop=${shop.id}`)).body.slice(0, 200);
    expect((await by(mei, path)).body).toEqual({ shop: shop.id, widget: {} });
    expect((await shown()).widget).toEqual(chain);

    const own = { greeting: { "zh-Hant": "旺角店為你服務" }, colour: "#7a1fa2", preChat: [], consent: {} };
    expect((await put(mei, own)).body).toEqual({ shop: shop.id, widget: own });
    const merged = { greeting: own.greeting, colour: "#7a1fa2", launcher: chain.launcher };
    for (const url of [server.url, deaf.url]) expect((await shown(url)).widget).toEqual(merged);
    expect((await ask(server.url, "/v1/widget-settings")).body.widget).toEqual(chain);

    await patch(mei, "/v1/workspace", { widget: { ...chain, launcher: { bottomPx: 90 }, title: { en: "Care" } } });
    expect((await shown()).widget).toEqual({ ...merged, launcher: { bottomPx: 90 }, title: { en: "Care" } });
    expect(await dressed(server.url)).toContain(`{"brand":"#7a1fa2","locale":"en","shop":"${shop.id}","up":90}`);

    const agent = await insertPerson(sql, { role: "agent" });
    expect((await put(agent, {})).code).toBe("forbidden");
    expect((await by(agent, path)).body.widget).toEqual(own);
    const guest = (await ask(server.url, "/v1/customers", { body: {} })).body;
    expect((await by(guest, path)).code).toBe("forbidden");
    for (const widget of [{ colour: "red" }, { greeting: { fr: "x" } }, { name: "x" }])
      expect([widget, (await put(mei, widget)).code]).toEqual([widget, "invalid"]);
    expect((await put(mei, { greeting: { en: "x".repeat(2_001) } })).code).toBe("too-large");
    const nowhere = `/v1/shops/s_${"0".repeat(22)}/widget`;
    expect((await by(mei, nowhere)).code).toBe("not-found");
    expect((await by(mei, nowhere, { method: "PUT", body: {} })).code).toBe("not-found");

    expect((await put(mei, {})).body.widget).toEqual({});
    expect((await shown()).widget).toEqual({ ...chain, launcher: { bottomPx: 90 }, title: { en: "Care" } });
    expect(await acts(shop.id)).toEqual(["shop-looks-changed", "shop-looks-changed", "shop-created"]);
    const lines = (await by(mei, "/v1/audit?act=shop-looks-changed")).body.lines;
    expect(lines[1].detail).toEqual({ changed: ["colour", "consent", "greeting", "preChat"] });
    await by(mei, `/v1/shops/${shop.id}`, { method: "DELETE" });
  });

  test("the audit log tells what its ids are called now, beside its lines; what is deleted keeps its id", async () => {
    const { id: shop } = (await by(mei, "/v1/shops", { body: { name: "Before" } })).body;
    const { id: team } = (await by(mei, "/v1/teams", { body: { shop, name: "Night" } })).body;
    await by(mei, `/v1/shops/${shop}`, { method: "PATCH", body: { name: "After" } });
    const made = async (act: string, id: string) => {
      const { lines, names } = (await by(mei, `/v1/audit?act=${act}`)).body;
      return { line: lines.find(({ subject }: { subject: string }) => subject === id), names };
    };
    const first = await made("team-created", team);
    expect(first.names).toMatchObject({ [mei.account]: mei.name, [team]: "Night", [shop]: "After" });
    expect(first.line).toMatchObject({ by: mei.account, detail: { name: "Night", shop } });
    await by(mei, `/v1/teams/${team}`, { method: "DELETE" });
    const then = await made("team-created", team);
    expect(then.line).toEqual(first.line);
    expect(then.names[team]).toBeUndefined();
    expect(then.names[shop]).toBe("After");
    expect((await verifyAudit(sql)).whole).toBe(true);
  });

  test("the audit log says from what kind of device somebody signed in", async () => {
    const { login, password } = server.signIns.find((one) => one.login === "mei") ?? {};
    const headers = { "user-agent": "Mozilla/5.0 (X11; Linux x64) Chrome/150.0.0.0 Safari/537.36" };
    await ask(server.url, "/v1/sign-in", { headers, body: { login, password } });
    const { lines, names } = (await by(mei, "/v1/audit?act=sign-in")).body;
    expect(names[lines[0].subject]).toBe("Chrome, Linux");
    // What a program signed in tells no browser: the id stays.
    expect(lines.some(({ subject }: { subject: string }) => names[subject] === undefined)).toBe(true);
  });

  test("the audit log is paged and filtered, and whole", async () => {
    const { body } = await by(mei, "/v1/audit?limit=2");
    expect(body.lines).toHaveLength(2);
    const next = await by(mei, `/v1/audit?limit=2&before=${body.next}`);
    expect(next.body.lines[0].seq).toBe(body.lines[1].seq - 1);
    const line = (await by(mei, "/v1/audit?act=settings-changed")).body.lines.at(-1);
    expect(line).toMatchObject({ act: "settings-changed", by: mei.account });
    expect((await by(mei, `/v1/audit?act=settings-changed&until=${line.at - 1}`)).body.lines).toEqual([]);
    expect((await by(mei, `/v1/audit?by=system`)).body.lines).toEqual([]);
    for (const query of ["act=nonsense", "limit=0", "limit=101", "since=x", "by=%00", "x=1"])
      expect([query, (await by(mei, `/v1/audit?${query}`)).status]).toEqual([query, 400]);
    expect((await verifyAudit(sql)).whole).toBe(true);
  });
});

describe("another workspace does not exist here", () => {
  test("its ids are not found wherever one may be given, and its people are not signed in", async () => {
    const workspace = `w_${"x".repeat(22)}`;
    await sql`insert into workspace (id, name) values (${workspace}, 'Other')`;
    const far = await insertPerson(sql, { role: "owner", workspace });
    const customer = await insertPerson(sql, { role: null, workspace });
    const role = await insertRole(sql, [...rolePermissions.agent], workspace);
    const [shop, team, desk] = (["s_", "t_", "d_"] as const).map((one) => makeId(one, Date.now(), randomBytes(10))) as [
      string,
      string,
      string,
    ];
    await sql`insert into shop (id, name, workspace) values (${shop}, 'Far', ${workspace})`;
    await sql`insert into team (id, name, shop, workspace) values (${team}, 'Far', ${shop}, ${workspace})`;
    await sql`insert into stream (id, title, shop) values (${desk}, 'Far', ${shop})`;
    const kit = await staff(server, "kit");
    const [mine] = (await by(mei, "/v1/shops")).body.shops;
    const { body: own } = await by(mei, "/v1/teams", { body: { shop: mine.id, name: "Own" } });

    expect((await by(far, "/v1/me")).status).toBe(401);
    const asked: [string, Wanted][] = [
      [`/v1/staff/${far.account}`, { method: "PATCH", body: { name: "X" } }],
      [`/v1/staff/${kit.account}`, { method: "PATCH", body: { role } }],
      [`/v1/staff/${kit.account}`, { method: "PATCH", body: { shop } }],
      [`/v1/roles/${role}`, { method: "PATCH", body: { name: "X" } }],
      [`/v1/roles/${role}`, { method: "DELETE" }],
      [`/v1/shops/${shop}`, { method: "PATCH", body: { name: "X" } }],
      [`/v1/shops/${shop}`, { method: "DELETE" }],
      [`/v1/shops/${shop}/desks/${mine.desks[0].id}`, { method: "PUT" }],
      [`/v1/shops/${mine.id}/desks/${desk}`, { method: "PUT" }],
      [`/v1/shops/${shop}/desks`, { body: { title: "X" } }],
      [`/v1/desks/${desk}/staff/${kit.account}`, { method: "PUT" }],
      [`/v1/desks/${desk}/staff/${kit.account}`, { method: "DELETE" }],
      [`/v1/desks/${mine.desks[0].id}/staff/${far.account}`, { method: "PUT" }],
      ["/v1/teams", { body: { shop, name: "X" } }],
      [`/v1/teams/${team}`, { method: "PATCH", body: { name: "X" } }],
      [`/v1/teams/${team}`, { method: "DELETE" }],
      [`/v1/teams/${team}/members/${kit.account}`, { method: "PUT" }],
      [`/v1/teams/${own.id}/members/${far.account}`, { method: "PUT" }],
      [`/v1/teams/${own.id}/members/${far.account}`, { method: "DELETE" }],
      [`/v1/customers/${customer.account}`, {}],
      [`/v1/customers/${customer.account}`, { method: "PATCH", body: { notes: "x" } }],
      [`/v1/widget-settings?shop=${shop}`, {}],
      ["/v1/commands", { body: command("conversation.start-direct", { account: far.account }) }],
      ["/v1/commands", { body: command("conversation.create-group", { title: "A", members: [far.account] }) }],
    ];
    for (const [path, wanted] of asked)
      expect([path, wanted, (await by(mei, path, wanted)).code]).toEqual([path, wanted, "not-found"]);
    const guest = (await ask(server.url, "/v1/customers", { body: {} })).body;
    expect((await by(guest, "/v1/commands", { body: command("conversation.ask", { desk }) })).code).toBe("not-found");

    const lists = await Promise.all(
      ["staff", "roles", "shops", "teams", "audit", "people"].map(async (path) => (await by(mei, `/v1/${path}`)).body),
    );
    const text = JSON.stringify(lists);
    for (const id of [far.account, role, shop, team, desk])
      expect([id, text.includes(`"id":"${id}"`)]).toEqual([id, false]);
    expect(text).not.toContain(`"account":"${far.account}"`);
  });
});
