import {
  type AccountId,
  type By,
  type Credential,
  type CustomerMerge,
  type IdentityReason,
  type IdentityTest,
  type Refusal,
  SYSTEM,
} from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import { appendAudit } from "../audit/append.ts";
import type { Bus } from "../bus.ts";
import type { Clock, Logger } from "../context.ts";
import type { FailoverEpoch } from "../db/epoch.ts";
import { ring } from "../log/ring.ts";
import { seal, unseal } from "../seal.ts";
import { tokenPattern } from "./devices.ts";
import { guestName } from "./guest.ts";
import { customerDeviceTtlMs, newAccountId, newDevice } from "./identity.ts";
import type { IdentityKeys } from "./identity-keys.ts";
import {
  type Before,
  type LogTx,
  Meanwhile,
  type Moved,
  moveAll,
  moveBack,
  type Person,
  rename,
  TooMany,
} from "./move.ts";
import { noteName } from "./names.ts";
import { base64url, type Secrets } from "./ports.ts";
import { type Claims, problem, readShopToken, testOf } from "./shop-token.ts";
import { insertAccount, insertDevice } from "./store.ts";

/** How often a change begins again when conversations came up meanwhile, or two such changes waited for each other. */
const rounds = 6;
/** Two changes waited for each other. */
const deadlock = "40P01";
/** Many changes of one customer at once: a lock, or the statement that waited for it, took too long. */
const tooSlow: ReadonlySet<string> = new Set(["55P03", "57014"]);
/** Accounts that one person may have had. */
const mostFormer = 50;

export type CustomersCtx = {
  sql: Sql;
  bus: Bus;
  clock: Clock;
  secrets: Secrets;
  log: Logger;
  keys: IdentityKeys;
  failoverEpoch: FailoverEpoch;
  /** Credentials that ended with what was done. */
  ended(credentials: string[]): void;
};
type Outcome<T> = T | { refusal: Refusal };

/** Who a customer is, by what the shop's site says, and by what staff say of two records. */
export interface Customers {
  identify(token: string, bearer: string | undefined): Promise<Outcome<{ credential: Credential }>>;
  test(token: string): Promise<IdentityTest>;
  merge(survivor: AccountId, other: AccountId, by: AccountId): Promise<Outcome<{ merge: CustomerMerge }>>;
  undo(survivor: AccountId, merge: string, by: AccountId): Promise<Outcome<{ merge: CustomerMerge }>>;
  merges(account: AccountId): Promise<CustomerMerge[]>;
}

export type AccountRow = {
  account: AccountId;
  name: string;
  kind: string;
  mergedInto: AccountId | null;
  formerly: string[] | null;
};
/** What one transaction does: rows, events to ring after it, devices that end with it. */
export type Work = LogTx & { ctx: CustomersCtx; ring(moved: Moved): void; end(devices: readonly string[]): void };

export function createCustomers(ctx: CustomersCtx): Customers {
  return {
    async identify(token, bearer) {
      const { problems, claims, kid } = await readShopToken(ctx, token);
      const [first] = problems;
      if (first || !claims || kid === undefined) return refused(first?.reason ?? "malformed", first?.path);
      return change(ctx, (work) => identify(work, claims, kid, bearer));
    },
    async test(token) {
      const read = await readShopToken(ctx, token);
      const { claims, kid } = read;
      if (claims && kid !== undefined && (await isUsed(ctx, kid, claims.jti))) read.problems.push(problem("replayed"));
      return testOf(read);
    },
    merge: (survivor, other, by) => change(ctx, (work) => mergeByHand(work, survivor, other, by)),
    undo: (survivor, id, by) => change(ctx, (work) => undo(work, survivor, id, by)),
    merges: (account) => mergesOf(ctx.sql, account),
  };
}

const refused = (reason: IdentityReason, path?: string): { refusal: Refusal } => ({
  refusal: { code: "unauthorised", reason, ...(path !== undefined && { path }) },
});

