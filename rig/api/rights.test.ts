import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { commandNeeds, permissionsOf, readNeeds, workspacePermissionNames } from "@aftercare/core";
import { type CommandType, commandTypes, type ReadType, readSchemas, staffRoles } from "@aftercare/protocol";
import type { Sql } from "postgres";
import { openSql } from "../../server/src/db/sql.ts";
import type { Route } from "../../server/src/http/route.ts";
import { routes } from "../../server/src/http/routes.ts";
import { openSender, ways } from "../bad-input/outcome.ts";
import { anId, seeded, validCommand, validValue } from "../law/generate.ts";
import { nodeOf } from "../law/schema.ts";
import { connect, transports } from "./links.ts";
import { ask, type Credential, startTestServer, type TestServer } from "./server.ts";
import { insertPerson, insertRole } from "./staff.ts";

// A runner that gives a test up kills the servers of all the others.
setDefaultTimeout(60_000);

const rng = seeded(20_261_124);

let server: TestServer;
let sql: Sql;
/** One person of each role there is, of a role for each permission alone, of none, and a customer. */
let people: { title: string; who: Credential; kind: "staff" | "customer"; may: readonly string[] }[];

beforeAll(async () => {
  server = await startTestServer();
  sql = openSql(server.databaseUrl, 2);
  people = [{ title: "customer", who: await insertPerson(sql, { role: null }), kind: "customer", may: [] }];
  for (const role of staffRoles) {
    const who = await insertPerson(sql, { role });
    people.push({ title: role, who, kind: "staff", may: permissionsOf(role, []) });
  }
  for (const may of [[], ...workspacePermissionNames.map((one) => [one])]) {
    const who = await insertPerson(sql, { role: await insertRole(sql, may) });
    people.push({ title: `only ${may.join()}`, who, kind: "staff", may });
  }
});
afterAll(async () => {
  await sql?.end();
  await server?.stop();
});

/** A path in which every id fits and is nobody's. */
const pathOf = (route: Route): string =>
  route.path.replace(/\{(\w+)\}/g, (_, name) => {
    const pattern = String(route.params?.[name]?.pattern);
    const letter = /(?:\^|\|)([a-z])_/.exec(pattern)?.[1] ?? "c";
    return anId(`${letter}_`, rng);
  });

describe("L5 every route asks for the permission it names, and for nothing else", () => {
  const guarded = routes.filter((route) => route.auth === "bearer" && route.needs !== undefined);

  test.each(guarded.map((route) => [`${route.method} ${route.path}`, route] as const))("%s", async (_, route) => {
    if (route.auth !== "bearer" || route.needs === undefined) throw new Error("not guarded");
    const { needs } = route;
    const path = pathOf(route);
    const method = route.method.toUpperCase();
    const body = route.body ? {} : undefined;
    const outcomes = await Promise.all(
      people.map(async ({ title, who }) => {
        const answer = await ask(server.url, path, { token: who.token, method, ...(body && { body }) });
        return [title, answer.status === 403 && answer.body.refusal.path === undefined ? "forbidden" : "let in"];
      }),
    );
    const said = people.map(({ title, kind, may }) => [
      title,
      (needs === "staff" ? kind === "staff" : kind === "staff" && may.includes(needs)) ? "let in" : "forbidden",
    ]);
    expect(outcomes).toEqual(said);
    const nobody = await ask(server.url, path, { method, ...(body && { body }) });
    expect([nobody.status, nobody.body.refusal.code]).toEqual([401, "unauthorised"]);
  });

  test("a route without a permission is one's own, or asks core; a new one has to be thought of here", () => {
    const free = routes.filter((route) => route.auth === "bearer" && route.needs === undefined);
    expect(free.map(({ operationId }) => operationId).sort()).toEqual(
      [
        ...["closeSession", "createTicket", "getMe", "openSession", "pollFrames", "postFrames", "signOut"],
        ...["streamEvents", "getAlarms", "getHistory", "getInbox", "getMessages", "getPeople", "getStream"],
        ...["getTrace", "sendCommand", "sendReceipt", "sendSignal"],
        ...["countConversations", "listConversations", "listMentions"],
      ].sort(),
    );
    const open = routes.filter((route) => route.auth === "open").map(({ operationId }) => operationId);
    expect(open.sort()).toEqual(
      ["createCustomer", "identifyCustomer", "getOpenApi", "getWidgetSettings", "openSocket", "signIn"].sort(),
    );
  });
});

describe("L5 every command and read says the same to a role on every transport", () => {
  test.each(commandTypes as readonly CommandType[])("command %s", async (type) => {
    const needs = commandNeeds[type];
    for (const { title, who, may, kind } of people) {
      const command = validCommand(type, rng);
      const text = JSON.stringify({
        ...command,
        ...(type === "conversation.create-group" && { body: { title: "A", members: [] } }),
      });
      const outcomes: [string, string][] = [];
      for (const way of ways) {
        const sender = openSender(way, server.url, who.token);
        outcomes.push([way, await sender.command(text)]);
        await sender.close();
      }
      const [, first = ""] = outcomes[0] ?? [];
      expect([title, outcomes]).toEqual([title, ways.map((way) => [way, first])]);
      if (needs === undefined) continue;
      const lacks = kind !== "staff" || !may.includes(needs);
      expect([title, first === "forbidden"]).toEqual([title, lacks]);
    }
  });

  test.each(Object.keys(readSchemas) as ReadType[])("read %s", async (type) => {
    const needs = readNeeds[type];
    const read = { ...(validValue(nodeOf(readSchemas[type]), rng) as object), type };
    for (const { title, who, may, kind } of people) {
      const outcomes: [string, unknown][] = [];
      for (const transport of transports) {
        const link = await connect(transport, server.url, who.token);
        await link.send({ t: "read", n: 1, read });
        const { answer, refusal } = await link.until((frame) => frame.t === "answer");
        outcomes.push([transport, refusal ?? Object.keys(answer)]);
        await link.close();
      }
      const [, first] = outcomes[0] ?? [];
      expect([title, outcomes]).toEqual([title, transports.map((transport) => [transport, first])]);
      if (needs === undefined) continue;
      const lacks = kind !== "staff" || !may.includes(needs);
      expect([title, (first as { code?: string }).code === "forbidden"]).toEqual([title, lacks]);
    }
  });

  test("what one may do is told alike by the API and by every transport's welcome", async () => {
    for (const { who, may } of people) {
      const { body } = await ask(server.url, "/v1/me", { token: who.token });
      expect([...body.may].sort()).toEqual([...may].sort());
      for (const transport of transports) {
        const link = await connect(transport, server.url, who.token);
        const welcome = await link.until((frame) => frame.t === "welcome");
        expect([welcome.may, welcome.role]).toEqual([body.may, body.role]);
        await link.close();
      }
    }
  });
});
