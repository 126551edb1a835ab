import { expect, test } from "bun:test";
import { Glob } from "bun";

/** What people read. The loader is not here: its 關閉對話 puts the window away, and ends nothing. */
const tables = [
  "ui/src/words/zh-*.ts",
  "ui/src/words/*/zh-*.ts",
  "widget/src/*-words.ts",
  "server/src/identity/staff/mail-words.ts",
  "server/src/push/words.ts",
];
const scripts = ["zh-Hant", "zh-Hans"] as const;

/** The words that a script rejects, from the columns of the glossary. */
function rejected(glossary: string, script: (typeof scripts)[number]): string[] {
  const rows = glossary.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| English"));
  const column = script === "zh-Hant" ? 3 : 5;
  return rows.flatMap((row) => row.split("|")[column]?.match(/[^\s,]+/g) ?? []);
}

/** The lines of a file in this script: all of its own table, of a file of all languages those under its name. */
function linesOf(path: string, text: string, script: string): string[] {
  if (/zh-Han[ts]\.ts$/.test(path)) return path.endsWith(`${script}.ts`) ? text.split("\n") : [];
  const [, section = ""] = text.split(`"${script}": {`);
  return section.split(/"zh-Han[ts]": \{/)[0]?.split("\n") ?? [];
}

test.each(scripts)("no table in %s has a word that the glossary rejects", async (script) => {
  const words = rejected(await Bun.file("docs/glossary.md").text(), script);
  expect(words.length).toBeGreaterThan(15);
  const files = tables.flatMap((table) => [...new Glob(table).scanSync(".")]);
  expect(files.length).toBe(19);
  const found: string[] = [];
  for (const path of files)
    for (const line of linesOf(path, await Bun.file(path).text(), script))
      for (const word of words) if (line.includes(word)) found.push(`${path}: ${word} in ${line.trim()}`);
  expect(found).toEqual([]);
});
