import { describe, expect, test } from "bun:test";
import { seeded } from "../../rig/law/generate.ts";
import {
  accountId,
  accountOfInbox,
  commandId,
  conversationId,
  conversationOfNotes,
  deskId,
  inboxOf,
  makeCommandId,
  makeId,
  notesOf,
  streamId,
  streamKind,
} from "./id.ts";
import { safeParse } from "./v.ts";

const bytes = (seed: number): Uint8Array => {
  const rng = seeded(seed);
  return Uint8Array.from({ length: 10 }, () => Math.floor(rng() * 256));
};
const ok = (schema: Parameters<typeof safeParse>[0], value: unknown): boolean => safeParse(schema, value).success;
const times = [0, 1, 255, 256, 65_535, 1_700_000_000_000, 1_700_000_000_001, 1_800_000_000_000, 2 ** 48 - 1];

describe("ids", () => {
  test("L6 ids sort by the time they were made at, whatever the randomness", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const ids = times.map((time, index) => makeId("c_", time, bytes(seed * 100 + index)));
      expect([...ids].sort()).toEqual(ids);
      const commands = times.map((time, index) => makeCommandId(time, bytes(seed * 100 + index)));
      expect([...commands].sort()).toEqual(commands);
    }
  });

  test("made ids have the form that is asked for", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const time = times[seed % times.length] as number;
      expect(ok(conversationId, makeId("c_", time, bytes(seed)))).toBe(true);
      expect(ok(accountId, makeId("a_", time, bytes(seed)))).toBe(true);
      expect(ok(deskId, makeId("d_", time, bytes(seed)))).toBe(true);
    }
  });

  test("L2 a command id is a UUID of version 7: the time first, then the randomness", () => {
    const id = makeCommandId(0x0190_0000_0001, new Uint8Array(10).fill(0xff));
    expect(id).toBe("01900000-0001-7fff-bfff-ffffffffffff");
    for (let seed = 1; seed <= 200; seed++) expect(ok(commandId, makeCommandId(seed, bytes(seed)))).toBe(true);
  });

  test("L2 two ids of one millisecond differ by their randomness", () => {
    const ids = new Set(Array.from({ length: 500 }, (_, seed) => makeCommandId(1_000, bytes(seed + 1))));
    expect(ids.size).toBe(500);
    const streams = new Set(Array.from({ length: 500 }, (_, seed) => makeId("c_", 1_000, bytes(seed + 1))));
    expect(streams.size).toBe(500);
  });

  test("an inbox belongs to its account and notes to their conversation", () => {
    const account = makeId("a_", 5, bytes(1));
    const conversation = makeId("c_", 5, bytes(2));
    expect(accountOfInbox(inboxOf(account))).toBe(account);
    expect(conversationOfNotes(notesOf(conversation))).toBe(conversation);
    expect(ok(streamId, inboxOf(account)) && ok(streamId, notesOf(conversation))).toBe(true);
    expect([conversation, notesOf(conversation), inboxOf(account), makeId("d_", 5, bytes(3))].map(streamKind)).toEqual([
      "conversation",
      "notes",
      "inbox",
      "desk",
    ]);
    expect(() => streamKind(account)).toThrow();
    expect(() => streamKind("")).toThrow();
  });

  test("other spellings of an id are refused", () => {
    const good = makeId("c_", 5, bytes(2));
    for (const bad of [
      `${good}\n`,
      ` ${good}`,
      `${good}a`,
      good.slice(0, -1),
      good.replace("_", "-"),
      `${good.slice(0, -1)}.`,
    ])
      expect(ok(streamId, bad)).toBe(false);
    const uuid = makeCommandId(1, bytes(1));
    for (const bad of [
      uuid.toUpperCase(),
      uuid.replaceAll("-", ""),
      `{${uuid}}`,
      "00000000-0000-0000-0000-000000000000",
    ])
      if (bad !== uuid) expect(ok(commandId, bad)).toBe(false);
  });
});