/** Nothing of a refused change stays. */
class Refused extends Error {
  readonly outcome: { refusal: Refusal };
  constructor(outcome: { refusal: Refusal }) {
    super("refused");
    this.outcome = outcome;
  }
}

/** One transaction, begun again where it has to be; rings and ends devices once it is durable. */
async function change<T>(ctx: CustomersCtx, work: (work: Work) => Promise<Outcome<T>>): Promise<Outcome<T>> {
  for (let round = 0; round < rounds; round++) {
    const moves: Moved[] = [];
    const devices: string[] = [];
    try {
      const outcome = (await ctx.sql.begin(async (tx) => {
        const end = (some: readonly string[]) => devices.push(...some);
        const { failoverEpoch, clock } = ctx;
        const done = await work({ ctx, tx, failoverEpoch, at: clock.now(), ring: (moved) => moves.push(moved), end });
        if (isRefused(done)) throw new Refused(done);
        return done;
      })) as T;
      for (const { epoch, events } of moves) ring(ctx.bus, epoch, events);
      if (devices.length > 0) ctx.ended(devices);
      return outcome;
    } catch (error) {
      if (error instanceof Refused) return error.outcome;
      if (error instanceof TooMany) return { refusal: { code: "full" } };
      const code = String((error as { code?: unknown }).code);
      if (tooSlow.has(code)) break;
      if (!(error instanceof Meanwhile) && code !== deadlock) throw error;
    }
  }
  // Nothing was done, and the token was not used up.
  return { refusal: { code: "busy", retryAfterMs: 1_000 } };
}

const isRefused = (outcome: unknown): outcome is { refusal: Refusal } =>
  typeof outcome === "object" && outcome !== null && "refusal" in outcome;

const nonceOf = ({ secrets }: Pick<CustomersCtx, "secrets">, kid: string, jti: string): Uint8Array =>
  secrets.sha256(`${kid} ${jti}`);

async function isUsed(ctx: CustomersCtx, kid: string, jti: string): Promise<boolean> {
  const rows = await ctx.sql`select from used_identity_token where nonce = ${nonceOf(ctx, kid, jti)}`;
  return rows.length > 0;
}

/* ---- identify ---- */

type Visitor = { device: string; account: AccountId; inForce: boolean; expiresAt: number };

async function identify(work: Work, claims: Claims, kid: string, bearer: string | undefined) {
  const { tx, ctx } = work;
  const used = await tx`
    insert into used_identity_token (nonce, expires_at)
    values (${nonceOf(ctx, kid, claims.jti)}, to_timestamp(${claims.exp}::float8)) on conflict do nothing returning 1`;
  if (used.length === 0) return refused("replayed");
  // Two devices of a customer who is new here must not make two records of them.
  await tx`select pg_advisory_xact_lock(hashtextextended(${`customer ${claims.sub}`}, 0))`;
  const visitor = await visitorOf(work, bearer);
  const known = await knownAs(tx, claims.sub);
  // Held, so that the visitor becomes one customer only.
  if (visitor) await lockAccounts(tx, [visitor.account]);
  const isAnonymous = visitor?.inForce === true && (await isUnnamed(tx, visitor.account));
  const account = known ?? (isAnonymous ? visitor.account : newAccountId(ctx));
  const isSame = visitor?.inForce === true && visitor.account === account;
  if (!known) await makeKnown(work, account, claims, isAnonymous);
  const rows = await lockAccounts(tx, [account, ...(visitor ? [visitor.account] : [])]);
  const row = rows.get(account);
  if (!row || row.mergedInto !== null) throw new Meanwhile();
  const who = await takeProfile(work, row, claims);
  if (known && isAnonymous && visitor && !isSame) {
    const from = rows.get(visitor.account);
    // Merged by somebody else while the lock was waited for.
    if (!from || from.mergedInto !== null) throw new Meanwhile();
    await merge(work, from, { ...row, name: who.name }, "claim", SYSTEM);
    await appendAudit(tx, {
      by: SYSTEM,
      act: "customer-claimed",
      subject: account,
      detail: { visitor: from.account, key: kid },
    });
  }
  const isKept = isSame && known !== undefined;
  const [{ formerly } = { formerly: null }] = await tx<{ formerly: string[] | null }[]>`
    select formerly from account where id = ${account}`;
  const given = isKept
    ? await keep(work, visitor as Visitor, bearer ?? "", kid)
    : await give(work, account, kid, visitor, isAnonymous);
  const credential: Credential = {
    ...given,
    account,
    name: who.name,
    kind: "customer",
    ...(formerly && { formerly }),
  };
  return { credential };
}

