import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { printConfigMarkdown } from "../../server/src/config.ts";

/** The operator guide with the table of settings as the server has it: `bun rig/setup/guide.ts` writes it. */
const path = join(import.meta.dir, "../../docs/operator/README.md");
const marked = /(<!-- config:begin[^\n]*-->\n)[\s\S]*?(<!-- config:end -->)/;

export function guide(): { readonly written: string; readonly wanted: string } {
  const written = readFileSync(path, "utf8");
  if (!marked.test(written)) throw new Error(`${path} has lost the marks between which the settings go`);
  return { written, wanted: written.replace(marked, (_, begin, end) => `${begin}\n${printConfigMarkdown()}\n${end}`) };
}

if (import.meta.main) writeFileSync(path, guide().wanted);
