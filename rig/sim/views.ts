import type { ConversationState } from "@aftercare/core";
import type { AccountId, Receipt } from "@aftercare/protocol";
import type { Chronicle } from "./membership.ts";
import type { ModelDatabase } from "./model-store.ts";
import { Violation } from "./violation.ts";

/** What pages show, each time it changes. */
export class Views {
  readonly #database: ModelDatabase;
  readonly #chronicle: Chronicle;

  constructor(database: ModelDatabase, chronicle: Chronicle) {
    this.#database = database;
    this.#chronicle = chronicle;
  }

  /** Watches one stream in one tab. */
  watcher(who: string): (state: ConversationState | undefined) => void {
    let before: ConversationState | undefined;
    return (state) => {
      if (state === before) return;
      if (state && state.epoch === this.#database.tables.epoch) {
        this.#timeline(who, state);
        if (before?.epoch === state.epoch) this.#receipts(who, before, state);
      }
      before = state;
    };
  }

  #timeline(who: string, { stream, items, from, seq }: ConversationState): void {
    const { tables } = this.#database;
    if (seq > (tables.streams.get(stream)?.lastSeq ?? 0))
      throw new Violation("durable", `${who} is at ${stream} ${seq}, ahead of the log`);
    let last = from - 1;
    for (const item of items) {
      if (item.seq <= last || item.seq > seq)
        throw new Violation("gap", `${who} shows ${stream} as ${items.map((one) => one.seq).join(" ")}`);
      last = item.seq;
      const row = tables.event(stream, item.seq);
      if (row?.type !== item.type || row.commandId !== item.commandId)
        throw new Violation("gap", `${who} shows ${item.type} at ${stream} ${item.seq}; the log: ${row?.type}`);
      if (item.type === "message.sent" && item.fold?.recalled && item.body.parts.length > 0)
        throw new Violation("erased", `${who} shows the recalled ${stream} ${item.seq}`);
    }
    const count = this.#chronicle.countItems(stream, from, seq);
    if (count !== items.length)
      throw new Violation("gap", `${who} shows ${items.length} of ${count} items of ${stream} ${from}-${seq}`);
  }

  #receipts(who: string, before: ConversationState, after: ConversationState): void {
    for (const [account, receipt] of Object.entries(after.receipts)) {
      const earlier = before.receipts[account];
      if (earlier && !grown(earlier, receipt))
        throw new Violation(
          "receipt",
          `${who} shows ${name(account)} in ${after.stream} go from ${told(earlier)} to ${told(receipt)}`,
        );
      const saved = this.#database.tables.member(after.stream, account);
      if (saved?.status === "joined" && !grown(receipt, saved.receipt))
        throw new Violation(
          "receipt",
          `${who} shows ${name(account)} in ${after.stream} at ${told(receipt)}, saved is ${told(saved.receipt)}`,
        );
    }
  }
}

const grown = (before: Receipt, after: Receipt): boolean =>
  after.deliveredSeq >= before.deliveredSeq && after.readSeq >= before.readSeq;
const told = ({ deliveredSeq, readSeq }: Receipt): string => `${deliveredSeq}/${readSeq}`;
const name = (account: AccountId): string => account.slice(-6);