/** Who holds the browser's token: also one that ended, which may be because an answer of ours was lost. */
async function visitorOf({ tx, ctx }: Work, bearer: string | undefined): Promise<Visitor | undefined> {
  if (bearer === undefined || !tokenPattern.test(bearer)) return undefined;
  const [row] = await tx<Visitor[]>`
    select device.id as device, account, (revoked_at is null and expires_at > now()) as "inForce",
      floor(extract(epoch from expires_at) * 1000)::float8 as "expiresAt"
    from device join account on account.id = device.account
    where token_hash = ${ctx.secrets.sha256(bearer)} and kind = 'customer'`;
  return row;
}

/** The account of one of the shop's customers, past all merges. */
async function knownAs(tx: TransactionSql, subject: string): Promise<AccountId | undefined> {
  const [row] = await tx<{ id: AccountId }[]>`
    with recursive chain as (
      select account.id, merged_into from customer_identity join account on account.id = customer_identity.account
      where customer_identity.workspace = this_workspace() and subject = ${subject}
      union select account.id, account.merged_into from chain join account on account.id = chain.merged_into)
    select id from chain where merged_into is null`;
  return row?.id;
}

/** Nobody has said yet who this is: neither of it nor of a record that became part of it. */
async function isUnnamed(tx: TransactionSql, account: AccountId): Promise<boolean> {
  const [row] = await tx<{ is: boolean }[]>`
    select merged_into is null and not exists (
      select from customer_identity where account = any(array_append(coalesce(formerly, '{}'), account.id))) as is
    from account where id = ${account}`;
  return row?.is ?? false;
}

/** In one order everywhere, so that no two wait for each other. */
async function lockAccounts(tx: TransactionSql, accounts: readonly AccountId[]): Promise<Map<AccountId, AccountRow>> {
  const rows = await tx<AccountRow[]>`
    select id as account, name, kind, merged_into as "mergedInto", formerly from account
    where id = any(${[...accounts]}::text[]) order by id for update`;
  return new Map(rows.map((row) => [row.account, row]));
}

/** A customer whom the shop names for the first time: the visitor's own record, or a new one. */
async function makeKnown({ tx, ctx }: Work, account: AccountId, claims: Claims, isVisitor: boolean): Promise<void> {
  if (!isVisitor)
    await insertAccount(tx, {
      id: account,
      kind: "customer",
      name: claims.name ?? guestName(ctx.secrets, claims.locale),
    });
  await tx`insert into customer_identity (subject, account, locale) values (${claims.sub}, ${account}, ${claims.locale ?? null})`;
  const detail = { subject: claims.sub, visitor: isVisitor };
  await appendAudit(tx, { by: SYSTEM, act: "customer-identified", subject: account, detail });
}

/**
 * The shop's word on name and addresses is the newest. It says the name with every token, though, and staff may have mended it
 * since: only another name than the one it said last is news.
 */
