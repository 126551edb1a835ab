import { join } from "node:path";
import { readTree } from "./source.ts";
import { print, tidy } from "./tidy.ts";

const startedAt = performance.now();
const tree = readTree(join(import.meta.dirname, "../.."));
const found = tidy(tree);
for (const each of found) console.log(print(each));
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
console.error(
  `tidy: ${found.length === 0 ? "clean" : `${found.length} to mend`}, ${tree.files.size} files in ${seconds} s`,
);
process.exitCode = found.length === 0 ? 0 : 1;
