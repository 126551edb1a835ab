import { limits } from "@aftercare/protocol";
import type { Sql } from "postgres";
import { appendAudit } from "../../audit/append.ts";
import type { Clock } from "../../context.ts";
import type { Secrets } from "../ports.ts";
import { type Links, newStaffId } from "./links.ts";
import { insertStaffAccount, mailKey } from "./store.ts";

/** What the provider says of a person; nothing of it has a type until it was looked at. */
export type SsoProfile = Readonly<Record<string, unknown>>;

type WelcomeCtx = {
  sql: Sql;
  clock: Clock;
  secrets: Secrets;
  links: Links;
  /** Mail domains whose people may come in without an invitation; empty: nobody. */
  domains: readonly string[];
};

/** The role of those whom nobody invited. */
const uninvitedRole = "agent";

/**
 * Makes the account of somebody the provider vouches for and we await: by an invitation to this very address, or because
 * everybody of its domain may come. Anybody else stays unknown, and the library then refuses them.
 */
export const createWelcome =
  ({ sql, clock, secrets, links, domains }: WelcomeCtx) =>
  async (profile: SsoProfile): Promise<void> => {
    const { email, emailVerified, email_verified: verified, name } = profile;
    if (typeof email !== "string" || (verified !== true && emailVerified !== true)) return;
    const address = mailKey(email);
    const shown = typeof name === "string" && name.trim() !== "" ? name.trim() : (address.split("@")[0] ?? address);
    await sql.begin(async (tx) => {
      // One at a time for each address: two tabs must not make two people.
      await tx`select pg_advisory_xact_lock(hashtextextended(${`welcome ${address}`}, 0))`;
      const [known] = await tx`select from sign_in_user where email = ${address} or login_key = ${address}`;
      if (known) return;
      const invitation = await links.useInvitation(tx, address);
      if (!invitation && !domains.includes(address.slice(address.lastIndexOf("@") + 1))) return;
      const account = newStaffId(clock.now(), secrets);
      const role = invitation?.role ?? uninvitedRole;
      const [shop] = await tx<{ id: string }[]>`select id from shop order by created_at, id limit 1`;
      const person = { account, name: shown.slice(0, limits.nameChars), login: address, email: address };
      await insertStaffAccount(tx, secrets, { ...person, role, shop: shop?.id });
      const detail = { role, way: "sso", invited: invitation !== undefined };
      await appendAudit(tx, { by: account, act: "invitation-accepted", subject: account, detail });
    });
  };
