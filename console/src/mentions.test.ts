import { expect, test } from "bun:test";
import type { Mention } from "@aftercare/sdk";
import { placeOf } from "./mentions.ts";
import { Calls } from "./news.ts";

const mention = (stream: string, seq: number) =>
  ({ kind: "support", message: { type: "message.sent", stream, seq } }) as unknown as Mention;
const told = (found: Mention[]) => found.map(({ message: { stream, seq } }) => `${stream} ${seq}`);

test("a mention in notes stands on the notes' side of their conversation", () => {
  expect(placeOf(mention("n_1", 4))).toEqual({ stream: "c_1", side: "notes" });
  expect(placeOf(mention("c_1", 4))).toEqual({ stream: "c_1", side: "chat" });
});

test("a mention that was there when the page opened calls nobody; each later one does, once", () => {
  const calls = new Calls();
  expect(calls.take([mention("n_1", 3)])).toEqual([]);
  expect(told(calls.take([mention("n_2", 5), mention("n_1", 7), mention("n_1", 3)]))).toEqual(["n_2 5", "n_1 7"]);
  expect(calls.take([mention("n_2", 5), mention("n_1", 7)])).toEqual([]);
  expect(calls.take([])).toEqual([]);
  expect(told(calls.take([mention("n_1", 8)]))).toEqual(["n_1 8"]);
});

test("older mentions that come up as newer ones are read are no news", () => {
  const calls = new Calls();
  calls.take([mention("n_3", 9), mention("n_2", 5)]);
  expect(calls.take([mention("n_2", 5), mention("n_1", 1)])).toEqual([]);
});
