import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { rolePermissions } from "@aftercare/core";
import { notesOf } from "@aftercare/protocol";
import type { Sql } from "postgres";
import { openSql } from "../../server/src/db/sql.ts";
import { openSender, ways } from "../bad-input/outcome.ts";
import { type NatsServer, startNats } from "../nats.ts";
import { connect, type Frame, type TestLink, transports } from "./links.ts";
import {
  ask,
  type Credential,
  command,
  conversation,
  message,
  staff,
  startTestServer,
  type TestServer,
} from "./server.ts";
import { insertPerson, insertRole } from "./staff.ts";

// A runner that gives a test up kills the servers of all the others.
setDefaultTimeout(60_000);

/** Longer than any test waits: what comes sooner did not come by a heartbeat. */
const heartbeatMs = 18_000;
const withinMs = 2_000;

let nats: NatsServer;
let server: TestServer;
type Running = { url: string; stop(): Promise<void> };
let other: Running;
/** A node whose bells reach nobody and that hears none. */
let deaf: Running;
let sql: Sql;
let mei: Credential;
beforeAll(async () => {
  nats = await startNats();
  const shared = { "nats-servers": nats.url, "heartbeat-ms": heartbeatMs };
  server = await startTestServer(shared);
  [other, deaf] = await Promise.all([server.another(shared), server.another({ "heartbeat-ms": heartbeatMs })]);
  sql = openSql(server.databaseUrl, 2);
  mei = await staff(server);
  for (const { url } of [server, other])
    await until(async () => (await ask(url, "/readyz")).body.degraded.length === 0);
});
afterAll(async () => {
  await sql?.end();
  await other?.stop();
  await deaf?.stop();
  await server?.stop();
  await nats?.stop();
});

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (const endAt = Date.now() + 15_000; !(await holds()); await Bun.sleep(20))
    if (Date.now() > endAt) throw new Error("it did not come about");
}

const supervisor = () => insertPerson(sql, { role: "supervisor", name: "Priya" });
const cursors = (...streams: string[]) => ({ cursors: streams.map((stream) => ({ stream })) });
const isLive = (stream: string) => (frame: Frame) => frame.t === "live" && frame.stream === stream;
const isGone = (stream: string) => (frame: Frame) => frame.t === "gone" && frame.stream === stream;
const saying = (text: string) => (frame: Frame) => frame.t === "event" && frame.event.body.parts?.[0]?.text === text;
const give = (who: Credential, type: string, body: object, stream?: string, url = server.url) =>
  ask(url, "/v1/commands", { token: who.token, body: command(type, body, stream) });
const say = async (who: Credential, stream: string, text: string) =>
  expect((await ask(server.url, "/v1/commands", { token: who.token, body: message(stream, text) })).status).toBe(200);
const setRole = async (who: Credential, role: string) =>
  expect(
    (await ask(server.url, `/v1/staff/${who.account}`, { method: "PATCH", token: mei.token, body: { role } })).status,
  ).toBe(200);

