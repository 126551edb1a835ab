import { randomBytes } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { secretKeyOf } from "../keyring.ts";
import { SetupProblem } from "./explain.ts";

const pathIn = (dataDir: string): string => join(resolve(dataDir), "secret.key");

/** The key kept beside the embedded database; undefined when there is none. */
export async function readSecretKey(dataDir: string): Promise<Uint8Array | undefined> {
  const path = pathIn(dataDir);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const key = secretKeyOf(text.trim());
  if (!key) throw new SetupProblem(`${path} holds no key; bring it back from a backup.`);
  return key;
}

/** Makes it, readable by this account alone, and on the disk before anything is sealed with it. */
export async function makeSecretKey(dataDir: string): Promise<Uint8Array> {
  const key = randomBytes(32);
  const file = await open(pathIn(dataDir), "wx", 0o600);
  try {
    await file.writeFile(`${key.toString("base64")}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  const folder = await open(resolve(dataDir), "r");
  await folder.sync().finally(() => folder.close());
  return key;
}
