import { expect } from "bun:test";
import { makeCommandId, type StreamId } from "@aftercare/protocol";
import { type MessageAppend, noChanges } from "../../server/src/log/store.ts";
import { clause, type OpenLog, type Shop } from "./log-store.ts";

async function versionOf(shop: Shop, stream: StreamId): Promise<number> {
  const [snapshot] = await shop.store.streams([stream]);
  return snapshot?.row.version ?? -1;
}

const message = (shop: Shop, stream: StreamId, text: string): MessageAppend["messages"][number] => ({
  stream,
  by: shop.person(0).account,
  commandId: makeCommandId(shop.now, shop.random.bytes(10)),
  fingerprint: 7,
  body: { parts: [{ type: "text", text }] },
});

async function append(shop: Shop, ...messages: MessageAppend["messages"]): Promise<[StreamId, number][] | undefined> {
  const versions = new Map<StreamId, number>();
  for (const { stream } of messages) versions.set(stream, await versionOf(shop, stream));
  const { epoch } = await shop.store.heads([]);
  const heads = await shop.store.append({ epoch, versions, messages, at: shop.now });
  return heads && [...heads].sort();
}

const textsOf = async (shop: Shop, stream: StreamId): Promise<string[]> => {
  const events = await shop.store.events(stream, 0, 1_000, 1_000);
  return events.flatMap((event) =>
    event.type === "message.sent" ? [(event.body.parts[0] as { text: string }).text] : [],
  );
};

/** The shorter way that plain messages take into the log. */
export function appends(open: OpenLog): void {
  clause(
    open,
    "laws 1 and 3: messages of several streams are appended at their heads, in their order",
    async (shop) => {
      const [one, two] = [await shop.group(1), await shop.group(2)].sort() as [StreamId, StreamId];
      const heads = await append(shop, message(shop, two, "a"), message(shop, one, "b"), message(shop, two, "c"));
      expect(heads).toEqual([
        [one, 1],
        [two, 1],
      ]);
      const events = await shop.store.events(two, 1, 9, 9);
      expect(events.map(({ seq, type, by, at }) => [seq, type, by, at])).toEqual([
        [2, "message.sent", shop.person(0).account, shop.now],
        [3, "message.sent", shop.person(0).account, shop.now],
      ]);
      expect(await textsOf(shop, two)).toEqual(["a", "c"]);
      expect(await textsOf(shop, one)).toEqual(["b"]);
      expect([...(await shop.store.heads([one, two])).heads].sort()).toEqual([
        [one, 2],
        [two, 3],
      ]);
    },
  );

  clause(open, "law 5: a conversation that changed since takes nothing, nor do the others with it", async (shop) => {
    const one = await shop.group(1, 2);
    const two = await shop.group(1);
    const { epoch } = await shop.store.heads([]);
    for (const change of [
      () => shop.do(0, "member.remove", one, { account: shop.person(2).account }),
      () => shop.do(0, "member.mute", one, { account: shop.person(1).account, untilAt: shop.now + 60_000 }),
      () => shop.do(0, "conversation.announce", one, { text: "closed" }),
    ]) {
      const versions = new Map([
        [one, await versionOf(shop, one)],
        [two, await versionOf(shop, two)],
      ]);
      await change();
      const messages = [message(shop, two, "late"), message(shop, one, "late")];
      expect(await shop.store.append({ epoch, versions, messages, at: shop.now })).toBeUndefined();
    }
    expect(await textsOf(shop, two)).toEqual([]);
    expect(await append(shop, message(shop, one, "in time"))).toBeDefined();
    await shop.say(0, one, "words do not make another version");
    expect(await versionOf(shop, one)).toBe(3);
  });
}

/** What the shorter way declines, or waits for. */
export function declines(open: OpenLog): void {
  clause(
    open,
    "law 2: a command id that is in the log takes nothing, nor does another epoch or no stream",
    async (shop) => {
      const stream = await shop.group(1);
      const first = message(shop, stream, "once");
      expect(await append(shop, first)).toBeDefined();
      expect(await append(shop, message(shop, stream, "other"), first)).toBeUndefined();
      const { epoch } = await shop.store.heads([]);
      const versions = new Map([[stream, 0]]);
      const messages = [message(shop, stream, "another epoch")];
      expect(await shop.store.append({ epoch: epoch + 1, versions, messages, at: 1 })).toBeUndefined();
      expect(await append(shop, message(shop, "c_nothing", "nowhere"))).toBeUndefined();
      expect(await textsOf(shop, stream)).toEqual(["once"]);
      const command = shop.command("message.send", stream, { parts: [{ type: "text", text: "once" }] });
      // Found by the longer way, with the fingerprint it was appended under.
      expect(await shop.give(shop.person(0), { ...command, id: first.commandId })).toEqual({
        refusal: { code: "id-reused" },
      });
    },
  );

  clause(open, "law 3: whoever appends while the row is held waits, and comes behind", async (shop) => {
    const stream = await shop.group(1);
    const held = shop.store.transaction(async (tx) => {
      const [row] = await tx.lock([stream]);
      const seq = (row?.lastSeq ?? 0) + 1;
      const event = { stream, seq, type: "conversation.renamed", by: "system", at: 1, body: { title: "x" } };
      const behind = append(shop, message(shop, stream, "behind"));
      await tx.write({ ...noChanges(), events: [event as never], heads: [{ id: stream, lastSeq: seq }] });
      return { seq, behind };
    });
    const { seq, behind } = await held;
    expect(await behind).toEqual([[stream, seq]]);
    await Promise.all(Array.from({ length: 8 }, (_, n) => append(shop, message(shop, stream, `${n}`))));
    const seqs = (await shop.store.events(stream, 0, 100, 100)).map((event) => event.seq);
    expect(seqs).toEqual(Array.from({ length: 11 }, (_, n) => n + 1));
  });
}