describe("L5 reading along is the same on every transport", () => {
  for (const transport of transports)
    test(`${transport}: live, history, messages, snapshot and resume of the conversation and its notes; no groups`, async () => {
      const { who, stream } = await conversation(server.url);
      const notes = notesOf(stream);
      const group = (await give(mei, "conversation.create-group", { title: "x", members: [] })).body.conversation;
      const priya = await supervisor();
      await say(who, stream, "first");
      await say(mei, notes, "a note");
      const link = await connect(transport, server.url, priya.token, cursors(stream, notes, group));
      for (const one of [stream, notes]) await link.until(isLive(one));
      await link.until(isGone(group));
      await say(who, stream, "second");
      await say(mei, notes, "another note");
      const { event, epoch } = await link.until(saying("second"));
      await link.until(saying("another note"));
      const reads = [
        { type: "history", stream },
        { type: "messages", stream, seqs: [event.seq] },
        { type: "snapshot", stream },
        { type: "snapshot", stream: notes },
      ];
      for (const [n, read] of reads.entries()) {
        await link.send({ t: "read", n: n + 1, read });
        const { answer } = await link.until((frame) => frame.t === "answer" && frame.n === n + 1);
        expect(answer.stream).toBe(read.stream);
      }
      await link.send({ t: "read", n: 9, read: { type: "snapshot", stream: group } });
      const { refusal } = await link.until((frame) => frame.t === "answer" && frame.n === 9);
      expect(refusal).toEqual({ code: "not-a-member" });
      await link.close();
      const again = await connect(transport, other.url, priya.token, {
        cursors: [{ stream, epoch, seq: event.seq - 1 }],
      });
      await again.until(isLive(stream));
      const events = again.frames.flatMap((frame) => (frame.t === "events" ? frame.events : []));
      expect(events.map(({ seq }: { seq: number }) => seq)).toEqual([event.seq]);
      await again.close();
    });

  test("over plain requests too, and what it orders is refused by every way alike", async () => {
    const { stream } = await conversation(server.url);
    const priya = await supervisor();
    for (const one of [stream, notesOf(stream)]) {
      for (const path of ["", "/history", "/messages?seqs=1"])
        expect((await ask(server.url, `/v1/streams/${one}${path}`, { token: priya.token })).status).toBe(200);
      for (const way of ways) {
        const sender = openSender(way, server.url, priya.token);
        expect([way, await sender.command(JSON.stringify(message(one, "no")))]).toEqual([way, "not-a-member"]);
        await sender.close();
      }
    }
    const receipt = await ask(server.url, "/v1/receipts", { token: priya.token, body: { stream, readSeq: 1 } });
    expect([receipt.status, receipt.body.refusal.code]).toEqual([403, "not-a-member"]);
  });

  test("fields that the role does not show stay hidden", async () => {
    const { who } = await conversation(server.url);
    const phone = { method: "PATCH", token: mei.token, body: { phone: "+852 5555 0101", notes: "VIP" } };
    expect((await ask(server.url, `/v1/customers/${who.account}`, phone)).status).toBe(200);
    const trainer = await insertPerson(sql, { role: "trainer" });
    const { body } = await ask(server.url, `/v1/customers/${who.account}`, { token: trainer.token });
    expect(body.profile).toEqual({ notes: "VIP" });
    expect(body.hidden).toContain("phone");
  });

  test("somebody of another workspace reads nothing here, whatever the role there", async () => {
    const { stream } = await conversation(server.url);
    const workspace = `w_${"y".repeat(22)}`;
    await sql`insert into workspace (id, name) values (${workspace}, 'Other')`;
    const role = await insertRole(sql, [...rolePermissions.owner], workspace);
    for (const one of [role, "owner"] as const) {
      const far = await insertPerson(sql, { role: one, workspace });
      expect((await ask(server.url, `/v1/streams/${stream}`, { token: far.token })).status).toBe(401);
    }
    // A role of there that somebody here has by mistake is no role here.
    const mixed = await insertPerson(sql, { role });
    const { body } = await ask(server.url, `/v1/streams/${stream}`, { token: mixed.token });
    expect(body.refusal.code).toBe("not-a-member");
  });
});

describe("L5 a right that is taken away ends it within 2 s, on every node and link", () => {
  for (const transport of transports)
    test(`over ${transport}: the node that was asked, another one, and one that no bell reaches`, async () => {
      const { who, stream } = await conversation(server.url);
      const notes = notesOf(stream);
      const priya = await supervisor();
      const urls = [server.url, other.url, deaf.url];
      const links = await Promise.all(urls.map((url) => connect(transport, url, priya.token, cursors(stream, notes))));
      for (const link of links) for (const one of [stream, notes]) await link.until(isLive(one));
      await say(who, stream, "for you");
      for (const link of links.slice(0, 2)) await link.until(saying("for you"));
      await setRole(priya, "expert");
      const startedAt = Date.now();
      for (const link of links) for (const one of [stream, notes]) await link.until(isGone(one));
      expect(Date.now() - startedAt).toBeLessThan(withinMs);
      await say(who, stream, "not for you");
      await say(mei, notes, "nor this");
      for (const [index, link] of links.entries()) {
        expect([
          urls[index],
          link.frames.some((frame) => saying("not for you")(frame) || saying("nor this")(frame)),
        ]).toEqual([urls[index], false]);
        await link.send(
          { t: "subscribe", cursors: [{ stream }] },
          { t: "read", n: 1, read: { type: "snapshot", stream } },
        );
        const { refusal } = await link.until((frame) => frame.t === "answer");
        expect(refusal).toEqual({ code: "not-a-member" });
        await link.close();
      }
      for (const url of urls)
        expect((await ask(url, `/v1/streams/${notes}`, { token: priya.token })).body.refusal.code).toBe("not-a-member");
    });

  test("and one that is given holds at once for who is signed in", async () => {
    const { stream } = await conversation(server.url);
    const who = await insertPerson(sql, { role: "expert" });
    const link = await connect("socket", other.url, who.token, cursors(stream));
    await link.until(isGone(stream));
    await setRole(who, "trainer");
    await link.until((frame) => frame.t === "rights");
    await link.send({ t: "subscribe", cursors: [{ stream }] });
    await link.until(isLive(stream));
    await link.close();
  });
});

