import { type AccountId, accountId, type By, deskId, type Seq, type StreamId, shopId, streamId } from "./id.ts";
import { limits } from "./limits.ts";
import type { Member } from "./member.ts";
import { cleanLine, cleanText } from "./text.ts";
import * as v from "./v.ts";

export const conversationKinds = ["support", "group", "direct"] as const;
export type ConversationKind = (typeof conversationKinds)[number];
/** What a new member may read: everything, or from the joining on. */
export const historyModes = ["all", "since-join"] as const;
export type HistoryMode = (typeof historyModes)[number];

const title = cleanLine(limits.titleChars);

export const conversationCommands = {
  /**
   * A customer asks for help. Answered with the id of the new conversation. `desk` names the queue; without it, `shop` names
   * whose first one it is. A shop that is not there or has none is not the customer's fault: the workspace's first desk hears it.
   */
  "conversation.ask": {
    body: v.strictObject({ desk: v.optional(deskId), shop: v.optional(shopId), title: v.optional(title) }),
  },
  "conversation.create-group": {
    body: v.strictObject({
      title,
      history: v.optional(v.picklist(historyModes)),
      members: v.pipe(v.array(accountId), v.maxLength(limits.membersPerCommand)),
    }),
  },
  /** Two staff talk. One conversation for a pair: asked again, it is the same one. */
  "conversation.start-direct": { body: v.strictObject({ account: accountId }) },
  "conversation.rename": { stream: streamId, body: v.strictObject({ title }) },
  "conversation.announce": {
    stream: streamId,
    body: v.strictObject({ text: v.nullable(cleanText(limits.announcementChars)) }),
  },
  /** Who of the agents answers a support conversation; null: nobody yet. */
  "conversation.assign": { stream: streamId, body: v.strictObject({ account: v.nullable(accountId) }) },
  /** A support conversation is done. A message of its customer opens it again. */
  "conversation.close": { stream: streamId, body: v.strictObject({}) },
  "conversation.reopen": { stream: streamId, body: v.strictObject({}) },
} as const;

/** The row of a conversation or notes stream that every member may see. */
export type Meta = {
  kind: ConversationKind;
  title?: string | undefined;
  history: HistoryMode;
  createdAt: number;
  desk?: StreamId | undefined;
  /** The shop that was asked, which may have no desk of its own; the desk's where none was named. */
  shop?: string | undefined;
  /** Whom a support conversation is for. */
  customer?: AccountId | undefined;
  announcement?: { text: string; by: AccountId; at: number } | undefined;
  /** The agent who answers a support conversation. */
  assignee?: AccountId | undefined;
  /** A support conversation that is done, since when and by whose word. */
  closed?: { by: By; at: number } | undefined;
  pins: Seq[];
};

export type ConversationEvents = {
  "conversation.opened": { meta: Meta; members: Member[] };
  "conversation.renamed": { title: string };
  "conversation.announced": { text: string | null };
  /** `name` is the assignee's; null when nobody is assigned any more. */
  "conversation.assigned": { account: AccountId | null; name: string | null };
  "conversation.closed": Record<never, never>;
  "conversation.reopened": Record<never, never>;
};

/** What the answer to a command that makes or finds a conversation carries. */
export type ConversationResult = { conversation: StreamId };
