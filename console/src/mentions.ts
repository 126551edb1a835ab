import { conversationOfNotes, type Mention, type StreamId } from "@aftercare/sdk";
import type { Desk } from "./desk.ts";
import type { ViewName } from "./list-types.ts";
import type { Side } from "./route.ts";

/** Where a mention stands. */
export function placeOf({ message: { stream } }: Mention): { stream: StreamId; side: Side } {
  return stream.startsWith("n") ? { stream: conversationOfNotes(stream), side: "notes" } : { stream, side: "chat" };
}

/** The newest mention of a conversation, on either of its sides. */
export const mentionIn = (desk: Desk, stream: StreamId): Mention | undefined =>
  desk.mentions.value?.find((one) => placeOf(one).stream === stream);

/** From the view of mentions one is led to where it was said. */
export function sideToOpen(desk: Desk, view: ViewName, stream: StreamId): Side {
  const one = view === "mentions" ? mentionIn(desk, stream) : undefined;
  return one ? placeOf(one).side : "chat";
}
