import type { Sql } from "postgres";
import { SetupProblem } from "../embedded/explain.ts";
import type { Keyring, Place, Standing } from "../keyring.ts";

/** The server's own secrets in the database. What else looks like one is a hash, or worth nothing without these. */
type Stored = Place & {
  readonly value: Uint8Array;
  /** Writes another value, unless somebody was faster. */
  write(value: Uint8Array): Promise<unknown>;
};

export const sharedKeyPlace = (name: string): Place => ({ table: "secret", column: "value", row: name });
export const identityKeyPlace = (kid: string): Place => ({ table: "identity_key", column: "material", row: kid });
export const demoPlace = (login: string): Place => ({ table: "demo_sign_in", column: "password", row: login });

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

export const sealText = (keyring: Keyring, place: Place, plain: string): string =>
  textOf(keyring.seal(place, Buffer.from(plain)));

export function openText(keyring: Keyring, place: Place, stored: string): string | undefined {
  const plain = keyring.open(place, Buffer.from(stored));
  return plain && textOf(plain);
}

async function storedSecrets(sql: Sql): Promise<Stored[]> {
  const shared = await sql<{ name: string; value: Uint8Array }[]>`select name, value from secret`;
  const keys = await sql<{ kid: string; material: string }[]>`
    select kid, material from identity_key where algorithm = 'HS256'`;
  const demo = await sql<{ login: string; password: string }[]>`select login, password from demo_sign_in`;
  return [
    ...shared.map(({ name, value }) => ({
      ...sharedKeyPlace(name),
      value,
      write: (next: Uint8Array) => sql`update secret set value = ${next} where name = ${name} and value = ${value}`,
    })),
    ...keys.map(({ kid, material }) => ({
      ...identityKeyPlace(kid),
      value: Buffer.from(material),
      write: (next: Uint8Array) =>
        sql`update identity_key set material = ${textOf(next)} where kid = ${kid} and material = ${material}`,
    })),
    ...demo.map(({ login, password }) => ({
      ...demoPlace(login),
      value: Buffer.from(password),
      write: (next: Uint8Array) =>
        sql`update demo_sign_in set password = ${textOf(next)} where login = ${login} and password = ${password}`,
    })),
  ];
}

const nameOf = ({ table, row }: Place): string => `${table} ${row}`;

export type SealedCount = Readonly<Record<Standing, number>>;

/** How many secrets lie in the clear, and how many under which key. */
export const countSealed = async (sql: Sql, keyring: Keyring): Promise<SealedCount> =>
  countIn(await storedSecrets(sql), keyring);

function countIn(all: readonly Stored[], keyring: Keyring): SealedCount {
  const counts = { plain: 0, current: 0, other: 0, unknown: 0 };
  for (const { value } of all) counts[keyring.standing(value)]++;
  return counts;
}

/** Refuses keys that do not open everything, in one sentence: with a wrong one, nothing must be made anew. */
export function refuseUnknown({ unknown }: SealedCount): void {
  if (unknown === 0) return;
  throw new SetupProblem(
    `The database holds ${unknown} secrets sealed under a key that is not here; set AFTERCARE_SECRET_KEY (or bring secret.key back into the data directory) to the key they were sealed with, or name it in AFTERCARE_OTHER_SECRET_KEYS.`,
  );
}

/**
 * Seals what lies in the clear or under another key. Any number of nodes may do it at once, and again: a row is written only
 * if it still holds what was read.
 */
export async function sealStored(sql: Sql, keyring: Keyring): Promise<SealedCount> {
  const all = await storedSecrets(sql);
  const before = countIn(all, keyring);
  refuseUnknown(before);
  if (!keyring.canSeal) return before;
  const open = all
    .filter(({ value }) => keyring.standing(value) !== "current")
    .map((stored) => ({ stored, plain: opened(keyring, stored) }));
  for (const { stored, plain } of open) await stored.write(keyring.seal(stored, plain));
  return before;
}

function opened(keyring: Keyring, stored: Stored): Uint8Array {
  const plain = keyring.open(stored, stored.value);
  if (plain) return plain;
  throw new SetupProblem(
    `The secret "${nameOf(stored)}" in the database was changed or moved from elsewhere; bring it back from a backup.`,
  );
}
