import { SYSTEM } from "@aftercare/protocol";
import type { Config } from "../config.ts";
import { openSql } from "../db/sql.ts";
import { loginKey } from "../identity/login.ts";
import { takeFactors } from "../identity/staff/factors.ts";
import { createLinks, linkUrl } from "../identity/staff/links.ts";
import { systemSecrets } from "../platform.ts";

/** A link to become an owner; those made before are over. */
async function makeLink(databaseUrl: string, origin: string, onlyFirst: boolean): Promise<string | undefined> {
  const sql = openSql(databaseUrl, 1);
  try {
    const links = createLinks(sql, systemSecrets);
    return await sql.begin(async (tx) => {
      if (onlyFirst) {
        const [found] = await tx<{ taken: boolean }[]>`
          select exists (select 1 from account where kind = 'staff') as taken`;
        if (found?.taken) return undefined;
      }
      await links.revokeFor(tx, "owner", "");
      const { link } = await links.create(tx, { kind: "owner", email: "", locale: "en", role: "owner" });
      return linkUrl(new URL(origin).origin, "owner", link);
    });
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** The way in to an installation where nobody is yet: there is no password that everybody knows. */
export const ownerLink = (databaseUrl: string, origin: string): Promise<string | undefined> =>
  makeLink(databaseUrl, origin, true);

/** `aftercare owner-invite` */
export async function ownerInvite(databaseUrl: string, config: Config): Promise<number> {
  const origin = config.publicUrl || `http://${config.host}:${config.port}`;
  console.log(`Good once, for a day:\n\n  ${await makeLink(databaseUrl, origin, false)}\n`);
  return 0;
}

export type ResetWords = { readonly login: string; readonly passkeys: boolean };

/** `reset-factor LOGIN [passkeys]` */
export function readResetWords(words: readonly string[]): ResetWords | undefined {
  const [act, login, passkeys, ...more] = words;
  const isGood = act === "reset-factor" && (passkeys === undefined || passkeys === "passkeys") && more.length === 0;
  return isGood && login !== undefined ? { login, passkeys: passkeys !== undefined } : undefined;
}

/** `aftercare owner reset-factor`: for the last owner, whom nobody else may help. */
export async function ownerResetFactor(databaseUrl: string, { login, passkeys }: ResetWords): Promise<number> {
  const sql = openSql(databaseUrl, 1);
  try {
    const [person] = await sql<{ account: string; name: string }[]>`
      select account.id as account, account.name from account join sign_in_user using (id)
      where login_key = ${loginKey(login)} and workspace = this_workspace()`;
    if (!person) {
      console.error(`aftercare: nobody signs in as "${login}".`);
      return 1;
    }
    const { account, name } = person;
    const ended = await sql.begin((tx) => takeFactors(tx, systemSecrets, { by: SYSTEM, account, passkeys }));
    if (!ended) {
      console.error(`aftercare: ${name} has no authenticator app${passkeys ? " and no passkeys" : ""} to take away.`);
      return 1;
    }
    console.log(`The second factor of ${name} is gone; ${ended.length} devices were signed out.`);
    return 0;
  } finally {
    await sql.end({ timeout: 5 });
  }
}
