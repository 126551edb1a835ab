import { expect, test } from "bun:test";
import type { Event } from "@aftercare/protocol";
import { makeFormat } from "./format.ts";
import { noticeText } from "./notice.ts";
import { words as en } from "./words/en.ts";
import type { Words } from "./words/words.ts";
import { words as hans } from "./words/zh-Hans.ts";
import { words as hant } from "./words/zh-Hant.ts";

const people: Record<string, string> = { a_kit: "Kit", a_you: "看你" };

/** What the reader, who is a_me, is told. */
function told(words: Words, type: string, by: string, body: object): string | undefined {
  const nameOf = (account: string) => (account === "a_me" ? words.common.you : (people[account] ?? account));
  return noticeText({ type, by, body } as unknown as Event, words, makeFormat(words.intl), nameOf, 0);
}

const mine = { account: "a_me", name: "Mei" };

test("the reader is a word of a Chinese sentence, with no space at its sides; a name keeps them", () => {
  expect(told(hant, "conversation.assigned", "a_me", mine)).toBe("你接手了對話");
  expect(told(hans, "conversation.assigned", "a_me", mine)).toBe("你接手了对话");
  expect(told(hant, "conversation.assigned", "a_kit", mine)).toBe("Kit 將對話指派給你");
  expect(told(hans, "member.removed", "a_kit", mine)).toBe("Kit 将你移出对话");
  expect(told(hant, "conversation.closed", "a_kit", {})).toBe("Kit 結束了對話");
  expect(told(hant, "conversation.closed", "a_you", {})).toBe("看你 結束了對話");
  expect(told(hant, "conversation.renamed", "a_me", { title: "問你 好" })).toBe("你將對話命名為「問你 好」");
  expect(told(en, "conversation.assigned", "a_kit", mine)).toBe("Kit assigned the conversation to you");
});
