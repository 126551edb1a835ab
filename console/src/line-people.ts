import type { ConversationState } from "@aftercare/sdk";

/** The one a conversation is about or with: the customer, or the other of two. */
export function otherOf(state: ConversationState | undefined, me: string | undefined): string | undefined {
  if (!state) return undefined;
  if (state.meta.kind === "direct") return Object.keys(state.members).find((one) => one !== me);
  return state.meta.customer === me ? undefined : state.meta.customer;
}
