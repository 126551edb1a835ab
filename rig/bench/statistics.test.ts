import { expect, test } from "bun:test";
import { functionsIn } from "./cpu-profile.ts";
import { findKnees } from "./knee.ts";
import { numberAfter } from "./side.ts";
import { median, percentile, quantilesOf } from "./statistics.ts";

test("the median of an even number is between the two in the middle", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test("a percentile is a value that was measured, by nearest rank", () => {
  const hundred = Float64Array.from({ length: 100 }, (_, index) => index + 1);
  expect(percentile(hundred, 0.5)).toBe(50);
  expect(percentile(hundred, 0.99)).toBe(99);
  expect(percentile(hundred, 1)).toBe(100);
  expect(percentile([7], 0.99)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});

test("what was never answered is endless, not absent", () => {
  const values = [...new Array<number>(98).fill(1), Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  expect(quantilesOf(values)).toEqual({ p50: 1, p99: Number.POSITIVE_INFINITY });
});

/** A side whose p99 passes the bound above a rate. */
const bent = (knees: readonly number[], asked: string[] = []) => ({
  attempt: async (side: number, rate: number) => {
    asked.push(`${side}:${rate}`);
    return { p99: rate <= (knees[side] ?? 0) ? 10 : 100, rate };
  },
  asked,
});

const shares = [0.25, 0.5, 0.75];
const lowerShares = [0.1, 0.05];
const fits = ({ p99 }: { p99: number }) => p99 <= 50;

test("the knee is the highest rate within the bound, and a step past it ends a side's climb", async () => {
  const { attempt, asked } = bent([600, 1_000]);
  const knees = await findKnees({ most: [1_000, 1_000], shares, lowerShares, tries: 1, fits, attempt });
  expect(knees.map((knee) => knee?.rate)).toEqual([500, 750]);
  expect(asked).toEqual(["0:250", "1:250", "0:500", "1:500", "0:750", "1:750"]);
});

test("a side that not even the lowest share suits is tried below, once it fits no further", async () => {
  const { attempt, asked } = bent([120]);
  const [knee] = await findKnees({ most: [1_000], shares, lowerShares, tries: 2, fits, attempt });
  expect(knee?.rate).toBe(100);
  expect(asked).toEqual(["0:250", "0:250", "0:100"]);
});

test("a side without any knee has none", async () => {
  const { attempt } = bent([0]);
  expect(await findKnees({ most: [1_000], shares, lowerShares, tries: 1, fits, attempt })).toEqual([undefined]);
});

test("samples of a CPU profile are counted within the window; a recursion counts once", () => {
  const frame = (functionName: string) => ({ functionName, url: "file.ts", lineNumber: 0 });
  const profile = {
    nodes: [
      { id: 1, callFrame: frame("(root)"), children: [2] },
      { id: 2, callFrame: frame("outer"), children: [3, 4] },
      { id: 3, callFrame: frame("outer") },
      { id: 4, callFrame: frame("inner") },
    ],
    startTime: 1_000,
    samples: [3, 3, 4, 4],
    timeDeltas: [10, 10, 10, 10],
  };
  const { samples, functions } = functionsIn(profile, 1_015, 1_040);
  expect(samples).toBe(2);
  expect(functions.map(({ name, self, total }) => [name, self, total])).toEqual([
    ["outer", 1, 2],
    ["inner", 1, 1],
  ]);
});

test("a number is read up to its last digit, also at the end of a frame", () => {
  expect(numberAfter('{"seq":41,"x":1}', '"seq":')).toBe(41);
  expect(numberAfter("a12", "a")).toBe(12);
  expect(numberAfter("a12", "b")).toBe(-1);
});
