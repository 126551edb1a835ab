import { limits } from "@aftercare/protocol";
import { type ConversationState, can, isOwn, type MessageEvent } from "@aftercare/sdk";

export type Reach = {
  write: boolean;
  edit: boolean;
  recall: boolean;
  pin: boolean;
};

/** What the reader may do with a message now; the server decides again. */
export function reachOf(
  state: ConversationState,
  account: string | undefined,
  message: MessageEvent,
  now: number,
): Reach {
  const member = account === undefined ? undefined : state.members[account];
  if (!member || message.fold?.recalled) return { write: false, edit: false, recall: false, pin: false };
  const write = member.mutedUntil === undefined || member.mutedUntil <= now;
  const mine = isOwn(member, message.by);
  const text = message.body.parts.length === 1 && message.body.parts[0]?.type === "text";
  return {
    write,
    edit: write && mine && text && !message.body.forwarded,
    recall: can(state.meta.kind, member.role, "recall-any") || (mine && now - message.at <= limits.recallWindowMs),
    pin: can(state.meta.kind, member.role, "pin"),
  };
}
