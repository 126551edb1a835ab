import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, runCaptured, SetupFailure } from "./process.mjs";

const pages = ["widget", "console"];
/** Rooms whose sources end up in a page. */
const sources = ["protocol", "core", "sdk", "ui", "calls"];

/** Builds the browser pages whose sources changed since the last build. */
export async function buildPages() {
  const shared = createHash("sha256");
  for (const room of sources) hashTree(shared, room);
  shared.update(readFileSync(join(root, "package-lock.json")));
  const common = shared.digest("hex");
  for (const page of pages) {
    if (!existsSync(join(root, page, "vite.config.ts"))) {
      console.log(`aftercare: ${page} has no vite.config.ts yet, so there is no page to build`);
      continue;
    }
    const own = createHash("sha256").update(common);
    hashTree(own, page);
    await buildPage(page, own.digest("hex"));
  }
}

async function buildPage(page, hash) {
  const stamp = join(root, page, "dist", ".built-from");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return;
  console.log(`aftercare: building ${page} …`);
  const { code, output } = await runCaptured(process.execPath, [viteFile, "build", "--logLevel", "warn"], {
    cwd: join(root, page),
    env: { NODE_ENV: "production" },
    quiet: true,
  });
  if (code !== 0) throw new SetupFailure(`${page} could not be built:\n${output}`);
  writeFileSync(stamp, hash);
}

export const viteFile = join(root, "node_modules", "vite", "bin", "vite.js");

const skipped = new Set(["node_modules", "dist", ".types"]);

/** Names and contents, in one order on every machine. */
function hashTree(hash, folder) {
  const at = join(root, folder);
  if (!existsSync(at)) return;
  const entries = readdirSync(at, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`;
    if (skipped.has(entry.name) || entry.name.endsWith(".test.ts")) continue;
    if (entry.isDirectory()) hashTree(hash, path);
    else if (entry.isFile())
      hash
        .update(`${path}\0`)
        .update(readFileSync(join(root, path)))
        .update("\0");
  }
}
