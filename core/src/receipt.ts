import type { AccountId, Receipt, Seq } from "@aftercare/protocol";

/** The larger of each: a receipt only grows, whatever order its copies come in. */
export function growReceipt(before: Receipt | undefined, after: Partial<Receipt>): Receipt {
  const readSeq = Math.max(before?.readSeq ?? 0, after.readSeq ?? 0);
  // What was read was delivered.
  const deliveredSeq = Math.max(before?.deliveredSeq ?? 0, after.deliveredSeq ?? 0, readSeq);
  return { deliveredSeq, readSeq };
}

export type DeliveryMark = "sent" | "delivered" | "read";

/** How far a message got with the others: read by one is read, delivered to one is delivered. */
export function deliveryMark(receipts: Readonly<Record<AccountId, Receipt>>, by: AccountId, seq: Seq): DeliveryMark {
  let mark: DeliveryMark = "sent";
  for (const [account, receipt] of Object.entries(receipts)) {
    if (account === by) continue;
    if (receipt.readSeq >= seq) return "read";
    if (receipt.deliveredSeq >= seq) mark = "delivered";
  }
  return mark;
}
