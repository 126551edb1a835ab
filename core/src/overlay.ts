import {
  type AccountId,
  type By,
  type Command,
  type CommandId,
  type CommandType,
  type Event,
  limits,
  type Seq,
  type StreamId,
} from "@aftercare/protocol";
import { apply } from "./apply.ts";
import type { Actor, Facts, Law } from "./decide.ts";
import { type ConversationState, type MessageEvent, messageAt } from "./state.ts";

/** A command of this device that the server has not confirmed yet. */
export type PendingCommand = {
  id: CommandId;
  type: CommandType;
  stream: StreamId | undefined;
  body: unknown;
  at: number;
};

/**
 * The state as it will be when the server has taken the pending commands: each is decided by the same law as there, and
 * its events get provisional seqs. One that the local state refuses is left out. `others` finds further conversations,
 * for messages forwarded from them.
 */
export function overlay(
  state: ConversationState,
  pending: readonly PendingCommand[],
  actor: Actor,
  law: Law,
  others: (stream: StreamId) => ConversationState | undefined = () => undefined,
): ConversationState {
  let next = state;
  for (const command of pending) {
    if (command.stream !== state.stream || hasEventOf(state, command.id)) continue;
    const decision = law(command as Command, factsOf(next, command, actor, others));
    if ("refusal" in decision) continue;
    let commandId: CommandId | undefined = command.id;
    for (const { stream, type, body, by = actor.account } of decision.events) {
      if (stream !== state.stream) continue;
      next = apply(next, { stream, seq: next.seq + 1, type, by, at: command.at, commandId, body } as Event);
      commandId = undefined;
    }
  }
  return next;
}

/** The confirmed event may come before the pending command is dropped: it is never shown twice (law 4). */
const hasEventOf = (state: ConversationState, id: CommandId): boolean =>
  state.items.findLast((item) => item.commandId === id) !== undefined;

function factsOf(
  state: ConversationState,
  command: PendingCommand,
  actor: Actor,
  others: (stream: StreamId) => ConversationState | undefined,
): Facts {
  const find = (stream: StreamId) => (stream === state.stream ? state : others(stream));
  return {
    now: command.at,
    actor,
    recallWindowMs: limits.recallWindowMs,
    newConversation: state.stream,
    stream: (id) => {
      const found = find(id);
      return found && { meta: found.meta, memberCount: Object.keys(found.members).length, lastSeq: found.seq };
    },
    member: (id, account: By) => {
      // Own words are shown also while muted: the refusal says it beside them, they do not vanish.
      const { mutedUntil: _, ...member } = find(id)?.members[account] ?? {};
      return "account" in member ? (member as ReturnType<Facts["member"]>) : undefined;
    },
    invited: () => false,
    message: (id, seq) => {
      const found = find(id);
      const known = found && messageAt(found, seq);
      // A reply is shown also when what it quotes is not on this device.
      return known ?? (command.type === "message.send" ? unread(id, seq) : undefined);
    },
    account: (account: AccountId) => {
      const member = state.members[account];
      return member && { account, name: member.name, kind: member.role === "customer" ? "customer" : "staff" };
    },
    desk: () => undefined,
  };
}

const unread = (stream: StreamId, seq: Seq): MessageEvent => ({
  stream,
  seq,
  type: "message.sent",
  by: "system",
  at: 0,
  body: { parts: [] },
});
