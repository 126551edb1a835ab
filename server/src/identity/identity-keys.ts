import {
  type AccountId,
  type IdentityAlgorithm,
  type IdentityKey,
  identityLimits,
  type NewIdentityKey,
  type Refusal,
} from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import { appendAudit } from "../audit/append.ts";
import type { Logger } from "../context.ts";
import { identityKeyPlace, openText, sealText } from "../db/sealed.ts";
import type { Keyring } from "../keyring.ts";
import { seal, unseal } from "../seal.ts";
import { publicJwk, type VerifyKey, verifyKeyOf } from "./jws.ts";
import { base64url, type Secrets } from "./ports.ts";

/** A key that was rotated stays good for this long, unless another time is asked for. */
const overlapMs = 86_400_000;

type Row = {
  kid: string;
  algorithm: IdentityAlgorithm;
  name: string;
  material: string;
  createdAt: number;
  expiresAt: number | null;
  revokedAt: number | null;
};
/** A key as it stands by the database's clock. */
export type KnownKey = {
  kid: string;
  algorithm: IdentityAlgorithm;
  standing: "good" | "revoked" | "expired";
  /** Undefined when what is stored of it does not open. */
  verify(): Promise<VerifyKey | undefined>;
};

type Made = { key: IdentityKey; secret?: string };
type Outcome<T> = T | { refusal: Refusal };
type KeysCtx = { sql: Sql; secrets: Secrets; keyring: Keyring; log: Logger; ended(credentials: string[]): void };
type Wish = {
  algorithm: IdentityAlgorithm;
  name: string;
  publicKey?: string | object | undefined;
  expiresAt?: number | undefined;
};

/** The keys of the shop's site: it signs with one, and this server looks whether it did. */
export interface IdentityKeys {
  find(kid: string): Promise<KnownKey | undefined>;
  workspace(): Promise<string>;
  list(): Promise<IdentityKey[]>;
  create(wish: Wish, by: AccountId): Promise<Outcome<NewIdentityKey>>;
  rotate(
    kid: string,
    wish: { publicKey?: string | object | undefined; overlapMs?: number | undefined },
    by: AccountId,
  ): Promise<Outcome<NewIdentityKey>>;
  revoke(kid: string, endDevices: boolean, by: AccountId): Promise<Outcome<{ devicesEnded: number }>>;
}

const ms = (column: string) => `floor(extract(epoch from ${column}) * 1000)::float8`;
const columns = `kid, algorithm, name, material, ${ms("created_at")} as "createdAt", ${ms("expires_at")} as "expiresAt",
  ${ms("revoked_at")} as "revokedAt"`;

export function createIdentityKeys(ctx: KeysCtx): IdentityKeys {
  const { sql } = ctx;
  return {
    async find(kid) {
      const [row] = await sql<(Row & { isOver: boolean })[]>`
        select ${sql.unsafe(columns)}, coalesce(expires_at <= now(), false) as "isOver" from identity_key
        where workspace = this_workspace() and kid = ${kid}`;
      if (!row) return undefined;
      const standing = row.revokedAt !== null ? "revoked" : row.isOver ? "expired" : "good";
      const { algorithm, material } = row;
      return { kid, algorithm, standing, verify: () => verifyKey(ctx, kid, algorithm, material) };
    },
    async workspace() {
      const [row] = await sql<{ id: string }[]>`select this_workspace() as id`;
      return row?.id ?? "";
    },
    async list() {
      const rows = await sql<Row[]>`
        select ${sql.unsafe(columns)} from identity_key where workspace = this_workspace()
        order by created_at desc, kid limit 200`;
      return rows.map(keyOf);
    },
    async create(wish, by) {
      const material = await materialOf(ctx, wish);
      if ("refusal" in material) return material;
      return sql.begin(async (tx) => {
        const full = await tooMany(tx);
        if (full) return full;
        const key = await insert(ctx, tx, wish, material.material, by);
        const { kid, algorithm } = key;
        await appendAudit(tx, { by, act: "key-created", subject: kid, detail: { algorithm, name: wish.name } });
        return made(key, material);
      }) as Promise<Outcome<NewIdentityKey>>;
    },
    async rotate(kid, wish, by) {
      const [old] = await sql<Row[]>`
        select ${sql.unsafe(columns)} from identity_key where workspace = this_workspace() and kid = ${kid}`;
      if (!old) return { refusal: { code: "not-found" } };
      if (old.revokedAt !== null) return { refusal: { code: "closed" } };
      const { algorithm, name } = old;
      const next = { algorithm, name, publicKey: wish.publicKey };
      const material = await materialOf(ctx, next);
      if ("refusal" in material) return material;
      return sql.begin(async (tx) => {
        const full = await tooMany(tx);
        if (full) return full;
        const key = await insert(ctx, tx, next, material.material, by);
        await tx`update identity_key set expires_at = least(expires_at, now() + ${wish.overlapMs ?? overlapMs} * interval '1 ms')
          where kid = ${kid}`;
        await appendAudit(tx, { by, act: "key-rotated", subject: kid, detail: { next: key.kid } });
        return made(key, material);
      }) as Promise<Outcome<NewIdentityKey>>;
    },
    revoke: (kid, endDevices, by) => revoke(ctx, kid, endDevices, by),
  };
}

