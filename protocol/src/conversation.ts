import { type AccountId, accountId, deskId, type Seq, type StreamId, streamId } from "./id.ts";
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
  /** A customer asks for help. Answered with the id of the new conversation. `desk` names the queue; without it the shop's first. */
  "conversation.ask": { body: v.strictObject({ desk: v.optional(deskId), title: v.optional(title) }) },
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
} as const;

/** The row of a conversation or notes stream that every member may see. */
export type Meta = {
  kind: ConversationKind;
  title?: string | undefined;
  history: HistoryMode;
  createdAt: number;
  desk?: StreamId | undefined;
  /** Whom a support conversation is for. */
  customer?: AccountId | undefined;
  announcement?: { text: string; by: AccountId; at: number } | undefined;
  pins: Seq[];
};

export type ConversationEvents = {
  "conversation.opened": { meta: Meta; members: Member[] };
  "conversation.renamed": { title: string };
  "conversation.announced": { text: string | null };
};

/** What the answer to a command that makes or finds a conversation carries. */
export type ConversationResult = { conversation: StreamId };
