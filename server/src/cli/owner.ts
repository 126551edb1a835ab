import type { Config } from "../config.ts";
import { openSql } from "../db/sql.ts";
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
