import type { ConversationKind, Role } from "@aftercare/protocol";
import type { Actor } from "./decide.ts";
import { mayEverywhere } from "./needs.ts";

/** What a role in a conversation may do beyond reading, writing and changing its own messages. */
export type Permission =
  | "recall-any"
  | "pin"
  | "rename"
  | "announce"
  | "add"
  | "invite"
  | "remove"
  | "mute"
  | "set-role"
  | "hand-over"
  | "leave"
  /** To say which agent answers a support conversation. */
  | "assign"
  /** To close a support conversation, and to open it again. */
  | "close"
  /** To read every conversation of the workspace, also where one is no member. */
  | "conversation.read-any"
  /** To see when a message reached which device. */
  | "delivery.inspect";

const keeper = [
  "recall-any",
  "pin",
  "rename",
  "announce",
  "add",
  "invite",
  "remove",
  "mute",
  "leave",
  "delivery.inspect",
] as const;

/** The whole matrix; a role that a kind does not list has no permission there. */
export const permissions: Record<ConversationKind, Partial<Record<Role, readonly Permission[]>>> = {
  support: {
    agent: ["recall-any", "pin", "rename", "add", "mute", "leave", "assign", "close"],
    customer: [],
  },
  group: {
    owner: [...keeper, "set-role", "hand-over"],
    admin: keeper,
    member: ["leave"],
  },
  direct: { member: ["pin"] },
};

export const can = (kind: ConversationKind, role: Role, permission: Permission): boolean =>
  permissions[kind][role]?.includes(permission) ?? false;

/** Whether an account may see how a stream's messages were delivered. Customers never may, whatever else they are given. */
export const mayInspect = (who: Actor, kind: ConversationKind, role: Role): boolean =>
  who.kind === "staff" && (mayEverywhere(who, "delivery.inspect") || can(kind, role, "delivery.inspect"));

const rank: Record<Role, number> = { owner: 3, admin: 2, agent: 2, member: 1, customer: 1 };

/** Whether `role` stands above `other`: nobody removes or mutes an equal. */
export const outranks = (role: Role, other: Role): boolean => rank[role] > rank[other];
