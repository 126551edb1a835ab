import { mayGive } from "@aftercare/core";
import type { AccountId } from "@aftercare/protocol";
import type { Principal } from "../context.ts";
import { takeFactors } from "../identity/staff/factors.ts";
import { isConfirmed } from "../identity/staff/store.ts";
import { change, type Outcome, refused, type WorkspaceCtx } from "./change.ts";
import { mayOf } from "./staff.ts";

/** Takes the lost second factors of somebody else, who may do no more than who takes them. */
export function resetFactor(
  ctx: WorkspaceCtx,
  who: Pick<Principal, "account" | "credential">,
  account: AccountId,
  passkeys: boolean,
): Promise<Outcome<{ devicesEnded: number }>> {
  return change(ctx, who.account, "staff.manage", async (tx, acting) => {
    const [person] = await tx<{ role: string }[]>`
      select role from account join sign_in_user using (id)
      where id = ${account} and kind = 'staff' and workspace = this_workspace()`;
    if (!person) return refused("not-found", "account");
    if (!mayGive(acting.may, await mayOf(tx, person.role))) return refused("forbidden", "account");
    // Under one's own security: what a role needs is not taken off there.
    if (account === who.account) return refused("forbidden", "own");
    if (!(await isConfirmed(tx, who.credential))) return refused("forbidden", "confirm");
    const credentials = await takeFactors(tx, ctx.secrets, { by: who.account, account, passkeys });
    if (!credentials) return refused("no-change");
    return { value: { devicesEnded: credentials.length }, credentials };
  });
}
