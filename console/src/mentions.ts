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

/** Who called since it was looked last. */
export class Calls {
  readonly #told = new Set<string>();
  #isOpen = false;

  /** `mentions`: those not read, newest first. What was there when the page opened is no news. */
  take(mentions: readonly Mention[]): Mention[] {
    const known = mentions.findIndex((one) => this.#told.has(keyOf(one)));
    // Behind one that is known nothing is new: only the page of them moved on.
    const news = this.#isOpen ? mentions.slice(0, known < 0 ? mentions.length : known) : [];
    for (const one of mentions) this.#told.add(keyOf(one));
    this.#isOpen = true;
    return news;
  }
}

const keyOf = ({ message: { stream, seq } }: Mention): string => `${stream} ${seq}`;
