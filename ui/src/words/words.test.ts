import { expect, test } from "bun:test";
import { refusalCodes } from "@aftercare/protocol";
import { accessWords, loadAccessWords } from "./access/words.ts";
import { adminWords, loadAdminWords } from "./admin/words.ts";
import { deskWords, loadDeskWords } from "./desk/words.ts";
import { words as en } from "./en.ts";
import { frontWords } from "./front/words.ts";
import { inspectorWords } from "./inspector/words.ts";
import { rightsWords } from "./rights/words.ts";
import { locales } from "./words.ts";
import { words as hans } from "./zh-Hans.ts";
import { words as hant } from "./zh-Hant.ts";

for (const locale of locales) for (const load of [loadAccessWords, loadAdminWords, loadDeskWords]) await load(locale);

/** Every leaf by its path; the third argument of the only function that is choosy is a role. */
function leaves(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") return [[path, String(value("«1»", "«2»", "member"))]];
  return Object.entries(value as object).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}

const tables = { en, "zh-Hant": hant, "zh-Hans": hans };
const keys = leaves(en)
  .map(([path]) => path)
  .sort();

for (const [locale, table] of Object.entries(tables)) {
  test(`${locale} has every word, and none is empty`, () => {
    expect(
      leaves(table)
        .map(([path]) => path)
        .sort(),
    ).toEqual(keys);
    for (const [path, text] of leaves(table)) expect(`${path}=${text.trim()}`).not.toEndWith("=");
    expect(table.locale).toBe(locale as typeof table.locale);
  });
  test(`${locale} has a sentence for every refusal`, () => {
    for (const code of Object.keys(refusalCodes))
      expect(table.refusals[code as keyof typeof refusalCodes].length).toBeGreaterThan(2);
  });
}

const onlyTraditional = /[訊傳對員發會這裏還沒錄儲載關閉語離線應讀]/;
const onlySimplified = /[讯传对员发会这还没录储载关闭语离线应读]/;

test("the two Chinese tables are written apart: no character of the other script", () => {
  expect(leaves(hans).filter(([, text]) => onlyTraditional.test(text))).toEqual([]);
  expect(leaves(hant).filter(([, text]) => onlySimplified.test(text))).toEqual([]);
});

test.each([
  ["the inspector", inspectorWords],
  ["the matrix of rights", rightsWords],
  ["signing in", accessWords],
  ["what customers meet", frontWords],
  ["the settings of people and rights", adminWords],
] as const)("%s has every word in every language, each Chinese one in its own script", (_, words) => {
  const paths = (table: unknown) => leaves(table).map(([path]) => path);
  for (const [locale, table] of Object.entries(words)) {
    expect(paths(table)).toEqual(paths(words.en));
    for (const [path, text] of leaves(table)) expect(`${path}=${text.trim()}`).not.toEndWith("=");
    expect(table.locale).toBe(locale as typeof table.locale);
  }
  expect(leaves(words["zh-Hans"]).filter(([, text]) => onlyTraditional.test(text))).toEqual([]);
  expect(leaves(words["zh-Hant"]).filter(([, text]) => onlySimplified.test(text))).toEqual([]);
});

test("the desk has every word in every language, each Chinese one in its own script", () => {
  const paths = (table: unknown) => leaves(table).map(([path]) => path);
  for (const [locale, table] of Object.entries(deskWords)) {
    expect(paths(table)).toEqual(paths(deskWords.en));
    for (const [path, text] of leaves(table)) expect(`${path}=${text.trim()}`).not.toEndWith("=");
    expect(table.locale).toBe(locale as typeof table.locale);
  }
  expect(leaves(deskWords["zh-Hans"]).filter(([, text]) => onlyTraditional.test(text))).toEqual([]);
  expect(leaves(deskWords["zh-Hant"]).filter(([, text]) => onlySimplified.test(text))).toEqual([]);
});

test("every word a function is given comes out again", () => {
  for (const table of Object.values(tables)) {
    expect(table.notices.muted("甲", "乙", "丙")).toMatch(/甲.*乙.*丙/);
    expect(table.timeline.message("甲", "乙")).toContain("甲");
  }
});
