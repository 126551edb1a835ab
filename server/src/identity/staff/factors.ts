import type { AccountId, By } from "@aftercare/protocol";
import type { TransactionSql } from "postgres";
import { appendAudit } from "../../audit/append.ts";
import { tryKey } from "../lockout.ts";
import type { Secrets } from "../ports.ts";
import { endDevices } from "./store.ts";

/** Tries of codes are counted under this name. */
export const codeTries = "code";

/**
 * Takes the second factors of somebody who lost them, and ends their devices: who sits before one may be why they ask.
 * Undefined, and nothing done, when there is none to take.
 */
export async function takeFactors(
  tx: TransactionSql,
  secrets: Pick<Secrets, "sha256">,
  { by, account, passkeys }: { by: By; account: AccountId; passkeys: boolean },
): Promise<string[] | undefined> {
  const [had] = await tx`
    update sign_in_user set second_factor = false, updated_at = now() where id = ${account} and second_factor returning id`;
  const gone = passkeys ? await tx`delete from passkey where account = ${account} returning id` : [];
  if (!had && gone.length === 0) return undefined;
  await tx`delete from second_factor where account = ${account}`;
  await tx`delete from sign_in_try where key = ${tryKey(secrets, codeTries, account)}`;
  const ended = await endDevices(tx, account);
  const detail = { authenticator: had !== undefined, passkeys: gone.length, devicesEnded: ended.length };
  await appendAudit(tx, { by, act: "factor-reset", subject: account, detail });
  return ended;
}
