import { describe, expect, test } from "bun:test";
import { uncleanTexts } from "../../rig/law/generate.ts";
import { limits } from "./limits.ts";
import { cleanLine, cleanText, cleanTextOrEmpty, isCleanText } from "./text.ts";
import { safeParse } from "./v.ts";

const takes = (schema: Parameters<typeof safeParse>[0], text: string): boolean => safeParse(schema, text).success;

describe("L16 text", () => {
  test.each(uncleanTexts)("L16 %s is refused", (_, text) => {
    expect(isCleanText(text)).toBe(false);
    expect(takes(cleanText(200_000), text)).toBe(false);
    expect(takes(cleanTextOrEmpty(200_000), text)).toBe(false);
  });

  test.each([
    ["Chinese", "您好，我的手機壞了。"],
    ["an emoji of seven code points", "👩‍👩‍👧‍👦"],
    ["a flag", "🇹🇼"],
    ["Vietnamese with combining marks", "tiê\u0301ng Viê\u0323t"],
    ["Hebrew with points", "שָׁלוֹם"],
    ["Arabic in isolates", "\u2067مرحبا\u2069"],
    ["Tibetan stacks", "བསྒྲུབས"],
    ["lines and tabs", "a\n\tb"],
    ["as many marks as are allowed", `a${"\u0301".repeat(limits.combiningMarks)}`],
    ["markup, which is only text", "<script>alert(1)</script>"],
  ])("%s is taken as it is", (_, text) => {
    expect(isCleanText(text)).toBe(true);
    expect(takes(cleanText(8_000), text)).toBe(true);
  });

  test("white space alone says nothing, but a draft may be empty", () => {
    for (const text of ["", " ", "\n\t", "\u3000"]) expect(takes(cleanText(10), text)).toBe(false);
    expect(takes(cleanTextOrEmpty(10), "")).toBe(true);
  });

  test("L16 the bound counts UTF-16 code units and is met exactly", () => {
    expect(takes(cleanText(4), "👍👍")).toBe(true);
    expect(takes(cleanText(4), "👍👍a")).toBe(false);
  });

  test("a line has no line break of any kind", () => {
    for (const text of ["a\nb", "a\tb", "a\u2028b", "a\u2029b"]) {
      expect(takes(cleanText(10), text)).toBe(true);
      expect(takes(cleanLine(10), text)).toBe(false);
    }
  });

  test("L16 a long run of marks costs no more than its length", () => {
    const startedAt = performance.now();
    for (const one of ["\u0301", "a\u0301", "\ud83d", "\u202e"]) isCleanText(one.repeat(1_000_000));
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
