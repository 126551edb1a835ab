import { describe, expect, test } from "bun:test";
import type { Actor } from "@aftercare/core";
import { type Command, type Member, makeCommandId, type StreamId } from "@aftercare/protocol";
import { type Bell, createLocalBus } from "../bus.ts";
import { systemClock, systemIds } from "../platform.ts";
import { createAppender } from "./appender.ts";
import { KnownStreams } from "./known.ts";
import type { LogStore, MessageAppend, StreamRow } from "./store.ts";

const stream = "c_0000000000000000000001";
const other = "c_0000000000000000000002";
const ann: Actor = { account: "a_0000000000000000000001", name: "Ann", kind: "staff" };
const member: Member = { account: ann.account, name: "Ann", role: "member", fromSeq: 1 };
const row = (id: StreamId, version: number): StreamRow => ({
  id,
  version,
  lastSeq: 1,
  memberCount: 1,
  meta: { kind: "group", history: "all", createdAt: 0, pins: [] },
});
const message = (of: StreamId, text: string): Command => ({
  id: makeCommandId(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
  type: "message.send",
  stream: of,
  body: { parts: [{ type: "text", text }] },
});

/** An appender whose shorter way does what the test says; the longer way fails as a held row makes it fail. */
function appenderOn(
  append: (messages: MessageAppend) => Promise<Map<StreamId, number> | undefined>,
  epoch = () => 1,
  bus = createLocalBus(),
) {
  const known = new KnownStreams(1);
  for (const id of [stream, other]) known.learnWhole(1, { row: row(id, 0), members: [member], receipts: {} });
  const held = () =>
    Promise.reject(Object.assign(new Error("canceling statement due to lock timeout"), { code: "55P03" }));
  const store = { append, transaction: held } as unknown as LogStore;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const settings = { batchWindowMs: 0, batchMaxRows: 256, lanes: 4 } as never;
  const ctx = { store, bus, clock: systemClock, ids: systemIds, settings, log };
  return createAppender(ctx, known, epoch);
}

describe("L12 order through failures", () => {
  test("L12 what waits behind a command whose row is held is told to come again too", async () => {
    const gate = Promise.withResolvers<void>();
    let calls = 0;
    const appender = appenderOn(async ({ messages }) => {
      if (++calls > 1) return new Map(messages.map((one) => [one.stream, 1]));
      await gate.promise;
      throw Object.assign(new Error("canceling statement due to lock timeout"), { code: "55P03" });
    });
    const first = appender.submit(ann, message(stream, "first"));
    await Promise.resolve().then(() => undefined);
    const behind = appender.submit(ann, message(stream, "second"));
    const elsewhere = appender.submit(ann, message(other, "elsewhere"));
    gate.resolve();
    expect(await first).toMatchObject({ refusal: { code: "busy" } });
    expect(await behind).toMatchObject({ refusal: { code: "busy" } });
    expect(await elsewhere).toMatchObject({ ack: { seq: 2 } });
    expect(await appender.submit(ann, message(stream, "again"))).toMatchObject({ ack: { seq: 2 } });
    await appender.idle();
  });
});

describe("L12 order through failures and epochs", () => {
  test("L12 what was given for the log of before does not come into the next: its seqs are other messages there", async () => {
    let epoch = 1;
    const appender = appenderOn(
      async ({ messages }) => new Map(messages.map((one) => [one.stream, 1])),
      () => epoch,
    );
    expect(await appender.submit(ann, message(stream, "early"))).toMatchObject({ ack: { seq: 2 } });
    const before = appender.submit(ann, message(stream, "before"));
    epoch = 2;
    expect(await before).toMatchObject({ refusal: { code: "busy" } });
  });

  test("L3 what was committed into the log of before is not rung as of the next", async () => {
    let epoch = 1;
    const bus = createLocalBus();
    const bells: Bell[] = [];
    bus.subscribe((bell) => bells.push(bell));
    const late = async ({ messages }: MessageAppend) => {
      epoch = 2;
      return new Map(messages.map((one) => [one.stream, 1]));
    };
    await appenderOn(late, () => epoch, bus).submit(ann, message(stream, "late"));
    await Promise.resolve();
    expect(bells).toMatchObject([{ kind: "events", epoch: 1 }]);
  });
});

describe("L5 what is known of a conversation", () => {
  test("L5 a member read without the lock of its stream is not learned", () => {
    const known = new KnownStreams(1);
    known.learnWhole(1, { row: row(stream, 7), members: [], receipts: {} });
    const loaded = {
      commands: [],
      messages: [],
      accounts: [],
      members: [{ stream, status: "joined" as const, member }],
    };
    known.learn(1, [row(other, 3)], loaded, new Set());
    expect(known.get(stream)?.members.has(ann.account)).toBe(false);
    known.learn(1, [row(stream, 7)], loaded, new Set());
    expect(known.get(stream)?.members.has(ann.account)).toBe(true);
    known.learn(1, [row(stream, 8)], { ...loaded, members: [] }, new Set([stream]));
    expect(known.get(stream)).toBeUndefined();
  });
});
