import { permissionsOf, type WorkspacePermission } from "@aftercare/core";
import type { AccountId, Event, IdPrefix, Refusal, RefusalCode, RoleId } from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import type { Bus } from "../bus.ts";
import type { Clock } from "../context.ts";
import type { FailoverEpoch } from "../db/epoch.ts";
import { noteAccounts } from "../db/rights.ts";
import type { Secrets } from "../identity/ports.ts";
import { ring } from "../log/ring.ts";

export type WorkspaceCtx = {
  readonly sql: Sql;
  readonly bus: Pick<Bus, "publish">;
  readonly clock: Pick<Clock, "now">;
  readonly failoverEpoch: FailoverEpoch;
  readonly secrets: Pick<Secrets, "sha256">;
  readonly newId: (prefix: IdPrefix) => string;
  /** After the commit: these accounts' rights changed, these credentials ended. */
  readonly told: (accounts: readonly AccountId[], credentials: readonly string[]) => void;
  /** After the commit: conversations joined before are to be told this account's new name. */
  readonly tellName: (account: AccountId) => void;
};

/** Who changes something, as of the transaction itself. */
export type Acting = { readonly account: AccountId; readonly may: readonly WorkspacePermission[] };

export type Outcome<T> = { value: T } | { refusal: Refusal };
/** `accounts`: those whose rights the change touched; `credentials`: those that it ended; `logged`: what streams are told;
 * `looks`: what customers' pages show has changed; `renamed`: whose name; `kept`: what all staff share. */
type Done<T> =
  | {
      value: T;
      accounts?: readonly AccountId[];
      credentials?: readonly string[];
      logged?: Logged;
      looks?: true;
      renamed?: AccountId;
      kept?: true;
    }
  | { refusal: Refusal };
export type Logged = { readonly epoch: number; readonly events: readonly Event[] };

export const refused = (code: RefusalCode, path?: string): { refusal: Refusal } => ({
  refusal: { code, ...(path !== undefined && { path }) },
});

/**
 * One change of who may what. They wait for each other on the workspace's row, and whoever acts is read anew under it: of two
 * owners who unmake each other one stays, and nobody acts by a role that was just taken.
 */
export async function change<T>(
  ctx: WorkspaceCtx,
  by: AccountId,
  needs: WorkspacePermission,
  work: (tx: TransactionSql, acting: Acting) => Promise<Done<T>>,
): Promise<Outcome<T>> {
  const done = (await ctx.sql.begin(async (tx) => {
    // Not so strong that new accounts, which refer to the row, would wait.
    await tx`select 1 from workspace where id = this_workspace() for no key update`;
    const acting = await readActing(tx, by);
    if (!acting?.may.includes(needs)) return refused("forbidden");
    const result = await work(tx, acting);
    if (!("refusal" in result)) await noteAccounts(tx, result.accounts ?? []);
    return result;
  })) as Done<T>;
  if ("refusal" in done) return done;
  const { value, accounts = [], credentials = [], logged, looks, renamed, kept } = done;
  if (accounts.length > 0 || credentials.length > 0) ctx.told(accounts, credentials);
  if (renamed !== undefined) ctx.tellName(renamed);
  if (looks) ctx.bus.publish({ kind: "looks" });
  if (kept) ctx.bus.publish({ kind: "kept" });
  if (logged) ring(ctx.bus, logged.epoch, logged.events);
  return { value };
}

async function readActing(tx: TransactionSql, account: AccountId): Promise<Acting | undefined> {
  const [row] = await tx<{ role: RoleId; permissions: string[] | null }[]>`
    select account.role, role.permissions from account
    left join role on role.id = account.role and role.workspace = account.workspace
    where account.id = ${account} and kind = 'staff' and account.workspace = this_workspace() and disabled_at is null`;
  return row && { account, may: permissionsOf(row.role, row.permissions ?? []) };
}

/** What a role may do; undefined when there is no such role here. */
export async function readRole(
  tx: TransactionSql | Sql,
  role: RoleId,
): Promise<{ name: string; permissions: readonly WorkspacePermission[] } | undefined> {
  const [row] = await tx<{ name: string; permissions: string[] }[]>`
    select name, permissions from role where id = ${role} and workspace = this_workspace()`;
  return row && { name: row.name, permissions: permissionsOf(role, row.permissions) };
}
