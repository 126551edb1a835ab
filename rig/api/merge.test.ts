import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Event } from "@aftercare/protocol";
import type { Client, Credential } from "@aftercare/sdk";
import type { Sql } from "postgres";
import { openSql } from "../../server/src/db/sql.ts";
import { seededRandom } from "../fakes/clock.ts";
import { startDevice } from "../postgres/shop.ts";
import { connect, type TestLink } from "./links.ts";
import { ask, conversation, message, staff, startTestServer, type TestServer } from "./server.ts";
import { openShop, type Shop } from "./shop.ts";

setDefaultTimeout(60_000);
let server: TestServer;
let other: { url: string; stop(): Promise<void> };
let mei: Credential;
let shop: Shop;
let sql: Sql;
beforeAll(async () => {
  server = await startTestServer({ "heartbeat-ms": 500 });
  other = await server.another({ "heartbeat-ms": 500 });
  mei = (await staff(server)) as unknown as Credential;
  shop = await openShop(server, mei.token);
  sql = openSql(server.databaseUrl, 2);
}, 60_000);
afterAll(async () => {
  await sql.end();
  await other.stop();
  await server.stop();
});

const identify = async (sub: string, bearer?: string): Promise<Credential> =>
  (
    await ask(server.url, "/v1/customers/identify", {
      body: { token: shop.token({ sub }) },
      ...(bearer && { token: bearer }),
    })
  ).body;
const mergeByHand = (survivor: string, merged: string) =>
  ask(server.url, `/v1/customers/${survivor}/merge`, { token: mei.token, body: { other: merged } });
const undo = (survivor: string, id: string) =>
  ask(other.url, `/v1/customers/${survivor}/merges/${id}/undo`, { token: mei.token, body: {} });
const membersOf = async (stream: string): Promise<string[]> =>
  (await sql`select account from member where stream = ${stream} and status = 'joined' order by account`).map(
    ({ account }) => account as string,
  );
const send = (url: string, token: string, stream: string, text: string) =>
  ask(url, "/v1/commands", { token, body: message(stream, text) });

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + 15_000;
  while (!(await holds())) {
    if (Date.now() > giveUpAt) throw new Error(`never: ${what}`);
    await Bun.sleep(10);
  }
}

/** The events of one stream as a raw socket was sent them. */
const eventsOf = (link: TestLink, stream: string): Event[] =>
  link.frames.flatMap((frame) => {
    if (frame.t === "event" && frame.event.stream === stream) return [frame.event as Event];
    return frame.t === "events" && frame.stream === stream ? (frame.events as Event[]) : [];
  });

test("L3 L5 a claim and its undo on live sockets: dense for who may read, the last event for who may not", async () => {
  const known = await identify("live");
  const { who, stream } = await conversation(server.url);
  const hello = { cursors: [{ stream }] };
  const [visitor, agent, owner] = await Promise.all([
    connect("socket", server.url, who.token, hello),
    connect("socket", other.url, mei.token, hello),
    connect("socket", other.url, known.token),
  ]);
  await Promise.all(
    [visitor, agent].map((link) => link.until((frame) => frame.t === "live" && frame.stream === stream)),
  );
  await send(server.url, who.token, stream, "as a visitor");
  const claimed = await identify("live", who.token);
  expect([claimed.account, claimed.formerly]).toEqual([known.account, [who.account]]);
  expect(await visitor.ended).toBe(4503);
  await owner.until((frame) => frame.event?.type === "inbox.joined" && frame.event.body.stream === stream);
  await owner.send({ t: "subscribe", cursors: [{ stream }] });
  const { snapshot } = await owner.until((frame) => frame.t === "reset" && frame.snapshot.stream === stream);
  expect(JSON.stringify(snapshot.items)).toContain("as a visitor");
  expect(snapshot.meta.customer).toBe(known.account);
  await send(server.url, claimed.token, stream, "as myself");
  await send(other.url, mei.token, stream, "hello again");
  expect((await send(server.url, who.token, stream, "a ghost")).status).toBe(401);

  const [merge] = (await ask(server.url, `/v1/customers/${known.account}/merges`, { token: mei.token })).body.merges;
  expect(merge).toMatchObject({ kind: "claim", merged: who.account, conversations: 1 });
  expect((await undo(known.account, merge.id)).status).toBe(200);
  await owner.until((frame) => frame.t === "gone" && frame.stream === stream);
  const there = await membersOf(stream);
  expect([who.account, known.account].map((one) => there.includes(one))).toEqual([true, false]);
  await send(other.url, mei.token, stream, "not for the known customer");
  expect((await send(server.url, claimed.token, stream, "no more")).body.refusal.code).toBe("not-a-member");
  await until(
    "all of it",
    () => eventsOf(agent, stream).at(-1)?.type === "message.sent" && eventsOf(agent, stream).length > 5,
  );

  const log = await sql`select seq, type from event where stream = ${stream} order by seq`;
  expect(log.map(({ seq }) => Number(seq))).toEqual(log.map((_, index) => index + 1));
  const at = (type: string) => log.flatMap((row) => (row.type === type ? [Number(row.seq)] : []));
  const [claimSeq = 0, undoSeq = 0] = at("member.became");
  const seen = (link: TestLink) => eventsOf(link, stream).map(({ seq }) => seq);
  const dense = (seqs: number[]) => seqs.every((seq, index) => index === 0 || seq === (seqs[index - 1] ?? 0) + 1);
  for (const link of [agent, owner, visitor]) expect(dense(seen(link))).toBe(true);
  expect(seen(agent).at(-1)).toBe(log.length);
  expect(Math.max(...seen(visitor))).toBeLessThanOrEqual(claimSeq);
  expect(Math.max(...seen(owner))).toBeLessThanOrEqual(undoSeq);
  expect(JSON.stringify(owner.frames)).not.toContain("not for the known customer");
  await Promise.all([agent.close(), owner.close()]);
});

