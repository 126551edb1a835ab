import { type AccountId, inboxOf, type RoleId } from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import { sharedKeyPlace } from "../db/sealed.ts";
import type { Keyring } from "../keyring.ts";
import { forgetTriesMs, type Tries } from "./lockout.ts";

export type AccountKind = "staff" | "customer";
/** `role`: of staff alone, an agent's unless it says otherwise. */
export type NewAccount = { id: AccountId; kind: AccountKind; name: string; role?: string; shop?: string };
export type NewDevice = { id: string; account: AccountId; tokenHash: Uint8Array; ttlMs: number };
export type DeviceRow = {
  device: string;
  account: AccountId;
  name: string;
  kind: AccountKind;
  /** Of staff alone; `permissions` where the role is not one of those that every workspace has. */
  role: RoleId | null;
  permissions: string[] | null;
  shop: string | null;
  /** Further accounts of the same person, newest first. */
  formerly?: AccountId[] | null;
  tokenHash: string;
  expiresAt: number;
  usedAt: number;
};

export interface IdentityStore {
  createCustomer(account: NewAccount, device: NewDevice): Promise<{ expiresAt: number }>;
  createDevice(device: NewDevice): Promise<{ expiresAt: number }>;
  /** Devices in force, by the base64url of their token's hash or by id. */
  devices(by: "hash" | "id", keys: readonly string[]): Promise<DeviceRow[]>;
  touch(devices: readonly string[]): Promise<void>;
  revoke(device: string): Promise<void>;
  /** Devices revoked or expired within the last `windowMs` by the database's clock. */
  endedWithin(windowMs: number): Promise<string[]>;
  /** Marks tickets as used on all nodes; gives those that were not before. */
  useTickets(tickets: readonly { nonce: string; expiresAt: number }[]): Promise<Set<string>>;
  /** Tries of a key within the last hour. */
  tries(hash: string): Promise<Tries | undefined>;
  /** Counts one more try; false when the count is not the one given any more. */
  countTry(hash: string, before: number): Promise<boolean>;
  forgiveTries(hash: string): Promise<void>;
  /** A key that all nodes share: the candidate when there was none yet. */
  sharedKey(name: string, candidate: Uint8Array): Promise<Uint8Array>;
}

/** An account comes with its inbox, or its first command would have nowhere to be remembered. */
export async function insertAccount(tx: TransactionSql, { id, kind, name, role, shop }: NewAccount): Promise<void> {
  await tx`
    insert into account (id, kind, name, role, shop)
    values (${id}, ${kind}, ${name}, ${kind === "staff" ? (role ?? "agent") : null}, ${shop ?? null})`;
  await tx`insert into stream (id, last_seq) values (${inboxOf(id)}, 0)`;
}

export async function insertDevice(sql: Sql | TransactionSql, device: NewDevice): Promise<{ expiresAt: number }> {
  const [row] = await sql<{ expiresAt: number }[]>`
    insert into device (id, account, token_hash, expires_at)
    values (${device.id}, ${device.account}, ${device.tokenHash}, now() + ${device.ttlMs} * interval '1 ms')
    returning floor(extract(epoch from expires_at) * 1000)::float8 as "expiresAt"`;
  return { expiresAt: row?.expiresAt ?? 0 };
}

export function createIdentityStore(sql: Sql, keyring: Keyring): IdentityStore {
  return {
    createCustomer: (account, device) =>
      sql.begin(async (tx) => {
        await insertAccount(tx, account);
        return insertDevice(tx, device);
      }),
    createDevice: (device) => insertDevice(sql, device),
    async devices(by, keys) {
      const wanted =
        by === "id"
          ? sql`device.id = any(${[...keys]}::text[])`
          : sql`device.token_hash in (select decode(key, 'hex') from unnest(${keys.map(hexOf)}::text[]) as key)`;
      return sql<DeviceRow[]>`
        select device.id as device, account.id as account, account.name, account.kind, account.formerly,
          account.role, role.permissions, account.shop,
          rtrim(translate(encode(device.token_hash, 'base64'), '+/', '-_'), '=') as "tokenHash",
          floor(extract(epoch from device.expires_at) * 1000)::float8 as "expiresAt",
          floor(extract(epoch from device.used_at) * 1000)::float8 as "usedAt"
        from device join account on account.id = device.account
        left join role on role.id = account.role and role.workspace = account.workspace
        where ${wanted} and account.workspace = this_workspace() and account.disabled_at is null and device.revoked_at is null and device.expires_at > now()`;
    },
    async touch(devices) {
      await sql`update device set used_at = now() where id = any(${[...devices]}::text[])`;
    },
    async revoke(device) {
      await sql`update device set revoked_at = now() where id = ${device} and revoked_at is null`;
      await sql`delete from push_subscription where device = ${device}`;
    },
    async endedWithin(windowMs) {
      const since = sql`now() - ${windowMs} * interval '1 ms'`;
      const rows = await sql<{ id: string }[]>`
        select id from device where revoked_at > ${since}
        union all
        select id from device where expires_at > ${since} and expires_at <= now()`;
      return rows.map((row) => row.id);
    },
    ...createSharedCounts(sql),
    async sharedKey(name, candidate) {
      const place = sharedKeyPlace(name);
      const sealed = keyring.seal(place, candidate);
      await sql`insert into secret (name, value) values (${name}, ${sealed}) on conflict (name) do nothing`;
      const [row] = await sql<{ value: Uint8Array }[]>`select value from secret where name = ${name}`;
      const key = keyring.open(place, row?.value ?? sealed);
      if (!key) throw new Error(`the key "${name}" in the database does not open`);
      return key;
    },
  };
}

/** What must not happen too often on all nodes together. */
function createSharedCounts(sql: Sql): Pick<IdentityStore, "useTickets" | "tries" | "countTry" | "forgiveTries"> {
  const bytesOf = (hash: string) => Buffer.from(hash, "base64url");
  const recent = sql`at > clock_timestamp() - ${forgetTriesMs} * interval '1 ms'`;
  return {
    async useTickets(tickets) {
      const sorted = [...tickets].sort((a, b) => (a.nonce < b.nonce ? -1 : 1));
      const rows = await sql<{ nonce: string }[]>`
        insert into used_ticket (nonce, expires_at)
        select nonce, to_timestamp(at / 1000.0)
        from unnest(${sorted.map((one) => one.nonce)}::text[], ${sorted.map((one) => one.expiresAt)}::bigint[]) as given(nonce, at)
        on conflict (nonce) do nothing returning nonce`;
      return new Set(rows.map((row) => row.nonce));
    },
    async tries(hash) {
      const [row] = await sql<Tries[]>`
        select count, greatest(0, extract(epoch from clock_timestamp() - at) * 1000)::float8 as "agoMs"
        from sign_in_try where key = ${bytesOf(hash)} and ${recent}`;
      return row && { count: row.count, agoMs: row.agoMs };
    },
    async countTry(hash, before) {
      const rows = await sql`
        insert into sign_in_try as was (key, count, at) values (${bytesOf(hash)}, 1, clock_timestamp())
        on conflict (key) do update set count = ${before + 1}, at = clock_timestamp()
        where case when was.at > clock_timestamp() - ${forgetTriesMs} * interval '1 ms' then was.count else 0 end = ${before}
        returning count`;
      return rows.length > 0;
    },
    async forgiveTries(hash) {
      await sql`delete from sign_in_try where key = ${bytesOf(hash)}`;
    },
  };
}

const hexOf = (key: string): string => Buffer.from(key, "base64url").toString("hex");