describe("who looks", () => {
  const looks = (by: string, on: boolean) => (frame: Frame) =>
    frame.t === "signal" && frame.signal.by === by && frame.signal.on === on && frame.signal.stream.startsWith("n_");

  for (const transport of transports)
    test(`over ${transport}: it crosses nodes, is told to who comes later, and ends with the link; no customer hears`, async () => {
      const { who, stream } = await conversation(server.url);
      const notes = notesOf(stream);
      const priya = await supervisor();
      const mine = await connect("socket", server.url, mei.token, cursors(stream, notes));
      const theirs = await connect("socket", server.url, who.token, cursors(stream));
      await mine.until(isLive(notes));
      await theirs.until(isLive(stream));
      const link = await connect(transport, other.url, priya.token, cursors(stream, notes));
      await link.until(isLive(notes));
      await link.send({ t: "signal", stream: notes, type: "viewing", on: true });
      await mine.until(looks(priya.account, true));
      const late: TestLink = await connect("socket", server.url, mei.token, cursors(notes));
      expect((await late.until(isLive(notes))).present).toEqual([priya.account]);
      await link.close();
      await mine.until(looks(priya.account, false));
      await say(mei, stream, "hello");
      await theirs.until(saying("hello"));
      const heard = JSON.stringify(theirs.frames);
      expect([heard.includes(priya.account), heard.includes('"n_')]).toEqual([false, false]);
      for (const one of [mine, theirs, late]) await one.close();
    });

  test("over plain requests; of a conversation it is invalid, and a customer finds no notes", async () => {
    const { who, stream } = await conversation(server.url);
    const notes = notesOf(stream);
    const mine = await connect("socket", other.url, mei.token, cursors(notes));
    await mine.until(isLive(notes));
    const priya = await supervisor();
    const signal = (by: Credential, body: object) => ask(server.url, "/v1/signals", { token: by.token, body });
    const viewing = { stream: notes, type: "viewing", on: true };
    expect((await signal(priya, viewing)).status).toBe(200);
    await mine.until(looks(priya.account, true));
    expect((await signal(priya, { ...viewing, on: false })).status).toBe(200);
    await mine.until(looks(priya.account, false));
    expect((await signal(priya, { ...viewing, stream })).body.refusal).toEqual({ code: "invalid", path: "stream" });
    for (const one of [notes, notesOf(`c_${"-".repeat(22)}`)])
      expect((await signal(who, { ...viewing, stream: one })).body.refusal).toEqual({ code: "not-a-member" });
    await mine.close();
  });

  test("L16 it counts against the account's rate", async () => {
    const flags = { "rate-account-per-second": 1, "rate-account-burst": 5, "nats-servers": nats.url };
    const strict = await server.another(flags);
    const { stream } = await conversation(server.url);
    const priya = await supervisor();
    const body = { stream: notesOf(stream), type: "viewing", on: true };
    const codes: string[] = [];
    for (let n = 0; n < 12; n++) {
      const { body: answer } = await ask(strict.url, "/v1/signals", { token: priya.token, body });
      codes.push(answer.refusal?.code ?? "taken");
    }
    expect(codes.slice(0, 4)).toEqual(["taken", "taken", "taken", "taken"]);
    expect(codes).toContain("rate-limited");
    await strict.stop();
  });
});

describe("L5 giving a conversation to somebody without being in it", () => {
  for (const way of ways)
    test(`over ${way}: to a colleague, who comes in; to oneself; to nobody; and not without the rights`, async () => {
      const { who, stream } = await conversation(server.url);
      const priya = await supervisor();
      const kit = await insertPerson(sql, { role: "agent", name: "Night Kit" });
      const trainer = await insertPerson(sql, { role: "trainer" });
      const outcome = async (by: Credential, account: string | null) => {
        const sender = openSender(way, server.url, by.token);
        const said = await sender.command(JSON.stringify(command("conversation.assign", { account }, stream)));
        await sender.close();
        return said;
      };
      const link = await connect("socket", server.url, kit.token);
      await link.until((frame) => frame.t === "live");
      const theirs = await connect("socket", server.url, who.token, cursors(stream));
      await theirs.until(isLive(stream));
      expect(await outcome(trainer, kit.account)).toBe("forbidden");
      expect(await outcome(kit, kit.account)).toBe("not-a-member");
      expect(await outcome(priya, who.account)).toBe("not-found");
      expect(await outcome(priya, kit.account)).toStartWith("ack");
      expect(await outcome(priya, kit.account)).toBe("no-change");
      await link.until((frame) => frame.t === "event" && frame.event.type === "inbox.joined");
      const state = async (by: Credential) =>
        (await ask(server.url, `/v1/streams/${stream}`, { token: by.token })).body;
      expect((await state(kit)).meta.assignee).toBe(kit.account);
      expect((await ask(server.url, `/v1/streams/${notesOf(stream)}`, { token: kit.token })).status).toBe(200);
      // Who gave it is in no row.
      expect(JSON.stringify((await state(kit)).members)).not.toContain(priya.account);
      await theirs.until((frame) => frame.t === "event" && frame.event.type === "conversation.assigned");
      expect(await outcome(priya, null)).toStartWith("ack");
      expect(await outcome(priya, priya.account)).toStartWith("ack");
      expect((await state(priya)).members.map(({ account }: Credential) => account)).toContain(priya.account);
      expect((await state(priya)).meta.assignee).toBe(priya.account);
      for (const one of [link, theirs]) await one.close();
    });
});
