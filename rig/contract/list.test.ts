import { expect, test } from "bun:test";
import { type ListLine, type ListQuery, listSorts, listViews, type StreamId } from "@aftercare/protocol";
import { createListStore } from "../../server/src/db/list-store.ts";
import { openSql } from "../../server/src/db/sql.ts";
import { KnownStreams } from "../../server/src/log/known.ts";
import type { ListStore } from "../../server/src/log/lists.ts";
import { appendMessages } from "../../server/src/log/messages.ts";
import { Random } from "../sim/random.ts";
import { type Facts, factsOf, inOrder, isIn, mentionsOf, naiveLine } from "./list-naive.ts";
import { openPostgres } from "./log-fixtures.ts";
import { Shop } from "./log-store.ts";

type Told = { shop: Shop; streams: StreamId[]; random: Random };

/** A random history of conversations, by the general way and by the short one. */
async function tell(seed: number, length: number): Promise<Told> {
  const shop = await Shop.open(openPostgres);
  const random = new Random(seed);
  const streams: StreamId[] = [];
  const open = async () => {
    const kind = random.pick(["ask", "ask", "ask", "group", "direct"] as const);
    const made =
      kind === "ask"
        ? await shop.do(3, "conversation.ask", undefined, { title: random.pick(["Broken phone", "Refund", "Case"]) })
        : kind === "group"
          ? { conversation: await shop.group(random.int(1, 2)) }
          : await shop.do(random.int(0, 1), "conversation.start-direct", undefined, {
              account: shop.person(2).account,
            });
    if (made.conversation && !streams.includes(made.conversation)) streams.push(made.conversation);
  };
  for (let i = 0; i < 6; i++) await open();
  for (let i = 0; i < length; i++) await act(shop, random, streams, open);
  return { shop, streams, random };
}

async function act(shop: Shop, random: Random, streams: StreamId[], open: () => Promise<void>): Promise<void> {
  const stream = random.pick(streams);
  const where = random.chance(0.2) ? stream.replace(/^c/, "n") : stream;
  const who = shop.person(random.int(0, 3));
  const { account, name } = random.pick(shop.people);
  const seq = random.int(1, 12);
  const mentions = random.chance(0.3) ? [{ account, name }] : [];
  const parts = [{ type: "text" as const, text: `Dear ${name} ${random.int(1, 99)}`, mentions }];
  const act = random.weighted({
    say: 12,
    short: 8,
    edit: 2,
    recall: 2,
    assign: 5,
    close: 3,
    reopen: 2,
    member: 3,
    read: 5,
    open: 1,
    react: 2,
  });
  if (act === "open") return open();
  if (act === "short") return void (await sayShort(shop, random, streams));
  if (act === "read") {
    const receipt = { deliveredSeq: seq, readSeq: seq };
    await shop.store.saveReceipts([{ stream: where, account, receipt }]);
    return;
  }
  const others = random.pick(["member.add", "member.leave", "member.join", "member.remove"] as const);
  const commands = {
    say: () => shop.command("message.send", where, { parts, ...(random.chance(0.2) && { replyTo: seq }) }),
    edit: () => shop.command("message.edit", where, { seq, parts }),
    recall: () => shop.command("message.recall", where, { seq }),
    react: () => shop.command("message.react", where, { seq, emoji: "👍", on: true }),
    assign: () => shop.command("conversation.assign", stream, { account: random.chance(0.2) ? null : account }),
    close: () => shop.command("conversation.close", stream, {}),
    reopen: () => shop.command("conversation.reopen", stream, {}),
    member: () =>
      shop.command(others, stream, others === "member.add" || others === "member.remove" ? { account } : {}),
  };
  await shop.give(who, commands[act]());
}

