import type { AccountId } from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import { loginKey } from "../login.ts";
import { base64url, type Secrets } from "../ports.ts";
import { insertAccount } from "../store.ts";

export type StaffRow = {
  account: AccountId;
  name: string;
  /** Of core/src/rights.ts, or the id of a custom one. */
  role: string;
  login: string;
  /** Undefined for those who gave none. */
  email: string | undefined;
  secondFactor: boolean;
  hasPassword: boolean;
};
export type PasskeyRow = {
  id: string;
  account: AccountId;
  name: string;
  publicKey: Uint8Array;
  counter: number;
  transports: string[];
  createdAt: number;
  usedAt: number | null;
};
export type StaffDevice = {
  id: string;
  agent: string | null;
  network: string | null;
  createdAt: number;
  usedAt: number;
  expiresAt: number;
};
export type NewSignIn = { account: AccountId; name: string; login: string; email?: string | undefined };
export type NewStaff = NewSignIn & { role: string; shop?: string | undefined };

const noMail = "@nobody.invalid";
export const mailKey = (email: string): string => email.trim().normalize("NFKC").toLowerCase();

/** The sign-in of an account that exists, with a password or without. */
export async function insertSignIn(
  tx: TransactionSql,
  secrets: Pick<Secrets, "sha256">,
  { account, name, login, email }: NewSignIn,
  passwordHash?: string,
): Promise<void> {
  const address = email ? mailKey(email) : Buffer.from(secrets.sha256(account)).toString("hex") + noMail;
  await tx`
    insert into sign_in_user (id, name, login, login_key, email, email_verified)
    values (${account}, ${name}, ${login}, ${loginKey(login)}, ${address}, ${email !== undefined})`;
  if (passwordHash !== undefined) await writePassword(tx, account, passwordHash);
}

/** A new member of staff with the sign-in. */
export async function insertStaffAccount(
  tx: TransactionSql,
  secrets: Pick<Secrets, "sha256">,
  person: NewStaff,
  passwordHash?: string,
): Promise<void> {
  const { account, name, role, shop } = person;
  await insertAccount(tx, { id: account, kind: "staff", name, role, ...(shop !== undefined && { shop }) });
  await insertSignIn(tx, secrets, person, passwordHash);
}

export async function writePassword(tx: TransactionSql, account: AccountId, passwordHash: string): Promise<void> {
  await tx`
    insert into sign_in_way (id, account, provider, provider_account, password)
    values (${account}, ${account}, 'credential', ${account}, ${passwordHash})
    on conflict (provider, provider_account) do update set password = ${passwordHash}, updated_at = now()`;
}

/** Ends an account's devices but one; gives those that ended. */
export async function endDevices(tx: TransactionSql, account: AccountId, keep?: string): Promise<string[]> {
  const rows = await tx<{ id: string }[]>`
    update device set revoked_at = now()
    where account = ${account} and revoked_at is null and id is distinct from ${keep ?? null} returning id`;
  return rows.map(({ id }) => id);
}

/** What changes ways in asks for a proof that is not older. */
const confirmedForMs = 900_000;

/** Whether the holder of a device proved lately who they are. */
export async function isConfirmed(sql: Sql | TransactionSql, device: string): Promise<boolean> {
  const rows = await sql`
    select from device where id = ${device} and revoked_at is null
      and confirmed_at > now() - ${confirmedForMs} * interval '1 ms'`;
  return rows.length > 0;
}

const ms = (sql: Sql, column: string) => sql`floor(extract(epoch from ${sql(column)}) * 1000)::float8`;

/** What sign-in reads, and its small writes. */
export function createStaffStore(sql: Sql) {
  const person = sql`
    account.id as account, account.name, account.role, sign_in_user.login, sign_in_user.email, sign_in_user.second_factor as "secondFactor",
    exists (select 1 from sign_in_way where account = sign_in_user.id and provider = 'credential') as "hasPassword"
    from sign_in_user join account on account.id = sign_in_user.id`;
  // Who is shut out is nobody, whatever they prove.
  const enabled = sql`account.disabled_at is null`;
  const known = (row: StaffRow | undefined): StaffRow | undefined =>
    row && { ...row, email: row.email?.endsWith(noMail) ? undefined : row.email };
  return {
    async byLogin(login: string): Promise<StaffRow | undefined> {
      const [row] = await sql<
        StaffRow[]
      >`select ${person} where sign_in_user.login_key = ${loginKey(login)} and ${enabled}`;
      return known(row);
    },
    async byAccount(account: string): Promise<StaffRow | undefined> {
      const [row] = await sql<StaffRow[]>`select ${person} where sign_in_user.id = ${account} and ${enabled}`;
      return known(row);
    },
    async byMail(email: string): Promise<StaffRow | undefined> {
      const [row] = await sql<StaffRow[]>`select ${person} where sign_in_user.email = ${mailKey(email)} and ${enabled}`;
      return known(row);
    },
    async devices(account: AccountId): Promise<StaffDevice[]> {
      return sql<StaffDevice[]>`
        select id, agent, network, ${ms(sql, "created_at")} as "createdAt", ${ms(sql, "used_at")} as "usedAt",
          ${ms(sql, "expires_at")} as "expiresAt"
        from device where account = ${account} and revoked_at is null and expires_at > now()
        order by created_at desc limit 100`;
    },
    /** Describes a device that was just made; its holder is confirmed from then on. */
    async describeDevice(device: string, agent: string, network: string): Promise<void> {
      await sql`update device set agent = ${agent}, network = ${network}, confirmed_at = now() where id = ${device}`;
    },
    async confirm(device: string): Promise<void> {
      await sql`update device set confirmed_at = now() where id = ${device}`;
    },
    isConfirmed: (device: string) => isConfirmed(sql, device),
    ...passkeyStore(sql),
  };
}
export type StaffStore = ReturnType<typeof createStaffStore>;

function passkeyStore(sql: Sql) {
  const columns = sql`
    id, account, name, public_key as "publicKey", counter, transports, ${ms(sql, "created_at")} as "createdAt",
    ${ms(sql, "used_at")} as "usedAt"`;
  return {
    async passkeys(account: AccountId): Promise<PasskeyRow[]> {
      return sql<PasskeyRow[]>`select ${columns} from passkey where account = ${account} order by created_at limit 100`;
    },
    async passkey(id: string): Promise<PasskeyRow | undefined> {
      const [row] = await sql<PasskeyRow[]>`select ${columns} from passkey where id = ${id}`;
      return row;
    },
    /** Raises the counter; false when it has been raised meanwhile: somebody else holds the same key. */
    async usePasskey(id: string, before: number, counter: number): Promise<boolean> {
      const rows = await sql`
        update passkey set counter = ${counter}, used_at = now() where id = ${id} and counter = ${before} returning id`;
      return rows.length > 0;
    },
    async renamePasskey(account: AccountId, id: string, name: string): Promise<boolean> {
      const rows = await sql`
        update passkey set name = ${name} where id = ${id} and account = ${account} returning id`;
      return rows.length > 0;
    },
  };
}

export const hashOf = (secrets: Pick<Secrets, "sha256">, token: string): string => base64url(secrets.sha256(token));
