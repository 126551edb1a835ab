import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect, type Transport, transports } from "./links.ts";
import {
  ask,
  type Credential,
  command,
  conversation,
  customer,
  message,
  staff,
  startTestServer,
  type TestServer,
} from "./server.ts";

let server: TestServer;
let mei: Credential;
let kit: Credential;
beforeAll(async () => {
  server = await startTestServer();
  mei = await staff(server, "mei");
  kit = await staff(server, "kit");
}, 60_000);
afterAll(() => server.stop());

type Way = Transport | "http";
type Read = Record<string, unknown> & { type: "list" | "counts" | "mentions" };
const paths = { list: "/v1/conversations", counts: "/v1/conversations/counts", mentions: "/v1/mentions" };

/** A read by one transport, whole. */
// biome-ignore lint/suspicious/noExplicitAny: answers are asserted on, field by field
async function read(way: Way, { token }: Credential, { type, ...fields }: Read): Promise<any> {
  if (way === "http") {
    const query = new URLSearchParams(Object.entries(fields).map(([name, value]) => [name, String(value)]));
    return (await ask(server.url, `${paths[type]}?${query}`, { token })).body;
  }
  const link = await connect(way, server.url, token);
  await link.send({ t: "read", n: 1, read: { type, ...fields } });
  const { answer, refusal } = await link.until((frame) => frame.t === "answer");
  await link.close();
  return refusal ? { refusal } : answer;
}

const give = async (who: Credential, type: string, body: object, stream?: string) => {
  const answer = await ask(server.url, "/v1/commands", { token: who.token, body: command(type, body, stream) });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
};
const say = (who: Credential, stream: string, text: string) =>
  ask(server.url, "/v1/commands", { token: who.token, body: message(stream, text) });

for (const way of ["http", ...transports] as const)
  describe(`lists over ${way}`, () => {
    test("a conversation goes from unassigned to mine to closed, and back when its customer writes", async () => {
      const { who, stream } = await conversation(server.url);
      await say(who, stream, "It broke");
      const find = async (by: Credential, view: string) =>
        (await read(way, by, { type: "list", view })).lines.find((line: { stream: string }) => line.stream === stream);
      const line = await find(mei, "unassigned");
      expect(line).toMatchObject({
        kind: "support",
        customer: { account: who.account },
        last: { by: who.account, text: "It broke" },
        unread: { count: 1, more: false },
      });
      expect(line.waitingSince).toBe(line.lastAt);
      const before = await read(way, mei, { type: "counts" });
      await give(mei, "conversation.assign", { account: mei.account }, stream);
      const after = await read(way, mei, { type: "counts" });
      expect(after.mine.count).toBe(before.mine.count + 1);
      expect(after.unassigned.count).toBe(before.unassigned.count - 1);
      expect(await find(mei, "unassigned")).toBeUndefined();
      expect(await find(kit, "mine")).toBeUndefined();
      expect(await find(mei, "mine")).toMatchObject({ assignee: { account: mei.account, name: mei.name } });
      await say(mei, stream, "Which one?");
      expect((await find(mei, "mine")).waitingSince).toBeUndefined();
      await give(mei, "message.forward", { from: { stream, seq: 2 } }, stream);
      expect((await find(mei, "mine")).last).toMatchObject({ by: mei.account, notice: "welcome" });
      await give(mei, "conversation.close", {}, stream);
      expect(await find(mei, "all")).toBeUndefined();
      expect(await find(kit, "closed")).toMatchObject({ closed: { by: mei.account } });
      await say(who, stream, "Still broken");
      expect(await find(kit, "closed")).toBeUndefined();
      expect((await find(mei, "mine")).waitingSince).toBeNumber();
    });

    test("a mention is found until it is read", async () => {
      const group = await give(mei, "conversation.create-group", { title: "Parts", members: [kit.account] });
      const parts = [{ type: "text", text: "@Kit look", mentions: [{ account: kit.account, name: "Kit" }] }];
      const { seq } = await give(mei, "message.send", { parts }, group.conversation);
      const mine = async () =>
        (await read(way, kit, { type: "mentions" })).mentions.filter(
          (one: { message: { stream: string } }) => one.message.stream === group.conversation,
        );
      expect(await mine()).toMatchObject([{ title: "Parts", kind: "group", message: { seq, by: mei.account } }]);
      expect((await read(way, mei, { type: "mentions" })).mentions).toEqual([]);
      const body = { stream: group.conversation, readSeq: seq };
      await ask(server.url, "/v1/receipts", { token: kit.token, body });
      for (let tries = 0; tries < 50 && (await mine()).length > 0; tries++) await Bun.sleep(100);
      expect(await mine()).toEqual([]);
    });

    test("L5 nobody is told of a conversation that they may not read, and customers have no lists", async () => {
      const group = await give(mei, "conversation.create-group", { title: `Secret ${way}`, members: [] });
      await say(mei, group.conversation, "nobody else reads this");
      const support = await conversation(server.url);
      await give(kit, "member.leave", {}, support.stream);
      for (const view of ["mine", "unassigned", "team", "all", "mentions", "groups", "direct", "closed"])
        for (const sort of ["newest", "oldest", "waiting-longest"]) {
          const text = JSON.stringify(await read(way, kit, { type: "list", view, sort, limit: 100 }));
          expect(text).not.toContain(group.conversation);
          expect(text).not.toContain("Secret");
          expect(text).not.toContain(support.stream);
        }
      const who = await customer(server.url);
      for (const type of ["list", "counts", "mentions"] as const) {
        const refused = await read(way, who, { type, ...(type === "list" && { view: "all" }) });
        expect(JSON.stringify(refused)).toContain("forbidden");
      }
    }, 60_000);
  });

test("a list's query is refused where it is wrong, in words of its fields", async () => {
  const cases = [
    ["", "view"],
    ["view=everything", "view"],
    ["view=all&limit=0", "limit"],
    ["view=all&limit=101", "limit"],
    ["view=all&unread=yes", "unread"],
    ["view=all&after=1", "after"],
    ["view=all&desks=d_x", "desks"],
    ["view=all&sort=best", "sort"],
    ["view=all&more=1", "more"],
  ] as const;
  for (const [query, place] of cases) {
    const { status, body } = await ask(server.url, `/v1/conversations?${query}`, { token: mei.token });
    expect([query, status]).toEqual([query, 400]);
    expect(JSON.stringify(body)).toContain(place);
  }
  const long = await ask(server.url, `/v1/conversations?view=all&query=${"x".repeat(61)}`, { token: mei.token });
  expect([long.status, long.body.code ?? long.body.refusal?.code]).toEqual([413, "too-large"]);
});
