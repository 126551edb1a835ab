import { expect, test } from "bun:test";
import { foldedText, isBigEmoji } from "./long-text.ts";

test("a long text is folded, by lines or by characters; one that is nearly short is not", () => {
  expect(foldedText("short")).toBeUndefined();
  expect(foldedText("line\n".repeat(14))).toBeUndefined();
  expect(foldedText("a".repeat(1_400))).toBeUndefined();
  expect(foldedText(Array.from({ length: 40 }, (_, n) => `${n}`).join("\n"))?.split("\n")).toHaveLength(12);
  expect(foldedText("中".repeat(8_000))).toHaveLength(1_201);
  expect(foldedText(`${"word ".repeat(600)}`)).toMatch(/word…$/);
  expect(foldedText("𠮷".repeat(1_000))?.isWellFormed()).toBe(true);
  expect(foldedText(`a${"𠮷".repeat(1_000)}`)?.isWellFormed()).toBe(true);
});

test("one to three emoji are drawn large", () => {
  for (const one of ["👍", "🙏🙏", "❤️👍🏽😂", "👨‍👩‍👧‍👦", "🇭🇰"]) expect([one, isBigEmoji(one)]).toEqual([one, true]);
  for (const one of ["", "1", "#", "ok 👍", "👍👍👍👍", "🙏 唔該"])
    expect([one, isBigEmoji(one)]).toEqual([one, false]);
});
