import {
  type AccountId,
  type InferOutput,
  limits,
  type Preference,
  type PreferenceName,
  type Preferences,
  type preferenceChange,
} from "@aftercare/protocol";
import type { Sql } from "postgres";
import { seal, unseal } from "../seal.ts";
import type { Outcome, WorkspaceCtx } from "./change.ts";

type Row = { name: PreferenceName; value: string; version: number };
const preferenceOf = ({ value, version }: Row): Preference => ({ value: unseal(value), version });

export async function readPreferences(sql: Sql, account: AccountId): Promise<Preferences> {
  const rows = await sql<
    Row[]
  >`select name, value, version::float8 as version from preference where account = ${account}`;
  const [own] = await sql<{ snippets: number }[]>`
    select snippets_version::float8 as snippets from workspace where id = this_workspace()`;
  return {
    preferences: Object.fromEntries(rows.map((row) => [row.name, preferenceOf(row)])),
    snippets: own?.snippets ?? 0,
  };
}

/**
 * What was said last holds, and the account's other devices hear of it. Answers what is kept now, which is another's where only
 * a `first` one was to be taken.
 */
export async function setPreference(
  { sql, bus }: Pick<WorkspaceCtx, "sql" | "bus">,
  account: AccountId,
  name: PreferenceName,
  { value, first = false }: InferOutput<typeof preferenceChange>,
): Promise<Outcome<Preference>> {
  const kept = value ?? null;
  const tooLarge = { name: "preferenceBytes" as const, value: limits.preferenceBytes };
  if (Buffer.byteLength(JSON.stringify(kept)) > limits.preferenceBytes)
    return { refusal: { code: "too-large", limit: tooLarge, path: "value" } };
  const { count } = await sql`
    insert into preference as was (account, name, value, version) values (${account}, ${name}, ${seal(kept)}, 1)
    on conflict (account, name) do update set value = excluded.value, version = was.version + 1 where not ${first}`;
  if (count > 0) bus.publish({ kind: "kept", account });
  const [row] = await sql<Row[]>`
    select name, value, version::float8 as version from preference where account = ${account} and name = ${name}`;
  return { value: row ? preferenceOf(row) : { value: null, version: 0 } };
}
