import type { Sql } from "postgres";
import type { Principal } from "../../context.ts";
import type { InvitationRules } from "./invitations.ts";

/** Whom each role may invite: nobody makes somebody who stands above them. */
const invites: Readonly<Record<string, (role: string) => boolean>> = {
  owner: () => true,
  admin: (role) => role !== "owner",
};

/** Read anew each time: a role that was taken away counts at once. */
export const roleRules = (sql: Sql): InvitationRules => ({
  async mayInvite({ account, kind }: Principal, role) {
    if (kind !== "staff") return false;
    const [row] = await sql<{ mine: string; known: boolean }[]>`
      select role as mine,
        ${role ?? null}::text is null or ${role ?? null}::text = any(${[...builtIn]}::text[])
          or exists (select 1 from role where id = ${role ?? null}) as known
      from account where id = ${account} and disabled_at is null`;
    const may = row && invites[row.mine];
    return may !== undefined && row?.known === true && (role === undefined || may(role));
  },
});

const builtIn = ["owner", "admin", "supervisor", "agent", "expert", "trainer"] as const;
