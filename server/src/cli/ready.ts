import { openSql } from "../db/sql.ts";

/** A database of one's own may start beside the server, or be coming back from a crash: so long it is waited for. */
const waitMs = 30_000;
const lookAgainMs = 500;

/** Not there yet; anything else (a wrong password, an unknown host) does not mend itself. */
const comesLater = /^(?:ECONNREFUSED|ENOENT|ECONNRESET|CONNECTION_CLOSED|CONNECTION_ENDED|CONNECT_TIMEOUT|57P0[1-3])$/;

/** Resolves when the database answers; rejects with its last word when it does not come. */
export async function waitForDatabase(url: string, tell: (line: string) => void): Promise<void> {
  const endAt = Date.now() + waitMs;
  for (let told = false; ; told = true) {
    try {
      return await answers(url);
    } catch (error) {
      if (!comesLater.test(String((error as { code?: unknown }).code)) || Date.now() > endAt) throw error;
      if (!told) tell("the database does not answer yet; waiting for it …");
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
    }
  }
}

async function answers(url: string): Promise<void> {
  const sql = openSql(url, 1);
  try {
    await sql`select 1`;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
