import type { ConversationKind } from "./conversation.ts";
import { type AccountId, type Seq, type StreamId, seq, streamId } from "./id.ts";
import { limits } from "./limits.ts";
import type { Role } from "./member.ts";
import { cleanTextOrEmpty } from "./text.ts";
import * as v from "./v.ts";

export const inboxCommands = {
  /** What was typed and not sent, on all devices of the account. Empty text removes it. */
  "draft.set": {
    body: v.strictObject({
      stream: streamId,
      text: cleanTextOrEmpty(limits.draftChars),
      replyTo: v.optional(seq),
    }),
  },
  /** The account's own settings for a conversation. */
  "inbox.set": {
    body: v.strictObject({
      stream: streamId,
      muted: v.optional(v.boolean()),
      pinned: v.optional(v.boolean()),
      archived: v.optional(v.boolean()),
    }),
  },
} as const;

export type Draft = { text: string; replyTo?: Seq | undefined; at: number };
export type InboxSettings = { muted?: boolean; pinned?: boolean; archived?: boolean };

/** One line of an account's list of conversations. */
export type InboxEntry = {
  stream: StreamId;
  kind: ConversationKind;
  role: Role;
  settings: InboxSettings;
};

export type InboxEvents = {
  /** `conversation` answers the command that made it, when one did. */
  "inbox.joined": { stream: StreamId; kind: ConversationKind; role: Role };
  "inbox.left": { stream: StreamId };
  "inbox.invited": {
    stream: StreamId;
    kind: ConversationKind;
    title?: string | undefined;
    by: AccountId;
    byName: string;
  };
  "inbox.invitation-ended": { stream: StreamId };
  "inbox.role-set": { stream: StreamId; role: Role };
  "inbox.settings-set": { stream: StreamId; settings: InboxSettings };
  "draft.changed": { stream: StreamId; draft: Draft | null };
};

export type Invitation = {
  stream: StreamId;
  kind: ConversationKind;
  title?: string | undefined;
  by: AccountId;
  byName: string;
  at: number;
};

export type DeskEvents = {
  "desk.joined": { account: AccountId; name: string };
  "desk.left": { account: AccountId };
  /** A customer asked for help at this desk. Carries no content: the conversation does. */
  "desk.asked": { conversation: StreamId; customer: AccountId; name: string };
};
