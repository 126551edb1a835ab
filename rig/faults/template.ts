import { mkdtempSync, rmSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate } from "../../server/src/db/migrate.ts";
import { run } from "../../server/src/embedded/account.ts";
import { startEmbedded } from "../../server/src/embedded/start.ts";
import { seedDemo } from "../../server/src/seed.ts";

export const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

let made: Promise<string> | undefined;

/** A data directory with the demo shop in it, made once: every fault starts with a copy, and so in seconds. */
export async function copyShop(to: string): Promise<void> {
  made ??= makeShop();
  const from = await made;
  // With its owners: PostgreSQL's files are not ours.
  const { code, output } = await run("cp", ["-a", from, to]);
  if (code !== 0) throw new Error(`the database could not be copied: ${output.trim()}`);
}

async function makeShop(): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), "aftercare-faults-shop-"));
  process.once("exit", () => rmSync(root, { recursive: true, force: true }));
  await chmod(root, 0o711);
  const dataDir = join(root, "data");
  const embedded = await startEmbedded({ dataDir, log: quiet });
  try {
    await migrate(embedded.url);
    await seedDemo(embedded.url);
  } finally {
    await embedded.stop();
  }
  return dataDir;
}
