import { expect, test } from "bun:test";
import type { MessageEvent } from "@aftercare/sdk";
import { rangeOf } from "./drawn.ts";
import type { Row } from "./rows.ts";

const row = (seq: number): Row => ({ type: "message", key: `m${seq}`, message: { seq } as MessageEvent }) as Row;
const rows = (from: number, to: number): Row[] => [
  { type: "day", key: "d", at: 0 },
  ...Array.from({ length: to - from + 1 }, (_, index) => row(from + index)),
];

test("a conversation opens with its last rows, a short one with all", () => {
  expect(rangeOf(rows(1, 200), undefined, undefined)).toEqual([161, 201]);
  expect(rangeOf(rows(1, 5), undefined, undefined)).toEqual([0, 6]);
});

test("what is drawn stays, and some join it above and below", () => {
  expect(rangeOf(rows(101, 300), { low: 151, high: 250 }, undefined)).toEqual([39, 163]);
  expect(rangeOf(rows(101, 300), { low: 105, high: 300 }, undefined)).toEqual([0, 201]);
});

test("a window whose ends were let go keeps what is left of it", () => {
  expect(rangeOf(rows(101, 300), { low: 1, high: 120 }, undefined)).toEqual([0, 33]);
});

test("another part of the conversation begins again at its end", () => {
  expect(rangeOf(rows(901, 1_000), { low: 1, high: 300 }, undefined)).toEqual([61, 101]);
});

test("what is gone to is drawn at once, wherever it is", () => {
  expect(rangeOf(rows(1, 200), { low: 161, high: 200 }, 20)).toEqual([0, 201]);
  expect(rangeOf(rows(1, 200), { low: 161, high: 200 }, 170)).toEqual([149, 201]);
  expect(rangeOf(rows(1, 200), { low: 161, high: 200 }, 900)).toEqual([149, 201]);
});
