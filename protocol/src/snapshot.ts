import type { Meta } from "./conversation.ts";
import type { Event } from "./event.ts";
import type { AccountId, Seq, StreamId } from "./id.ts";
import type { Draft, InboxEntry, Invitation } from "./inbox.ts";
import type { Member, Receipt } from "./member.ts";

/** The state of a conversation or notes stream at `seq`, with the last page of its timeline. */
export type ConversationSnapshot = {
  kind: "conversation";
  stream: StreamId;
  epoch: number;
  seq: Seq;
  meta: Meta;
  members: Member[];
  receipts: Record<AccountId, Receipt>;
  /** Timeline items with seq >= `from`, in order, messages with their `fold`. */
  items: Event[];
  /** From this seq on `items` holds the whole timeline. */
  from: Seq;
  /** Older messages that items or pins point at. */
  refs: Event[];
};

export type InboxSnapshot = {
  kind: "inbox";
  stream: StreamId;
  epoch: number;
  seq: Seq;
  entries: InboxEntry[];
  /** By stream; notes streams have their own. */
  drafts: Record<StreamId, Draft>;
  invitations: Invitation[];
};

export type DeskSnapshot = {
  kind: "desk";
  stream: StreamId;
  epoch: number;
  seq: Seq;
  title: string;
  members: { account: AccountId; name: string }[];
};

export type Snapshot = ConversationSnapshot | InboxSnapshot | DeskSnapshot;