async function verifyKey({ keyring, log }: KeysCtx, kid: string, algorithm: IdentityAlgorithm, material: string) {
  const opened = openText(keyring, identityKeyPlace(kid), material);
  if (opened !== undefined) return verifyKeyOf(algorithm, unseal(opened));
  log.error({ kid }, "the secret of an identity key does not open: it was changed or moved, or its key is not here");
  return undefined;
}

async function revoke(
  { sql, ended }: KeysCtx,
  kid: string,
  endDevices: boolean,
  by: AccountId,
): ReturnType<IdentityKeys["revoke"]> {
  const devices = (await sql.begin(async (tx) => {
    const rows = await tx`
      update identity_key set revoked_at = coalesce(revoked_at, now())
      where workspace = this_workspace() and kid = ${kid} returning kid`;
    if (rows.length === 0) return undefined;
    const gone = endDevices
      ? await tx<{ id: string }[]>`
          update device set revoked_at = now() where identity_key = ${kid} and revoked_at is null returning id`
      : [];
    await appendAudit(tx, { by, act: "key-revoked", subject: kid, detail: { devices: gone.length } });
    return gone.map(({ id }) => id);
  })) as string[] | undefined;
  if (!devices) return { refusal: { code: "not-found" } };
  if (devices.length > 0) ended(devices);
  return { devicesEnded: devices.length };
}

const keyOf = ({ kid, algorithm, name, createdAt, expiresAt, revokedAt }: Row): IdentityKey => ({
  kid,
  algorithm,
  name,
  createdAt,
  ...(expiresAt !== null && { expiresAt }),
  ...(revokedAt !== null && { revokedAt }),
});

type Material = { material: unknown; secret?: string };

/** An HS256 secret is made here, so that it is long enough; of an Ed25519 key only the public half ever comes. */
async function materialOf({ secrets }: KeysCtx, { algorithm, publicKey }: Wish): Promise<Outcome<Material>> {
  if (algorithm === "HS256") {
    if (publicKey !== undefined) return { refusal: { code: "invalid", path: "publicKey" } };
    const secret = base64url(secrets.random(32));
    return { material: secret, secret };
  }
  const jwk = publicKey === undefined ? undefined : await publicJwk(publicKey);
  return jwk ? { material: jwk } : { refusal: { code: "invalid", path: "publicKey" } };
}

async function insert(
  { secrets, keyring }: KeysCtx,
  tx: TransactionSql,
  { algorithm, name, expiresAt }: Wish,
  material: unknown,
  by: AccountId,
): Promise<IdentityKey> {
  const kid = `k_${base64url(secrets.random(16))}`;
  const plain = seal(material);
  const stored = algorithm === "HS256" ? sealText(keyring, identityKeyPlace(kid), plain) : plain;
  const [row] = await tx<Row[]>`
    insert into identity_key (kid, algorithm, name, material, created_by, expires_at)
    values (${kid}, ${algorithm}, ${name}, ${stored}, ${by}, to_timestamp(${expiresAt ?? null}::float8 / 1000))
    returning ${tx.unsafe(columns)}`;
  return keyOf(row as Row);
}

async function tooMany(tx: TransactionSql): Promise<{ refusal: Refusal } | undefined> {
  // One at a time, or two could both find room.
  await tx`select pg_advisory_xact_lock(hashtextextended('identity keys', 0))`;
  const [row] = await tx<{ count: number }[]>`
    select count(*)::integer as count from identity_key
    where workspace = this_workspace() and revoked_at is null and coalesce(expires_at > now(), true)`;
  if ((row?.count ?? 0) < identityLimits.activeKeys) return undefined;
  return { refusal: { code: "full", limit: { name: "activeKeys", value: identityLimits.activeKeys } } };
}

const made = (key: IdentityKey, { secret }: Material): Made => ({ key, ...(secret !== undefined && { secret }) });
