import type { AccountId, Receipt, Seq, StreamId } from "@aftercare/protocol";
import type { Ctx } from "../context.ts";
import type { Channel } from "./channel.ts";

type Row = { stream: StreamId; account: AccountId; receipt: Receipt; epoch: number };

export type ReceiptLane = ReturnType<typeof createReceiptLane>;

/** Receipts on their own lane: coalesced in memory, saved together, told to others only once they are saved. */
export function createReceiptLane(ctx: Pick<Ctx, "store" | "bus" | "clock" | "settings" | "log">, epoch: () => number) {
  const pending = new Map<string, Row>();
  let timer: unknown;
  let flushing: Promise<void> | undefined;

  async function flush(): Promise<void> {
    timer = undefined;
    // What was read of another epoch says nothing about this one.
    const now = epoch();
    const rows = [...pending.values()].filter((row) => row.epoch === now);
    pending.clear();
    if (rows.length === 0) return;
    try {
      const saved = await ctx.store.saveReceipts(rows, now);
      // The log was restored, and this node hears of it only now: what it had is gone, and nobody may be told of it.
      if (saved === 0 || epoch() !== now) return;
    } catch (error) {
      ctx.log.warn({ error: String(error), rows: rows.length }, "receipts not saved; they are kept for the next try");
      for (const row of rows) put(row);
      return;
    }
    const streams = new Map<StreamId, Record<AccountId, Receipt>>();
    for (const { stream, account, receipt } of rows) {
      const receipts = streams.get(stream) ?? {};
      receipts[account] = receipt;
      streams.set(stream, receipts);
    }
    for (const [stream, receipts] of streams) ctx.bus.publish({ kind: "receipts", stream, receipts, epoch: now });
  }

  function put({ stream, account, receipt, epoch: of }: Row): void {
    const place = `${stream} ${account}`;
    const kept = pending.get(place);
    const before = kept?.epoch === of ? kept.receipt : undefined;
    const readSeq = Math.max(before?.readSeq ?? 0, receipt.readSeq);
    const deliveredSeq = Math.max(before?.deliveredSeq ?? 0, receipt.deliveredSeq, readSeq);
    pending.set(place, { stream, account, receipt: { deliveredSeq, readSeq }, epoch: of });
    timer ??= ctx.clock.setTimer(() => {
      flushing = flush();
    }, ctx.settings.receiptFlushMs);
  }

  return {
    /** Takes an account's own receipt. One that goes back is ignored, one beyond the head is cut to it. */
    note(
      channel: Channel,
      account: AccountId,
      given: { deliveredSeq?: Seq | undefined; readSeq?: Seq | undefined },
    ): void {
      const before = channel.receipts.get(account);
      if (!before || !channel.members.has(account)) return;
      const readSeq = Math.min(channel.head, Math.max(before.readSeq, given.readSeq ?? 0));
      const deliveredSeq = Math.min(channel.head, Math.max(before.deliveredSeq, given.deliveredSeq ?? 0, readSeq));
      if (readSeq === before.readSeq && deliveredSeq === before.deliveredSeq) return;
      put({ stream: channel.stream, account, receipt: { deliveredSeq, readSeq }, epoch: channel.epoch });
    },
    /** Saves what is pending now. */
    async stop(): Promise<void> {
      ctx.clock.clearTimer(timer);
      await flushing;
      await flush();
    },
  };
}
