import type { Sql, TransactionSql } from "postgres";
import type { Clock, Logger } from "./context.ts";
import { type Lease, releaseLease, takeLease, underLease } from "./db/lease.ts";
import { forgetReadMentions } from "./db/list-rebuild.ts";
import { forgetTriesMs } from "./identity/lockout.ts";

/** How often duties are done, and for how long a holder that fell silent keeps others away. */
const dutyEveryMs = 10_000;
const leaseTtlMs = 30_000;
/** Rows that nobody reads any more: nodes look at changes of rights every second. */
const rightsKeptMs = 60_000;
/** A link that is over is still listed as such for a while. */
const linksKeptMs = 30 * 86_400_000;

/** Rows forgotten in one go. */
const mentionRows = 1_000;

export type Duty = { readonly name: string; run(tx: TransactionSql): Promise<void> };
type WorkerCtx = { readonly sql: Sql; readonly clock: Clock; readonly log: Logger; readonly holder: string };

/** What has to be done now and then by some node. */
export const duties: readonly Duty[] = [
  {
    name: "sweep",
    async run(tx) {
      await tx`delete from rights_change where at < clock_timestamp() - ${rightsKeptMs} * interval '1 ms'`;
      await tx`delete from used_ticket where expires_at < clock_timestamp() - ${rightsKeptMs} * interval '1 ms'`;
      await forgetReadMentions(tx, mentionRows);
      await tx`delete from used_identity_token where expires_at < now() - interval '1 day'`;
      await tx`delete from sign_in_session where expires_at < clock_timestamp()`;
      await tx`delete from sign_in_check where expires_at < clock_timestamp()`;
      await tx`delete from mail_link where expires_at < clock_timestamp() - ${linksKeptMs} * interval '1 ms'`;
      await tx`delete from sign_in_try where at < clock_timestamp() - ${forgetTriesMs} * interval '1 ms'`;
    },
  },
];

/** Does the duties whose lease this node holds, until the returned function is called. */
export function startWorker(
  { sql, clock, log, holder }: WorkerCtx,
  given: readonly Duty[] = duties,
): () => Promise<void> {
  const held = new Map<string, Lease>();
  let working: Promise<void> = Promise.resolve();
  let timer: unknown;
  let stopped = false;

  async function work(): Promise<void> {
    for (const duty of given) {
      try {
        const lease = await takeLease(sql, duty.name, holder, leaseTtlMs);
        if (!lease) {
          held.delete(duty.name);
          continue;
        }
        held.set(duty.name, lease);
        await underLease(sql, lease, leaseTtlMs, (tx) => duty.run(tx));
      } catch (error) {
        log.warn({ error: String(error), duty: duty.name }, "a duty was not done; it is tried again");
      }
    }
  }

  function tick(): void {
    working = work().finally(() => {
      if (!stopped) timer = clock.setTimer(tick, dutyEveryMs);
    });
  }

  tick();
  return async () => {
    stopped = true;
    clock.clearTimer(timer);
    await working;
    for (const lease of held.values())
      await releaseLease(sql, lease).catch((error) => log.warn({ error: String(error) }, "a lease was not released"));
  };
}
