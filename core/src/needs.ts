import type { CommandType, ConversationKind, ReadType } from "@aftercare/protocol";
import type { Actor } from "./decide.ts";
import type { WorkspacePermission } from "./rights.ts";

// Apart from the matrix, which the customer's page has no use for.

export const mayEverywhere = (who: Pick<Actor, "kind" | "may">, permission: WorkspacePermission): boolean =>
  who.kind === "staff" && (who.may?.includes(permission) ?? false);

/** Whether somebody reads a conversation and its notes without being a member: customers' alone, never those of colleagues. */
export const readsByRight = (who: Pick<Actor, "kind" | "may">, kind: ConversationKind): boolean =>
  kind === "support" && mayEverywhere(who, "conversation.read-any");

/** Commands and reads that need a permission of the workspace, whatever else they need. */
export const commandNeeds: { readonly [T in CommandType]?: WorkspacePermission } = {
  "conversation.create-group": "group.create",
};
export const readNeeds: { readonly [T in ReadType]?: WorkspacePermission } = { alarms: "delivery.inspect" };
