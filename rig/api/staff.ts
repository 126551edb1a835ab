import { createHash, randomBytes } from "node:crypto";
import { type AccountId, inboxOf, makeId, type RoleId } from "@aftercare/protocol";
import type { Sql } from "postgres";
import type { Credential } from "./server.ts";

type Person = Credential & { role: RoleId | null };

/** An account with a device in force, made in the database as no API would: of any role, in any workspace. */
export async function insertPerson(
  sql: Sql,
  { role, name = role ?? "Customer", workspace }: { role: RoleId | null; name?: string; workspace?: string },
): Promise<Person> {
  const account: AccountId = makeId("a_", Date.now(), randomBytes(10));
  const token = `act_${randomBytes(32).toString("base64url")}`;
  const hash = createHash("sha256").update(token).digest();
  const kind = role === null ? "customer" : "staff";
  await sql`
    insert into account (id, kind, name, role, workspace)
    values (${account}, ${kind}, ${name}, ${role}, coalesce(${workspace ?? null}, this_workspace()))`;
  await sql`insert into stream (id) values (${inboxOf(account)})`;
  await sql`
    insert into device (id, account, token_hash, expires_at)
    values (${randomBytes(16).toString("base64url")}, ${account}, ${hash}, now() + interval '1 day')`;
  return { token, account, name, role };
}

/** A role made of these permissions. */
export async function insertRole(sql: Sql, permissions: readonly string[], workspace?: string): Promise<RoleId> {
  const id = makeId("r_", Date.now(), randomBytes(10));
  await sql`
    insert into role (id, name, permissions, workspace)
    values (${id}, ${id}, ${[...permissions]}, coalesce(${workspace ?? null}, this_workspace()))`;
  return id;
}