async function takeProfile(work: Work, { account, name }: AccountRow, claims: Claims): Promise<Person> {
  const { tx } = work;
  const { email, phone, locale } = claims;
  if (email !== undefined || phone !== undefined)
    await tx`
      insert into customer_profile as was (account, email, phone) values (${account}, ${email ?? null}, ${phone ?? null})
      on conflict (account) do update set email = coalesce(excluded.email, was.email),
        phone = coalesce(excluded.phone, was.phone), updated_at = now()`;
  const [said] = await tx<{ before: string | null }[]>`
    update customer_identity as now set identified_at = now(), locale = coalesce(${locale ?? null}, now.locale),
      name = coalesce(${claims.name || null}, now.name)
    from customer_identity as was
    where now.workspace = this_workspace() and now.subject = ${claims.sub}
      and was.workspace = now.workspace and was.subject = now.subject
    returning was.name as before`;
  const isNews = claims.name !== said?.before;
  const who = { account, name: (isNews && claims.name) || name };
  if (who.name === name) return who;
  await tx`update account set name = ${who.name} where id = ${account}`;
  try {
    work.ring(await rename(work, who));
  } catch (error) {
    // Too many conversations to tell at once.
    if (!(error instanceof TooMany)) throw error;
    await noteName(tx, account, SYSTEM);
  }
  return who;
}

/** The same person on the same device: it goes on, for longer. */
async function keep({ tx }: Work, { device }: Visitor, token: string, kid: string) {
  const [row] = await tx<{ expiresAt: number }[]>`
    update device set expires_at = now() + ${customerDeviceTtlMs} * interval '1 ms', identity_key = ${kid} where id = ${device}
    returning floor(extract(epoch from expires_at) * 1000)::float8 as "expiresAt"`;
  return { token, expiresAt: row?.expiresAt ?? 0 };
}

/**
 * A new device. The one before ends, and with it all others of an anonymous record: whoever knew their tokens, on a shared
 * computer say, must not come to read what the known customer has.
 */
async function give(
  { tx, ctx, end }: Work,
  account: AccountId,
  kid: string,
  visitor: Visitor | undefined,
  isAnonymous: boolean,
) {
  const { token, device } = newDevice(ctx, account, "customer");
  if (visitor?.inForce) {
    const ended = await tx<{ id: string }[]>`
      update device set revoked_at = now() where revoked_at is null and (id = ${visitor.device}
        or ${isAnonymous} and account = ${visitor.account}) returning id`;
    end(ended.map(({ id }) => id));
  }
  const { expiresAt } = await insertDevice(tx, device);
  await tx`update device set identity_key = ${kid} where id = ${device.id}`;
  return { token, expiresAt };
}

/* ---- merge ---- */

async function merge(
  work: Work,
  from: AccountRow,
  to: AccountRow,
  kind: CustomerMerge["kind"],
  by: By,
  devices: readonly string[] = [],
): Promise<CustomerMerge> {
  const { tx, ctx } = work;
  const moved = await moveAll(work, from.account, { account: to.account, name: to.name });
  work.ring(moved);
  const former = [from.account, ...(from.formerly ?? []), ...(to.formerly ?? [])].slice(0, mostFormer);
  await tx`update account set merged_into = ${to.account} where id = ${from.account}`;
  await tx`update account set formerly = ${former} where id = ${to.account}`;
  const id = `m_${base64url(ctx.secrets.random(16))}`;
  await tx`
    insert into customer_merge (id, survivor, merged, kind, by, before, devices)
    values (${id}, ${to.account}, ${from.account}, ${kind}, ${by}, ${seal(moved.before)}, ${[...devices]})`;
  const detail = { merged: from.account, merge: id, kind, conversations: moved.before.length };
  await appendAudit(tx, { by, act: "customer-merged", subject: to.account, detail });
  return (await readMerge(tx, id)) as CustomerMerge;
}