/** Several messages of several conversations in one round trip, as the hot path appends them. */
async function sayShort(shop: Shop, random: Random, streams: readonly StreamId[]): Promise<void> {
  shop.now += 1_000;
  const known = new KnownStreams(1);
  for (const row of await shop.store.streams(streams)) known.learnWhole(1, row);
  const batch = Array.from({ length: random.int(1, 6) }, () => {
    const stream = random.pick(streams);
    const members = [...(known.get(stream)?.members.keys() ?? [])];
    const actor = shop.people.find(({ account }) => account === random.pick(members)) ?? shop.person(0);
    const command = shop.command("message.send", stream, {
      parts: [{ type: "text", text: `Quick ${random.int(1, 99)}` }],
    });
    return { actor, command, answer: () => undefined };
  });
  const clock = { now: () => shop.now, elapsed: () => shop.now, setTimer: () => 0, clearTimer: () => undefined };
  const ids = { fingerprint: () => 1 } as unknown as Parameters<typeof appendMessages>[0]["ids"];
  await appendMessages({ store: shop.store, clock, ids }, known, 1, batch);
}

async function readAll(lists: ListStore, account: string, query: ListQuery, limit: number): Promise<ListLine[]> {
  const lines: ListLine[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < 500; pages++) {
    const page = await lists.page({ account, all: false }, { type: "list", ...query, limit, ...(after && { after }) });
    lines.push(...page.lines);
    after = page.next;
    if (after === undefined) return lines;
  }
  throw new Error("a list without an end");
}

const queries = (random: Random, shop: Shop): ListQuery[] =>
  listViews.flatMap((view) => [
    { view },
    ...listSorts.map((sort) => ({ view, sort })),
    { view, unread: true },
    { view, query: random.pick(["bro", "refund", "di", "zz", "case"]) },
    { view, assignee: shop.person(random.int(0, 1)).account, desks: [shop.desk] },
  ]);

async function compare({ shop, streams, random }: Told, lists: ListStore): Promise<void> {
  const facts: Facts[] = [];
  for (const stream of streams) facts.push(await factsOf(shop.store, stream));
  for (const [index, { account }] of shop.people.entries()) {
    const desks = index < 2 ? [shop.desk] : [];
    const lines = facts.flatMap((one) => {
      const line = naiveLine(one, account);
      return line ? [{ line, mentioned: mentionsOf(one, account).length > 0 }] : [];
    });
    const wanted = (query: ListQuery) =>
      inOrder(
        lines.filter(({ line, mentioned }) => isIn(line, query, account, desks, mentioned)).map(({ line }) => line),
        query.sort,
      );
    for (const query of queries(random, shop)) {
      const found = await readAll(lists, account, query, random.int(1, 7));
      expect({ query, lines: plain(found) }).toEqual({ query, lines: plain(wanted(query)) });
    }
    const counts = await lists.counts({ account, all: false });
    for (const view of listViews) {
      const all = wanted({ view });
      const unread = all.filter((line) => line.unread.count > 0).length;
      expect({ view, ...counts[view] }).toEqual({
        view,
        count: all.length,
        more: false,
        unread: { count: unread, more: false },
      });
    }
    const mentions = await lists.mentions({ account, all: false }, { type: "mentions", limit: 100 });
    const said = facts.flatMap((one) => mentionsOf(one, account));
    const places = (all: { stream: string; seq: number }[]) => all.map(({ stream, seq }) => `${stream} ${seq}`).sort();
    expect(places(mentions.mentions.map(({ message }) => message))).toEqual(places(said));
  }
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

for (const seed of [1, 2, 3, 4, 5, 6])
  test(`L5 lists are what the logs say, for everybody, and nothing that they may not read (seed ${seed})`, async () => {
    const told = await tell(seed, 150);
    const { shop } = told;
    const url = shop.fixture.url as string;
    const sql = openSql(url, 4);
    try {
      await compare(told, createListStore(sql));
      // The rows made from the log alone are the same.
      await sql`delete from conversation`;
      while (await createListStore(sql).rebuild(3));
      await compare(told, createListStore(sql));
    } finally {
      await sql.end({ timeout: 1 });
      await shop.fixture.close();
    }
  }, 120_000);
