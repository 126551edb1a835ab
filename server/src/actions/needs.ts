import type { Actor } from "@aftercare/core";
import { type AccountId, type Command, inboxOf, notesOf, type Seq, type StreamId } from "@aftercare/protocol";
import type { Ids } from "../context.ts";

/** What a command must have locked and loaded before it can be decided. */
export type Needs = {
  /** Where the command is remembered and ordered. */
  home: StreamId;
  /** Further streams it may write to or whose row it looks at. */
  streams: StreamId[];
  members: { stream: StreamId; account: AccountId }[];
  messages: { stream: StreamId; seq: Seq }[];
  accounts: AccountId[];
  /** The desk whose staff it looks up, by its id or its shop's (undefined inside: the first desk). */
  desk?: { at: string | undefined };
  newConversation: StreamId;
};

type Row = { stream: StreamId; account: AccountId };

export const homeOf = (command: Command, actor: Actor): StreamId => command.stream ?? inboxOf(actor.account);

/** What this command looks at. Declares only; deciding is core's. */
export function needsOf(command: Command, actor: Actor, ids: Ids): Needs {
  const me = actor.account;
  const needs: Needs = {
    home: homeOf(command, actor),
    streams: [],
    members: command.stream === undefined ? [] : [{ stream: command.stream, account: me }],
    messages: [],
    accounts: [],
    newConversation: "",
  };
  switch (command.type) {
    case "message.send":
      if (command.body.replyTo !== undefined)
        needs.messages.push({ stream: command.stream, seq: command.body.replyTo });
      return needs;
    case "message.edit":
    case "message.recall":
    case "message.react":
    case "message.pin":
    case "message.unpin":
      needs.messages.push({ stream: command.stream, seq: command.body.seq });
      return needs;
    case "message.forward":
      needs.members.push({ stream: command.body.from.stream, account: me });
      needs.messages.push(command.body.from);
      return needs;
    case "conversation.ask":
      needs.desk = { at: command.body.desk ?? command.body.shop };
      needs.newConversation = ids.conversation();
      return needs;
    case "conversation.create-group":
      needs.accounts.push(...command.body.members);
      needs.streams.push(...command.body.members.map(inboxOf));
      needs.newConversation = ids.conversation();
      return needs;
    case "conversation.start-direct":
      needs.accounts.push(command.body.account);
      needs.newConversation = ids.direct(me, command.body.account);
      needs.streams.push(inboxOf(command.body.account), needs.newConversation);
      return needs;
    case "conversation.rename":
    case "conversation.announce":
    case "conversation.close":
    case "conversation.reopen":
      return needs;
    case "conversation.assign":
      return command.body.account === null ? needs : person(needs, command.stream, command.body.account, me);
    case "member.add":
    case "member.invite":
    case "member.remove":
    case "member.mute":
    case "member.set-role":
    case "member.hand-over":
      return person(needs, command.stream, command.body.account, me);
    case "member.join":
    case "member.decline":
    case "member.leave":
      return person(needs, command.stream, me, me);
    case "draft.set":
    case "inbox.set":
      needs.members.push({ stream: command.body.stream, account: me });
      return needs;
    default:
      return command satisfies never;
  }
}

/** For commands about one person's membership: their rows and inbox, in the conversation and its notes. */
function person(needs: Needs, stream: StreamId, account: AccountId, me: AccountId): Needs {
  const notes = notesOf(stream);
  needs.streams.push(inboxOf(account), inboxOf(me), notes);
  const rows: Row[] = [
    { stream, account },
    { stream: notes, account },
  ];
  needs.members.push(...rows);
  if (account !== me) needs.accounts.push(account);
  return needs;
}