test("two records are merged by hand and parted again; everybody is where they were, on all devices", async () => {
  const one = await conversation(server.url);
  const two = await conversation(server.url);
  await send(server.url, two.who.token, two.stream, "from two");
  const device = await startDevice(server.url, one.who as unknown as Credential);
  const before = await Promise.all([one.stream, two.stream].map(membersOf));
  const { body } = await mergeByHand(one.who.account, two.who.account);
  expect(body.merge).toMatchObject({ kind: "staff", by: mei.account, conversations: 1 });
  expect((await ask(server.url, "/v1/me", { token: two.who.token })).status).toBe(401);
  await until("both", () => device.inbox.value.lines.length === 2);
  const handle = device.stream(two.stream);
  await until("read", () => handle.view.value.state !== undefined);
  expect(handle.view.value.state?.members[one.who.account]?.formerly).toEqual([two.who.account]);
  await device.send("message.send", two.stream, { parts: [{ type: "text", text: "from one" }] }).done;

  expect((await mergeByHand(one.who.account, two.who.account)).body.refusal.code).toBe("closed");
  expect((await undo(two.who.account, body.merge.id)).status).toBe(404);
  expect((await undo(one.who.account, body.merge.id)).status).toBe(200);
  expect((await undo(one.who.account, body.merge.id)).body.refusal.code).toBe("no-change");
  expect(await Promise.all([one.stream, two.stream].map(membersOf))).toEqual(before);
  await until("one", () => device.inbox.value.lines.length === 1);
  await until("gone", () => handle.view.value.status === "gone");
  const back = await ask(server.url, `/v1/streams/${two.stream}`, { token: two.who.token });
  expect(back.status).toBe(200);
  expect(back.body.meta.customer).toBe(two.who.account);
  await device.stop();

  const acts = await sql`select act, subject, by from audit where subject = ${one.who.account} order by id`;
  expect(acts.map(({ act, by }) => [act, by])).toEqual([
    ["customer-merged", mei.account],
    ["customer-unmerged", mei.account],
  ]);
});

test("the undo of a merge lets no device in again that came by a key revoked meanwhile", async () => {
  const stolen = await openShop(server, mei.token);
  const body = (sub: string) => ({ body: { token: stolen.token({ sub }) } });
  const [one, two] = (await Promise.all(
    ["key-one", "key-two"].map(async (sub) => (await ask(server.url, "/v1/customers/identify", body(sub))).body),
  )) as [Credential, Credential];
  const { merge } = (await mergeByHand(one.account, two.account)).body;
  const revoked = await ask(server.url, `/v1/identity-keys/${stolen.kid}/revoke`, {
    token: mei.token,
    body: { endDevices: true },
  });
  expect(revoked.status).toBe(200);
  expect((await undo(one.account, merge.id)).status).toBe(200);
  for (const { token } of [one, two]) expect((await ask(server.url, "/v1/me", { token })).status).toBe(401);
});