/** Staff say that two records are of one person. The devices of the record that ends are signed out: they have proved nothing. */
async function mergeByHand(work: Work, survivor: AccountId, other: AccountId, by: AccountId) {
  const { tx } = work;
  if (survivor === other) return { refusal: { code: "no-change" as const } };
  const rows = await lockAccounts(tx, [survivor, other]);
  const [to, from] = [rows.get(survivor), rows.get(other)];
  if (to?.kind !== "customer") return { refusal: { code: "not-found" as const } };
  if (from?.kind !== "customer") return { refusal: { code: "not-found" as const, path: "other" } };
  if (to.mergedInto !== null || from.mergedInto !== null) return { refusal: { code: "closed" as const } };
  // Whoever holds a token of an anonymous record must not come to read what the known customer has; the other way round
  // that token ends.
  if ((await isUnnamed(tx, survivor)) && !(await isUnnamed(tx, other)))
    return { refusal: { code: "forbidden" as const, path: "other" } };
  const ended = await tx<{ id: string }[]>`
    update device set revoked_at = now() where account = ${other} and revoked_at is null and expires_at > now() returning id`;
  const devices = ended.map(({ id }) => id);
  work.end(devices);
  return { merge: await merge(work, from, to, "staff", by, devices) };
}

async function undo(work: Work, survivor: AccountId, id: string, by: AccountId) {
  const { tx } = work;
  const found = await readMerge(tx, id);
  if (found?.survivor !== survivor) return { refusal: { code: "not-found" as const } };
  const rows = await lockAccounts(tx, [survivor, found.merged]);
  const [to, from] = [rows.get(survivor), rows.get(found.merged)];
  const [stored] = await tx<{ before: string; devices: string[]; done: boolean }[]>`
    select before, devices, undone_at is not null as done from customer_merge where id = ${id} for update`;
  if (!to || !from || !stored || stored.done) return { refusal: { code: "no-change" as const } };
  // It went on into a third record: that merge is undone first.
  if (to.mergedInto !== null || from.mergedInto !== survivor) return { refusal: { code: "closed" as const } };
  const moved = await moveBack(work, from, survivor, unseal<Before[]>(stored.before));
  work.ring(moved);
  const gone = new Set([from.account, ...(from.formerly ?? [])]);
  const former = (to.formerly ?? []).filter((account) => !gone.has(account));
  await tx`update account set merged_into = null where id = ${from.account}`;
  await tx`update account set formerly = ${former.length > 0 ? former : null} where id = ${survivor}`;
  await tx`
    update device set revoked_at = null where id = any(${stored.devices}::text[]) and not exists (
      select from identity_key where kid = device.identity_key and identity_key.revoked_at is not null)`;
  await tx`update customer_merge set undone_by = ${by}, undone_at = now() where id = ${id}`;
  const detail = { merged: from.account, merge: id, conversations: moved.before.length };
  await appendAudit(tx, { by, act: "customer-unmerged", subject: survivor, detail });
  return { merge: (await readMerge(tx, id)) as CustomerMerge };
}

type MergeRow = Omit<CustomerMerge, "conversations" | "undoneBy" | "undoneAt"> & {
  before: string;
  undoneBy: string | null;
  undoneAt: number | null;
};
const mergeColumns = `id, survivor, merged, kind, by, before, floor(extract(epoch from at) * 1000)::float8 as at,
  undone_by as "undoneBy", floor(extract(epoch from undone_at) * 1000)::float8 as "undoneAt"`;

const mergeOf = ({ before, undoneBy, undoneAt, ...row }: MergeRow): CustomerMerge => ({
  ...row,
  conversations: unseal<Before[]>(before).length,
  ...(undoneBy !== null && { undoneBy }),
  ...(undoneAt !== null && { undoneAt }),
});

async function readMerge(tx: TransactionSql, id: string): Promise<CustomerMerge | undefined> {
  const [row] = await tx<MergeRow[]>`
    select ${tx.unsafe(mergeColumns)} from customer_merge where workspace = this_workspace() and id = ${id}`;
  return row && mergeOf(row);
}

/** Newest first. */
async function mergesOf(sql: Sql, account: AccountId): Promise<CustomerMerge[]> {
  const rows = await sql<MergeRow[]>`
    select ${sql.unsafe(mergeColumns)} from customer_merge
    where workspace = this_workspace() and (survivor = ${account} or merged = ${account}) order by at desc limit 100`;
  return rows.map(mergeOf);
}
