import { describe, expect, test } from "bun:test";
import { inboxOf, type StreamId } from "@aftercare/protocol";
import type { PageQuery } from "../../server/src/log/store.ts";
import { Random } from "../sim/random.ts";
import { openModel, openPostgres } from "./log-fixtures.ts";
import { logStoreContract, Shop } from "./log-store.ts";

describe("the log on PostgreSQL", () => logStoreContract(openPostgres));
describe("the simulator's model of it", () => logStoreContract(openModel));

/** The same story on any store: refusals and all. Returns every conversation it made. */
async function tell(shop: Shop, seed: number, length: number): Promise<StreamId[]> {
  const random = new Random(seed);
  const streams = [await shop.group(1, 3)];
  const asked = await shop.do(3, "conversation.ask", undefined, {});
  streams.push(asked.conversation as StreamId, (asked.conversation as StreamId).replace(/^c/, "n"));
  for (let i = 0; i < length; i++) {
    const who = shop.person(random.int(0, 3));
    const stream = random.pick(streams);
    const seq = random.int(1, 20);
    const { account } = random.pick(shop.people);
    const parts = [{ type: "text" as const, text: `text ${i}` }];
    const command = random.pick([
      () => shop.command("message.send", stream, { parts, ...(random.chance(0.3) && { replyTo: seq }) }),
      () => shop.command("message.send", stream, { parts }),
      () => shop.command("message.edit", stream, { seq, parts }),
      () => shop.command("message.recall", stream, { seq }),
      () => shop.command("message.react", stream, { seq, emoji: random.pick(["👍", "🙏"]), on: random.chance(0.6) }),
      () => shop.command(random.chance(0.6) ? "message.pin" : "message.unpin", stream, { seq }),
      () => shop.command("message.forward", random.pick(streams), { from: { stream, seq } }),
      () => shop.command("member.add", stream, { account }),
      () => shop.command("member.remove", stream, { account }),
      () => shop.command("member.invite", stream, { account }),
      () => shop.command(random.pick(["member.join", "member.leave", "member.decline"]), stream, {}),
      () => shop.command("draft.set", undefined, { stream, text: random.chance(0.5) ? "" : `draft ${i}` }),
      () => shop.command("inbox.set", undefined, { stream, muted: random.chance(0.5) }),
      () => shop.command("conversation.assign", stream, { account: random.chance(0.3) ? null : account }),
      () => shop.command(random.pick(["conversation.close", "conversation.reopen"]), stream, {}),
      () => shop.command("conversation.rename", stream, { title: `title ${i}` }),
    ])();
    await shop.give(who, command);
    if (random.chance(0.2))
      await shop.store.saveReceipts([{ stream, account, receipt: { deliveredSeq: seq, readSeq: random.int(0, seq) } }]);
  }
  return streams;
}

/** Everything that can be read of it. */
async function readAll(shop: Shop, streams: readonly StreamId[], seed: number): Promise<unknown[]> {
  const { store } = shop;
  const random = new Random(seed);
  const all: unknown[] = [await store.streams(streams), [...(await store.heads(streams)).heads].sort()];
  for (const { account } of shop.people)
    all.push(await store.lookup.inbox(account, 50), await store.events(inboxOf(account), 0, 1_000, 1_000));
  for (const stream of streams) {
    all.push(await store.events(stream, 0, 1_000, 1_000), await store.lookup.messages(stream, [1, 2, 3, 4, 5, 6]));
    for (let i = 0; i < 12; i++) {
      const query: PageQuery = { stream, floor: random.int(1, 9), limit: random.int(1, 9) };
      const place = random.pick(["before", "after", "around", "at", "newest"] as const);
      if (place !== "newest") query[place] = place === "at" ? shop.now - random.int(0, 60_000) : random.int(1, 40);
      all.push({ query, found: await store.page(query) });
    }
  }
  return all;
}

for (const seed of [1, 2, 3])
  test(`the model reads what PostgreSQL reads, after the same story (seed ${seed})`, async () => {
    const answers = await Promise.all(
      [openPostgres, openModel].map(async (open) => {
        const shop = await Shop.open(open);
        const streams = await tell(shop, seed, 120);
        const read = await readAll(shop, streams, seed);
        await shop.fixture.close();
        return read;
      }),
    );
    expect(JSON.parse(JSON.stringify(answers[1]))).toEqual(JSON.parse(JSON.stringify(answers[0])));
  }, 120_000);
