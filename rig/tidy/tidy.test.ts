import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { rules } from "./house.ts";
import { readSamples } from "./samples.ts";
import { readTree } from "./source.ts";
import { print, tidy } from "./tidy.ts";

const bad = readSamples("bad");

test("the house is tidy", () => {
  expect(tidy(readTree(join(import.meta.dirname, "../.."))).map(print)).toEqual([]);
});

describe("good samples trip nothing", () => {
  for (const { name, tree } of readSamples("good")) {
    test(name, () => expect(tidy(tree).map(print)).toEqual([]));
  }
});

describe("bad samples trip the rules they name, and no other", () => {
  for (const { name, trips, tree } of bad) {
    test(name, () => {
      const found = tidy(tree);
      const tripped: string[] = [...new Set(found.map((each) => each.rule))].sort();
      expect({ tripped, found: found.map(print) }).toEqual({ tripped: [...trips].sort(), found: found.map(print) });
      for (const each of found) expect(each.message).not.toBe("");
    });
  }
});

test("every rule has a bad sample", () => {
  const tripped = bad.flatMap((sample) => sample.trips);
  expect(Object.keys(rules).filter((rule) => !tripped.includes(rule))).toEqual([]);
});

test("every line marked in a bad sample is found, and no other", () => {
  for (const { name, tree } of bad) {
    const lines = new Set(tidy(tree).map((each) => `${each.file}:${each.line}`));
    const marked = tree.sources.flatMap((source) =>
      source.text.split("\n").flatMap((line, index) => (line.includes("// <-") ? [`${source.path}:${index + 1}`] : [])),
    );
    if (marked.length > 0) expect({ name, lines: [...lines].sort() }).toEqual({ name, lines: marked.sort() });
  }
});
