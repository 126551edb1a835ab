import { deskWords, type MenuItem, runCommand, toast, type Words } from "@aftercare/ui";
import { archiveOrBack, isIn, mayAssign, mayJoin, openAssign, toggle } from "./acts.ts";
import type { Desk } from "./desk.ts";
import type { ListLine } from "./list-types.ts";
import { deskRoute, formatRoute, goTo, hrefWith } from "./route.ts";

/** What a line is called. */
export const lineName = (line: ListLine, words: Words): string =>
  line.title ?? line.customer?.name ?? line.other?.name ?? words.kinds[line.kind];

/** What can be done with a conversation from the list. What is one's own there needs to be in it. */
export function lineMenu(desk: Desk, line: Pick<ListLine, "stream" | "settings" | "kind">): MenuItem[] {
  const { ui } = desk;
  const { act, reading } = deskWords[ui.language.words.value.locale];
  const { stream, kind } = line;
  const open = deskRoute();
  const items: MenuItem[] = [];
  if (isIn(ui, stream)) items.push(...ownItems(desk, line));
  else if (kind === "support" && mayJoin(ui))
    items.push({
      kind: "action",
      icon: "plus",
      label: reading.join,
      run: () => void runCommand(ui, "member.join", stream, {}),
    });
  if (kind === "support" && mayAssign(ui, stream))
    items.push({ kind: "action", icon: "people", label: act.assign, run: () => openAssign(desk, stream) });
  items.push({ kind: "action", icon: "copy", label: act.copyLink, run: () => void copyLink(desk, stream) });
  if (open.stream !== undefined && open.stream !== stream)
    items.push({
      kind: "action",
      icon: "forward",
      label: act.split,
      run: () => goTo(hrefWith({ beside: stream })),
    });
  return items;
}

function ownItems({ ui }: Desk, { stream, settings }: Pick<ListLine, "stream" | "settings">): MenuItem[] {
  const { act } = deskWords[ui.language.words.value.locale];
  return [
    {
      kind: "action",
      icon: "pin",
      label: settings.pinned ? act.unpin : act.pin,
      run: () => void toggle(ui, stream, "pinned"),
    },
    {
      kind: "action",
      icon: "bell",
      label: settings.muted ? act.unmute : act.mute,
      run: () => void toggle(ui, stream, "muted"),
    },
    {
      kind: "action",
      icon: "check",
      label: settings.archived ? act.unarchive : act.archive,
      run: () => void archiveOrBack(ui, stream),
    },
  ];
}

async function copyLink(desk: Desk, stream: string): Promise<void> {
  const { act } = deskWords[desk.ui.language.words.value.locale];
  const href = formatRoute({ page: "desk", view: undefined, filters: {}, stream, side: "chat", beside: undefined });
  try {
    await navigator.clipboard.writeText(`${location.origin}${location.pathname}${href}`);
    toast(desk.ui, act.copied);
  } catch {
    // The browser refused; the address bar has the same.
  }
}
