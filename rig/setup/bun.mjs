import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root, SetupFailure } from "./process.mjs";

/** The pinned Bun: as its install script left it, or in its platform package where install scripts are not allowed. */
export function bunPath() {
  for (const file of candidates()) {
    // The bare package holds a small script in its place, which fails.
    if (existsSync(file) && spawnSync(file, ["--version"], { timeout: 10_000 }).status === 0) return file;
  }
  throw new SetupFailure("Bun is not among the installed packages; delete node_modules and run the command again.");
}

function candidates() {
  const scope = join(root, "node_modules", "@oven");
  const packages = existsSync(scope) ? readdirSync(scope).sort() : [];
  return [
    join(root, "node_modules", "bun", "bin", "bun.exe"),
    join(root, "node_modules", ".bin", "bun"),
    ...packages.flatMap((name) => ["bun", "bun.exe"].map((file) => join(scope, name, "bin", file))),
  ];
}
