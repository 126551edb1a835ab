import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Tree, treeOf } from "./source.ts";

export interface Sample {
  readonly name: string;
  readonly trips: readonly string[];
  readonly tree: Tree;
}

/**
 * A sample is a small tree in one text: `trips: rule, rule`, then files, each below `=== path`. `@@repeat N line` stands
 * for N such lines. They end in .txt so that neither the compiler nor the formatter takes them for code.
 */
export function readSamples(kind: "good" | "bad"): Sample[] {
  const directory = join(import.meta.dirname, "samples", kind);
  return readdirSync(directory).map((name) => parseSample(name, readFileSync(join(directory, name), "utf8")));
}

function parseSample(name: string, text: string): Sample {
  const [head = "", ...sections] = text.split(/^=== /m);
  const files = new Map<string, string>();
  for (const section of sections) {
    const end = section.indexOf("\n");
    const body = section
      .slice(end + 1)
      .replace(/^@@repeat (\d+) (.*\n)/gm, (_, times, line) => line.repeat(Number(times)));
    files.set(section.slice(0, end).trim(), body);
  }
  const trips = /^trips: (.*)$/m.exec(head)?.[1]?.split(", ") ?? [];
  return { name, trips, tree: treeOf(files) };
}
