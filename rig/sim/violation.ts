/** What the simulator holds the product to; the laws are those of the sync contract. */
export const laws = {
  durable: "an acknowledged command is durable before the ack leaves (law 1)",
  once: "one command id has one effect and one answer (law 2)",
  lost: "an acknowledged command is in the log, and on every current member's every device (laws 1 and 3)",
  dense: "seq is dense and unique, and taken under the stream's lock (law 3)",
  gap: "a client never applies across a gap, never shows an event twice (law 4)",
  member: "nothing is delivered to an account that was not a member at that seq (law 5)",
  outbox: "what was put into the outbox is sent, or refused and shown (law 12)",
  again: "what was acknowledged and went with the end of a log is sent again, as far as it can (law 2)",
  meant: "a command acts on the message that was meant, or is refused; never on what has its seq now (law 12)",
  order: "one device's commands for one stream arrive in the order they were sent (law 12)",
  erased: "the text of a recalled message is gone (law 14)",
  refused: "a refused command has no effect (law 2)",
  converged: "every device ends with the state that a snapshot would give it (laws 3 and 18)",
  draft: "a draft ends the same on all devices (law 12)",
  receipt: "a receipt only grows, and never runs ahead of what is saved",
  traced: "what the inspector says was sent and received was, and by nobody who could not read it (law 5)",
  alarm: "a live link that stops acknowledging is told within 20 s, and no longer once it answers or ends (law 10)",
  page: "a history page is what the log holds between its bounds (law 4)",
  quiet: "when everything works again, everything comes to rest",
  bug: "nothing asserts, and no promise is rejected without a listener",
} as const;

export type Law = keyof typeof laws;

export class Violation extends Error {
  readonly law: Law;

  constructor(law: Law, text: string) {
    super(text);
    this.law = law;
  }
}
