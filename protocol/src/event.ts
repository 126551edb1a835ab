import type { ConversationEvents } from "./conversation.ts";
import type { By, CommandId, Seq, StreamId } from "./id.ts";
import type { DeskEvents, InboxEvents } from "./inbox.ts";
import type { MemberEvents } from "./member.ts";
import type { Fold, MessageEvents } from "./message.ts";

export type EventBodies = ConversationEvents & MemberEvents & MessageEvents & InboxEvents & DeskEvents;
export type EventType = keyof EventBodies;

export type EventOf<T extends EventType> = {
  stream: StreamId;
  seq: Seq;
  type: T;
  by: By;
  /** Unix time in milliseconds, by the server's clock. Order is seq, never this. */
  at: number;
  /** The command it came from; absent on the further events of one command. */
  commandId?: CommandId | undefined;
  body: EventBodies[T];
  /** Only on `message.sent` read from the log: what later events did to it. */
  fold?: Fold | undefined;
};
/** A discriminated union over `type`. A newer server may send types that are not listed here: they are carried, not understood. */
export type Event = { [T in EventType]: EventOf<T> }[EventType];

const types: Record<EventType, "timeline" | "hidden"> = {
  "conversation.opened": "timeline",
  "conversation.renamed": "timeline",
  "conversation.announced": "timeline",
  "conversation.assigned": "timeline",
  "conversation.closed": "timeline",
  "conversation.reopened": "timeline",
  "member.invited": "timeline",
  "member.declined": "timeline",
  "member.joined": "timeline",
  "member.left": "timeline",
  "member.removed": "timeline",
  "member.muted": "timeline",
  "member.role-set": "timeline",
  "member.became": "timeline",
  "member.handed-over": "timeline",
  "message.sent": "timeline",
  "message.edited": "hidden",
  "message.recalled": "hidden",
  "message.reacted": "hidden",
  "message.pinned": "hidden",
  "message.unpinned": "hidden",
  "inbox.joined": "hidden",
  "inbox.left": "hidden",
  "inbox.invited": "hidden",
  "inbox.invitation-ended": "hidden",
  "inbox.role-set": "hidden",
  "inbox.settings-set": "hidden",
  "draft.changed": "hidden",
  "desk.joined": "hidden",
  "desk.left": "hidden",
  "desk.asked": "hidden",
};

export const eventTypes = Object.keys(types) as EventType[];
/** Whether the event is an item of the timeline that people read (the others change such items, or lists). */
export const isTimeline = (type: string): boolean => types[type as EventType] === "timeline";
export const isKnownEvent = (type: string): boolean => Object.hasOwn(types, type);