test("a visitor of whom nothing is known does not come to read a known customer's conversations by a merge", async () => {
  const { who } = await conversation(server.url);
  const known = await identify("named");
  const wrong = await mergeByHand(who.account, known.account);
  expect([wrong.status, wrong.body.refusal]).toEqual([403, { code: "forbidden", path: "other" }]);
  expect((await mergeByHand(known.account, who.account)).status).toBe(200);
});

test("what cannot be merged is refused", async () => {
  const { who } = await conversation(server.url);
  const nobody = `a_${"A".repeat(22)}`;
  const codes = async (survivor: string, merged: string) => (await mergeByHand(survivor, merged)).body.refusal?.code;
  expect(await codes(who.account, who.account)).toBe("no-change");
  expect(await codes(who.account, nobody)).toBe("not-found");
  expect(await codes(nobody, who.account)).toBe("not-found");
  expect(await codes(who.account, mei.account)).toBe("not-found");
  expect(await codes(mei.account, who.account)).toBe("not-found");
  expect((await undo(who.account, `m_${"A".repeat(22)}`)).status).toBe(404);
});

/** Merges and undos in a random order against a model: who is in what, by the merges that stand. */
test.each([1, 2, 3, 4])(
  "merges and undos in any order leave everybody where the standing merges say (seed %d)",
  async (seed) => {
    const bytes = seededRandom(seed);
    const pick = <T>(list: readonly T[]): T => list[(bytes(1)[0] ?? 0) % list.length] as T;
    const people = await Promise.all(Array.from({ length: 5 }, () => conversation(server.url)));
    const accounts = people.map(({ who }) => who.account);
    const home = new Map(people.map(({ who, stream }) => [stream, who.account]));
    const standing: { id: string; survivor: string; merged: string }[] = [];
    const rootOf = (account: string): string => {
      const next = standing.find(({ merged }) => merged === account);
      return next ? rootOf(next.survivor) : account;
    };
    for (let step = 0; step < 14; step++) {
      if (standing.length > 0 && (bytes(1)[0] ?? 0) < 100) {
        const chosen = pick(standing);
        const isOpen = rootOf(chosen.survivor) === chosen.survivor;
        const { status } = await undo(chosen.survivor, chosen.id);
        expect(status).toBe(isOpen ? 200 : 409);
        if (isOpen) standing.splice(standing.indexOf(chosen), 1);
      } else {
        const [survivor, merged] = [pick(accounts), pick(accounts)];
        const isOpen = survivor !== merged && rootOf(survivor) === survivor && rootOf(merged) === merged;
        const { status, body } = await mergeByHand(survivor, merged);
        expect(status).toBe(isOpen ? 200 : 409);
        if (isOpen) standing.push({ id: body.merge.id, survivor, merged });
      }
      for (const [stream, account] of home) {
        const inIt = (await membersOf(stream)).filter((one) => accounts.includes(one));
        expect(inIt).toEqual([rootOf(account)]);
        const [row] = await sql`select member_count, last_seq from stream where id = ${stream}`;
        expect(Number(row?.member_count)).toBe((await membersOf(stream)).length);
        const [log] =
          await sql`select count(*)::integer as count, max(seq)::integer as last from event where stream = ${stream}`;
        expect([log?.count, log?.last]).toEqual([Number(row?.last_seq), Number(row?.last_seq)]);
      }
    }
  },
);

test("L2 claims of many visitors at once for one customer, from both nodes, end in one record with all conversations", async () => {
  const known = await identify("many");
  const visitors = await Promise.all(Array.from({ length: 8 }, () => conversation(server.url)));
  const answers = await Promise.all(
    visitors.map(async ({ who }, n) => {
      const body = { token: shop.token({ sub: "many" }) };
      // A slow machine says busy, and the token stays good.
      for (;;) {
        const answer = await ask(n % 2 ? server.url : other.url, "/v1/customers/identify", { token: who.token, body });
        if (answer.status !== 503) return answer;
      }
    }),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  for (const { stream } of visitors) expect(await membersOf(stream)).toContain(known.account);
  const entries: Client["inbox"]["value"]["lines"][number]["entry"][] = (
    await ask(server.url, "/v1/inbox", { token: known.token })
  ).body.entries;
  expect(entries.map((entry) => entry.stream).sort()).toEqual(visitors.map(({ stream }) => stream).sort());
});
