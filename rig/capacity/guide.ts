import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Constant, costs, habits, paperSizes } from "./constants.ts";
import { planFor, printPlans } from "./model.ts";

/** The scale guide with the tables of the model: `bun rig/capacity/guide.ts` writes it. */
const path = join(import.meta.dir, "../../docs/operator/scale.md");

export function scaleGuide(written: string): string {
  const parts = {
    sizes: printPlans(paperSizes.map(planFor)),
    costs: printConstants(costs),
    habits: printConstants(habits),
  };
  let wanted = written;
  for (const [name, table] of Object.entries(parts)) {
    const marked = new RegExp(`(<!-- ${name}:begin[^\\n]*-->\\n)[\\s\\S]*?(<!-- ${name}:end -->)`);
    if (!marked.test(wanted)) throw new Error(`${path} has lost the marks of "${name}"`);
    wanted = wanted.replace(marked, (_, begin, end) => `${begin}\n${table}\n\n${end}`);
  }
  return wanted;
}

function printConstants(constants: Readonly<Record<string, Constant>>): string {
  const rows = Object.values(constants).map(
    ({ value, unit, source }) => `| ${value.toLocaleString("en")} | ${unit} | ${source} |`,
  );
  return `| value | unit | source |\n| --- | --- | --- |\n${rows.join("\n")}`;
}

if (import.meta.main) writeFileSync(path, scaleGuide(readFileSync(path, "utf8")));
