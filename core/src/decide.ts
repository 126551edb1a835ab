import type {
  AccountId,
  By,
  Command,
  CommandOf,
  CommandType,
  EventBodies,
  EventType,
  Member,
  Meta,
  Refusal,
  Seq,
  StreamId,
} from "@aftercare/protocol";
import { decideAssign } from "./assign.ts";
import {
  decideAnnounce,
  decideAsk,
  decideClose,
  decideCreateGroup,
  decideRename,
  decideReopen,
  decideStartDirect,
} from "./conversation.ts";
import { decideDraft, decideInboxSet } from "./inbox.ts";
import {
  decideAdd,
  decideDecline,
  decideHandOver,
  decideInvite,
  decideJoin,
  decideLeave,
  decideMute,
  decideRemove,
  decideSetRole,
} from "./member.ts";
import { decideEdit, decideForward, decidePin, decideReact, decideRecall, decideSend, decideUnpin } from "./message.ts";
import { commandNeeds, mayEverywhere } from "./needs.ts";
import { refuse } from "./refuse.ts";
import type { MessageEvent } from "./state.ts";

export type Actor = {
  account: AccountId;
  name: string;
  kind: "staff" | "customer";
  /** What the account may do in every role. A newer server may know more permissions. */
  may?: readonly string[] | undefined;
  /** Of staff alone: the role in the workspace. Decisions go by `may`. */
  role?: string | undefined;
  /** Further accounts of the same person, newest first. */
  formerly?: readonly AccountId[] | undefined;
};

/** Where questions are heard, and whose it is. */
export type Desk = { id: StreamId; shop?: string | undefined; staff: readonly Actor[] };

/** Everything a decision may look at. The server fills it from rows it has locked, the client from its local state. */
export type Facts = {
  readonly now: number;
  readonly actor: Actor;
  readonly recallWindowMs: number;
  /** The id a new conversation gets, should this command make one. */
  readonly newConversation: StreamId;
  /** A conversation or notes stream. */
  stream(id: StreamId): { meta: Meta; memberCount: number; lastSeq: Seq } | undefined;
  /** A current member. */
  member(stream: StreamId, account: By): Member | undefined;
  invited(stream: StreamId, account: AccountId): boolean;
  message(stream: StreamId, seq: Seq): MessageEvent | undefined;
  account(account: AccountId): Actor | undefined;
  /** Who serves at a desk, at the first of a shop, or at the first of all; undefined when there is no such desk. */
  desk(at: string | undefined): Desk | undefined;
};

/** An event before the log gives it seq and time. The first one of a decision carries the command's id. */
export type NewEvent = {
  [T in EventType]: { stream: StreamId; type: T; body: EventBodies[T]; by?: By };
}[EventType];

/** The first event belongs to the command's home stream. No events: it was found already made (`conversation` says what). */
export type Decision = { events: NewEvent[]; conversation?: StreamId } | { refusal: Refusal };

export type Decide<T extends CommandType = never> = (command: CommandOf<T>, facts: Facts) => Decision;

const ofMessages = {
  "message.send": decideSend,
  "message.forward": decideForward,
  "message.edit": decideEdit,
  "message.recall": decideRecall,
  "message.react": decideReact,
  "message.pin": decidePin,
  "message.unpin": decideUnpin,
};

const deciders: { [T in CommandType]: Decide<T> } = {
  ...ofMessages,
  "conversation.ask": decideAsk,
  "conversation.create-group": decideCreateGroup,
  "conversation.start-direct": decideStartDirect,
  "conversation.rename": decideRename,
  "conversation.announce": decideAnnounce,
  "conversation.assign": decideAssign,
  "conversation.close": decideClose,
  "conversation.reopen": decideReopen,
  "member.add": decideAdd,
  "member.invite": decideInvite,
  "member.join": decideJoin,
  "member.decline": decideDecline,
  "member.leave": decideLeave,
  "member.remove": decideRemove,
  "member.mute": decideMute,
  "member.set-role": decideSetRole,
  "member.hand-over": decideHandOver,
  "draft.set": decideDraft,
  "inbox.set": decideInboxSet,
};

/** What a command does, or why not. */
export type Law = (command: Command, facts: Facts) => Decision;
type AnyDecider = Partial<Record<CommandType, Law>>;

/** The whole law. Writes nothing: the same facts give the same decision on both sides. */
export const decide: Law = (command, facts) => {
  const needs = commandNeeds[command.type];
  if (needs !== undefined && !mayEverywhere(facts.actor, needs)) return refuse("forbidden");
  return (deciders as unknown as Required<AnyDecider>)[command.type](command, facts);
};

/** The part of the law that a page needs whose person writes messages and manages nothing; the rest is left to the server. */
export const decideMessage: Law = (command, facts) =>
  (ofMessages as unknown as AnyDecider)[command.type]?.(command, facts) ?? { events: [] };
