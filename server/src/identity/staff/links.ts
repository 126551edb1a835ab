import { type AccountId, type MailLocale, makeId, type StaffInvitation } from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import { base64url, type Secrets } from "../ports.ts";
import { mailKey } from "./store.ts";

const dayMs = 86_400_000;
const ttlMs = { owner: dayMs, invitation: 7 * dayMs, reset: 1_800_000 } as const;
export type LinkKind = keyof typeof ttlMs;
/** Links of one mail address that are good at the same time: nobody fills a colleague's mailbox by asking on. */
const openResets = 3;

export type LinkRow = {
  id: string;
  kind: LinkKind;
  email: string;
  account: AccountId | null;
  role: string | null;
  locale: MailLocale;
  expiresAt: number;
};
export type NewLink = {
  kind: LinkKind;
  email: string;
  locale: MailLocale;
  account?: AccountId;
  role?: string;
  by?: AccountId;
};

/** What is sent by mail or printed once. Of each link only the hash is kept; it is good once, in time, for its person. */
export function createLinks(sql: Sql, secrets: Secrets) {
  const columns = sql`id, kind, email, account, role, locale,
    floor(extract(epoch from expires_at) * 1000)::float8 as "expiresAt"`;
  const good = sql`used_at is null and revoked_at is null and expires_at > now()`;
  const make = () => `lnk_${base64url(secrets.random(32))}`;
  return {
    async create(tx: TransactionSql, { kind, email, locale, account, role, by }: NewLink) {
      const link = make();
      const id = base64url(secrets.random(16));
      await tx`
        insert into mail_link (id, kind, token_hash, email, account, role, locale, invited_by, expires_at)
        values (${id}, ${kind}, ${secrets.sha256(link)}, ${mailKey(email)}, ${account ?? null}, ${role ?? null}, ${locale},
          ${by ?? null}, now() + ${ttlMs[kind]} * interval '1 ms')`;
      return { id, link };
    },
    async look(link: string): Promise<LinkRow | undefined> {
      const [row] = await sql<LinkRow[]>`
        select ${columns} from mail_link where token_hash = ${secrets.sha256(link)} and ${good}`;
      return row;
    },
    /** In the transaction of what the link is used for: two at the same moment wait for each other. */
    async use(tx: TransactionSql, link: string): Promise<LinkRow | undefined> {
      const [row] = await tx<LinkRow[]>`
        update mail_link set used_at = now() where token_hash = ${secrets.sha256(link)} and ${good} returning ${columns}`;
      return row;
    },
    async useInvitation(tx: TransactionSql, email: string): Promise<LinkRow | undefined> {
      const [row] = await tx<LinkRow[]>`
        update mail_link set used_at = now()
        where email = ${mailKey(email)} and kind = 'invitation' and ${good} returning ${columns}`;
      return row;
    },
    /** Other links that would do the same are over. */
    async revokeFor(tx: TransactionSql, kind: LinkKind, email: string): Promise<void> {
      await tx`
        update mail_link set revoked_at = now()
        where email = ${mailKey(email)} and kind = ${kind} and used_at is null and revoked_at is null`;
    },
    async mayReset(email: string): Promise<boolean> {
      const [row] = await sql<{ n: number }[]>`
        select count(*)::int as n from mail_link where email = ${mailKey(email)} and kind = 'reset' and ${good}`;
      return (row?.n ?? 0) < openResets;
    },
    async invitations(): Promise<StaffInvitation[]> {
      return sql<StaffInvitation[]>`
        select id, email, role, floor(extract(epoch from created_at) * 1000)::float8 as "createdAt",
          floor(extract(epoch from expires_at) * 1000)::float8 as "expiresAt",
          case when expires_at > now() then 'open' else 'expired' end as state
        from mail_link where kind = 'invitation' and used_at is null and revoked_at is null
        order by created_at desc limit 500`;
    },
    /** A new link for the same invitation; the one sent before is over. */
    async renew(tx: TransactionSql, id: string): Promise<(LinkRow & { link: string }) | undefined> {
      const link = make();
      const [row] = await tx<LinkRow[]>`
        update mail_link set token_hash = ${secrets.sha256(link)}, expires_at = now() + ${ttlMs.invitation} * interval '1 ms'
        where id = ${id} and kind = 'invitation' and used_at is null and revoked_at is null returning ${columns}`;
      return row && { ...row, link };
    },
    async revoke(tx: TransactionSql, id: string): Promise<LinkRow | undefined> {
      const [row] = await tx<LinkRow[]>`
        update mail_link set revoked_at = now()
        where id = ${id} and kind = 'invitation' and used_at is null and revoked_at is null returning ${columns}`;
      return row;
    },
    async sent(id: string): Promise<void> {
      await sql`update mail_link set sent_at = now() where id = ${id}`;
    },
  };
}
export type Links = ReturnType<typeof createLinks>;

export const newStaffId = (now: number, secrets: Pick<Secrets, "random">): AccountId =>
  makeId("a_", now, secrets.random(10));

/** The fragment never reaches a server, a proxy's log or a referrer. */
export const linkUrl = (origin: string, kind: LinkKind, link: string): string =>
  `${origin}/console/#/${kind === "reset" ? "reset" : "join"}/${link}`;
