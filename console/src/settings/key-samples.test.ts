import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { keySamples } from "./key-samples.ts";

const guide = readFileSync(new URL("../../../docs/how-to/identify-customers.md", import.meta.url), "utf8");

test.each([...keySamples])("the $name code of the keys page is that of the guide", ({ code }) => {
  expect(guide).toContain(`\n${code}\n\`\`\``);
});
