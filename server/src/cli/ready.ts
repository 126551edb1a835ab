import { openSql } from "../db/sql.ts";
import { hostsOf, withFirstHost } from "../embedded/url.ts";

/** A database of one's own may start beside the server, or be coming back from a crash: so long it is waited for. */
const waitMs = 30_000;
const lookAgainMs = 500;

/** Not there yet; anything else (a wrong password, an unknown host) does not mend itself. */
const comesLater =
  /^(?:ECONNREFUSED|ENOENT|ECONNRESET|CONNECTION_CLOSED|CONNECTION_ENDED|CONNECT_TIMEOUT|57P0[1-3]|25006)$/;

/**
 * Resolves when the database answers, with its URL beginning with the server that can be written; rejects with its last
 * word when it does not come.
 */
export const waitForDatabase = (url: string, tell: (line: string) => void): Promise<string> =>
  whenItAnswers(() => findPrimary(url), tell);

/** Does work that may be done again from its start until the database is there for all of it. */
export async function whenItAnswers<T>(work: () => Promise<T>, tell: (line: string) => void): Promise<T> {
  const endAt = performance.now() + waitMs;
  for (let told = false; ; told = true) {
    try {
      return await work();
    } catch (error) {
      if (!comesLater.test(String((error as { code?: unknown }).code)) || performance.now() > endAt) throw error;
      if (!told) tell("the database does not answer yet; waiting for it …");
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
    }
  }
}

/** The URL beginning with its first server that can be written; rejects with the last word of those that cannot. */
export async function findPrimary(url: string): Promise<string> {
  let last: unknown;
  for (const [index, host] of hostsOf(url).entries()) {
    try {
      if (await isPrimary(host)) return withFirstHost(url, index);
      last = Object.assign(new Error("PostgreSQL is a standby: it cannot be written"), { code: "25006" });
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

export type HostState = {
  readonly host: string;
  readonly state: "primary" | "standby" | "absent";
  readonly error?: unknown;
};

/** Each server that a URL names, in its order, and what it is. */
export function hostStates(url: string): Promise<HostState[]> {
  return Promise.all(
    hostsOf(url).map(async (one): Promise<HostState> => {
      const { host } = new URL(one);
      try {
        return { host, state: (await isPrimary(one)) ? "primary" : "standby" };
      } catch (error) {
        return { host, state: "absent", error };
      }
    }),
  );
}

async function isPrimary(url: string): Promise<boolean> {
  const sql = openSql(url, 1);
  try {
    const [row] = await sql<{ standby: boolean }[]>`select pg_is_in_recovery() as standby`;
    return row?.standby === false;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
