import { type Actor, type InboxLine, type MessageEvent, writerOf } from "@aftercare/sdk";

/**
 * What each conversation is called in the list: its title, the customer's first words, who answers, or when it began, whichever
 * it has first. Where several have that in common it stands behind what they have next: a narrow line shows the beginning.
 */
export function lineNames(
  lines: readonly InboxLine[],
  me: Actor | undefined,
  say: { words: (message: MessageEvent) => string; began: (line: InboxLine) => string },
): string[] {
  const all = lines.map((line) => {
    const first = firstOf(line, me);
    const { meta, members } = line.state ?? {};
    return [line.title, first && say.words(first), members?.[meta?.assignee ?? ""]?.name, say.began(line)].filter(
      Boolean,
    );
  });
  return all.map((names) => {
    const isShared = all.filter(([name]) => name === names[0]).length > 1;
    return names
      .slice(0, isShared ? 2 : 1)
      .reverse()
      .join(" · ");
  });
}

/** The customer's first message, where the beginning is at hand. */
function firstOf({ state }: InboxLine, me: Actor | undefined): MessageEvent | undefined {
  const own = me && state?.members[me.account];
  if (!own || state.from > own.fromSeq) return undefined;
  return state.items.find(
    (item): item is MessageEvent =>
      item.type === "message.sent" && writerOf(state.members, item.by) === own.account && !item.fold?.recalled,
  );
}
