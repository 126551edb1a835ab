import type { Config } from "../config.ts";
import { countSealed, refuseUnknown, type SealedCount } from "../db/sealed.ts";
import { openSql } from "../db/sql.ts";
import { makeSecretKey, readSecretKey } from "../embedded/secret-key.ts";
import { createKeyring, type Keyring, type KeyringKeys, namedKeys } from "../keyring.ts";
import { systemSecrets } from "../platform.ts";

/** What the settings name; with our own database also the key beside it, which is the one to use when none is named. */
async function keysOf(config: Config): Promise<KeyringKeys> {
  const named = namedKeys(config);
  const beside = config.databaseUrl === "" ? await readSecretKey(config.dataDir) : undefined;
  if (!beside) return named;
  return named.current ? { ...named, others: [...named.others, beside] } : { ...named, current: beside };
}

/** The keys to start with. Our own database is given one, unless something in it was sealed with one that is gone. */
export async function openKeyring(config: Config, url: string): Promise<Keyring> {
  const keys = await keysOf(config);
  if (keys.current || config.databaseUrl !== "") return createKeyring(keys, systemSecrets);
  refuseUnknown(await counted(url, createKeyring(keys, systemSecrets)));
  return createKeyring({ ...keys, current: await makeSecretKey(config.dataDir) }, systemSecrets);
}

async function counted(url: string, keyring: Keyring): Promise<SealedCount> {
  const sql = openSql(url, 1);
  try {
    return await countSealed(sql, keyring);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

export const unsealedWarning =
  "the server's own secrets lie unsealed in the database; set AFTERCARE_SECRET_KEY on all nodes, made by `openssl rand -base64 32` and kept apart from the database.";

/** For `doctor`: what is sealed, and whether these settings open it. */
export async function secretsState(config: Config, url: string): Promise<string> {
  const keys = await keysOf(config);
  const found = await counted(url, createKeyring(keys, systemSecrets));
  refuseUnknown(found);
  const { plain, current, other } = found;
  if (!keys.current && config.databaseUrl === "") return "the next start makes a key and seals them";
  const next = keys.current ? "the next start seals them" : "set AFTERCARE_SECRET_KEY";
  return [
    ...(keys.current ? [`${current} sealed under the key in use`] : []),
    ...(other > 0 ? [`${other} sealed under another key (${next})`] : []),
    ...(plain > 0 || !keys.current ? [`${plain} unsealed (${next})`] : []),
  ].join(", ");
}
