import type { AccountId, By } from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import type { Bus } from "../bus.ts";
import type { Clock, Logger } from "../context.ts";
import type { FailoverEpoch } from "../db/epoch.ts";
import { noteAccounts } from "../db/rights.ts";
import { ring } from "../log/ring.ts";
import type { Duty } from "../worker.ts";
import { renameSome } from "./move.ts";

/** Conversations told in one transaction: their streams are locked for so long. */
const streamsAtOnce = 50;
/** How long a run of the duty goes on; the next one takes up the rest. */
const dutyMs = 8_000;
/** Somebody may still be joining under the old name: the change is looked after for so long. */
const lookedAfterMs = 30_000;

export type NamesCtx = { sql: Sql; bus: Pick<Bus, "publish">; clock: Clock; log: Logger; failoverEpoch: FailoverEpoch };

/** In the transaction that changes the name, so that it is told even when the node goes away at once. */
export const noteName = (tx: TransactionSql, account: AccountId, by: By) => tx`
  insert into name_change (account, by) values (${account}, ${by})
  on conflict (account) do update set by = excluded.by, noted_at = clock_timestamp()`;

/** Writes another name: conversations are told of it, and live sessions hear it. */
export async function writeName(tx: TransactionSql, account: AccountId, name: string, by: By): Promise<void> {
  await tx`update account set name = ${name} where id = ${account}`;
  await noteName(tx, account, by);
  await noteAccounts(tx, [account]);
}

/** Tells some conversations; whether there are more to tell. What is left is known from the rows, so anybody may go on. */
async function tellSome({ sql, bus, clock, failoverEpoch }: NamesCtx, account: AccountId): Promise<boolean> {
  const { events, epoch, more } = await sql.begin(async (tx) => {
    const [noted] = await tx<{ by: By }[]>`select by from name_change where account = ${account}`;
    return noted
      ? renameSome({ tx, failoverEpoch, at: clock.now() }, account, noted.by, streamsAtOnce)
      : { events: [], epoch: 1, more: false };
  });
  if (events.length > 0) ring(bus, epoch, events);
  return more;
}

/** Begins at once, batch by batch; what goes wrong is left to the duty. */
export async function tellName(ctx: NamesCtx, account: AccountId): Promise<void> {
  try {
    while (await tellSome(ctx, account));
  } catch (error) {
    ctx.log.warn({ error: String(error) }, "a name was not told everywhere yet; the worker goes on");
  }
}

/** Goes on with names that a node did not tell to the end. */
export const nameDuty = (ctx: NamesCtx): Duty => ({
  name: "names",
  async run(tx) {
    const endAt = ctx.clock.elapsed() + dutyMs;
    const noted = await tx<{ account: AccountId; at: string }[]>`
      select account, noted_at::text as at from name_change order by noted_at limit 100`;
    for (const { account, at } of noted) {
      let more = true;
      while (more && ctx.clock.elapsed() < endAt) more = await tellSome(ctx, account);
      if (more) return;
      await tx`
        delete from name_change where account = ${account} and noted_at = ${at}::timestamptz
          and noted_at < clock_timestamp() - ${lookedAfterMs} * interval '1 ms'`;
    }
  },
});
