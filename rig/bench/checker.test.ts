import { describe, expect, test } from "bun:test";
import { Checker } from "./checker.ts";

const seat = (conversation: string, index: number) => ({ account: `a_${index}`, token: "", conversation });
const pair = () => new Checker([seat("c_1", 0), seat("c_1", 1)]);
const stored = (rows: number) => ({ rows, distinct: rows });

/** Both devices are shown these messages, at the places 1, 2 …; all are acknowledged. */
function talk(checker: Checker, first: readonly number[], second: readonly number[] = first): Checker {
  for (const [device, messages] of [first, second].entries())
    for (const [index, message] of messages.entries()) checker.delivered(device, message, index + 1);
  for (const message of new Set([...first, ...second])) checker.acked(message);
  return checker;
}

describe("the checker", () => {
  test("is content with the same order everywhere", () => {
    expect(talk(pair(), [0, 1, 2]).verdict(stored(3))).toBe("ok");
  });

  test("finds what one device was not shown", () => {
    expect(talk(pair(), [0, 1, 2], [0, 1]).verdict(stored(3))).toContain("different orders (3 and 2");
  });

  test("finds two devices with different orders", () => {
    expect(talk(pair(), [0, 1, 2], [0, 2, 1]).verdict(stored(3))).toContain("different orders");
  });

  test("finds what was acknowledged and nobody saw", () => {
    const checker = talk(pair(), [0, 1]);
    checker.acked(2);
    expect(checker.verdict(stored(3))).toBe("message 2 was acknowledged and shown 0 times");
  });

  test("finds what was shown twice", () => {
    expect(talk(pair(), [0, 1, 1]).verdict(stored(2))).toBe("message 1 was acknowledged and shown 2 times");
  });

  test("finds what is not stored, and what is stored twice", () => {
    expect(talk(pair(), [0, 1]).verdict(stored(1))).toBe("2 were acknowledged, 1 are stored");
    expect(talk(pair(), [0, 1]).verdict({ rows: 3, distinct: 2 })).toBe("1 messages are stored twice");
  });

  test("counts what came in another order than stored", () => {
    const checker = pair();
    for (const device of [0, 1]) {
      checker.delivered(device, 0, 2);
      checker.delivered(device, 1, 1);
    }
    checker.acked(0);
    checker.acked(1);
    expect(checker.verdict(stored(2))).toBe("2 of 4 deliveries came in another order than stored");
  });

  test("asks nothing of a store that there is none of, nor deliveries of a store alone", () => {
    expect(talk(pair(), [0]).verdict(undefined)).toBe("ok");
    const store = pair();
    store.acked(0);
    expect(store.verdict(stored(1), false)).toBe("ok");
  });

  test("repeats what went wrong on the way", () => {
    const checker = talk(pair(), [0]);
    checker.trouble("a device lost its connection");
    expect(checker.verdict(stored(1))).toBe("a device lost its connection");
  });
});
