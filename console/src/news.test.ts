import { expect, test } from "bun:test";
import type { InboxLine } from "@aftercare/sdk";
import { News } from "./news.ts";

const me = "a_0000000000000000000001";
const ann = "a_0000000000000000000002";

/** A line as far as it matters here: what was said last, by whom, and whether it is read. */
const line = (n: number, said?: { seq: number; by: string; at: number }, unread = 1): InboxLine =>
  ({
    entry: { stream: `c_${n}`, settings: {} },
    ...(said && { state: {}, last: { ...said, type: "message.sent" } }),
    unread: { count: unread, more: false },
  }) as unknown as InboxLine;
const streams = (lines: InboxLine[]) => lines.map(({ entry }) => entry.stream);

test("what was there when the page opened is no news, also where it is read later; what comes then is, once", () => {
  const news = new News();
  expect(news.take([line(1, { seq: 3, by: ann, at: 5 }), line(2)], me)).toEqual([]);
  expect(news.take([line(1, { seq: 3, by: ann, at: 5 }), line(2, { seq: 9, by: ann, at: 4 })], me)).toEqual([]);
  const more = [line(1, { seq: 4, by: ann, at: 6 }), line(2, { seq: 9, by: ann, at: 4 })];
  expect(streams(news.take(more, me))).toEqual(["c_1"]);
  expect(news.take(more, me)).toEqual([]);
});

test("a conversation that is new is news when its first words are there", () => {
  const news = new News();
  news.take([], me);
  expect(news.take([line(1)], me)).toEqual([]);
  expect(streams(news.take([line(1, { seq: 2, by: ann, at: 1 })], me))).toEqual(["c_1"]);
});

test("a message with a time of tomorrow silences nobody", () => {
  const news = new News();
  news.take([line(1, { seq: 1, by: ann, at: 100 }), line(2, { seq: 1, by: ann, at: 90 })], me);
  const tomorrow = line(1, { seq: 2, by: ann, at: 86_400_000 });
  expect(streams(news.take([tomorrow, line(2, { seq: 1, by: ann, at: 90 })], me))).toEqual(["c_1"]);
  expect(streams(news.take([tomorrow, line(2, { seq: 2, by: ann, at: 200 })], me))).toEqual(["c_2"]);
});

test("one's own words and what is read call nobody; an answer in the place of words not yet taken does", () => {
  const news = new News();
  news.take([line(1, { seq: 1, by: ann, at: 1 })], me);
  expect(news.take([line(1, { seq: 2, by: me, at: 2 }, 0)], me)).toEqual([]);
  expect(streams(news.take([line(1, { seq: 2, by: ann, at: 3 })], me))).toEqual(["c_1"]);
  expect(news.take([line(1, { seq: 3, by: ann, at: 4 }, 0)], me)).toEqual([]);
});
