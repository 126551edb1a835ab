import type { MessageEvent } from "@aftercare/core";
import { type AccountId, type Meta, type Part, type Seq, type StreamId, SYSTEM } from "@aftercare/protocol";
import type { LineChange, LogEvent, MentionChange } from "./store.ts";

/** Whom the parts of a message mention, each once. */
export function mentionedIn(parts: readonly Part[]): AccountId[] {
  const found = new Set<AccountId>();
  for (const part of parts)
    if (part.type === "text" && "mentions" in part)
      for (const { account } of (part.mentions ?? []) as { account: AccountId }[]) found.add(account);
  return [...found];
}

/** What one batch changes of the lists of conversations, and of who is mentioned where. */
export class Lines {
  readonly #lines = new Map<StreamId, LineChange>();
  readonly #mentions = new Map<string, MentionChange>();

  /** An event of a conversation, with the conversation's row after it. */
  take(event: LogEvent, meta: Meta): void {
    const line = this.#lines.get(event.stream);
    switch (event.type) {
      case "conversation.opened":
      case "conversation.assigned":
      case "conversation.reopened":
      case "member.became":
      case "member.left":
      case "member.removed":
        this.#put(event, meta, line, {});
        return;
      case "conversation.closed":
        this.#put(event, meta, line, { waiting: "no" });
        return;
      case "message.sent": {
        // What the shop's automation says is no news, and no answer.
        if (event.by === SYSTEM) return;
        const { seq, by, at } = event;
        const asks = by === meta.customer;
        const waiting = !asks ? "no" : line?.waiting === "no" || line?.waiting === "anew" ? "anew" : "asks";
        this.#put(event, meta, line, { said: { seq, by, at }, waiting });
        return;
      }
      default:
        if (line) line.meta = meta;
    }
  }

  #put({ stream, at }: LogEvent, meta: Meta, line: LineChange | undefined, more: Partial<LineChange>): void {
    this.#lines.set(stream, { stream, isNew: false, at, ...line, meta, ...more });
  }

  /** A new message. Nobody is mentioned by themselves. */
  mention({ stream, seq, at, by }: LogEvent, parts: readonly Part[]): void {
    const accounts = mentionedIn(parts).filter((account) => account !== by);
    if (accounts.length > 0) this.#mentions.set(`${stream} ${seq}`, { stream, seq, at, accounts, again: false });
  }

  /** A message after an edit or a recall. */
  mentionAnew(before: MessageEvent, after: MessageEvent, at: number): void {
    const { stream, seq, by } = before;
    const [was, is] = [before, after].map(({ body }) => mentionedIn(body.parts).filter((account) => account !== by));
    if (!was || !is || was.join() === is.join()) return;
    const again = this.#mentions.get(`${stream} ${seq}`)?.again ?? true;
    this.#mentions.set(`${stream} ${seq}`, { stream, seq: seq as Seq, at, accounts: is, again });
  }

  collect(made: ReadonlySet<StreamId>): LineChange[] {
    return [...this.#lines.values()].map((line) => ({ ...line, isNew: made.has(line.stream) }));
  }

  mentions(): MentionChange[] {
    return [...this.#mentions.values()];
  }
}
