import { deskWords, type MenuItem, toast, type Words } from "@aftercare/ui";
import { toggle } from "./acts.ts";
import type { Desk } from "./desk.ts";
import type { ListLine } from "./list-types.ts";
import { deskRoute, formatRoute, goTo, hrefWith } from "./route.ts";

/** What a line is called. */
export const lineName = (line: ListLine, words: Words): string =>
  line.title ?? line.customer?.name ?? line.other?.name ?? words.kinds[line.kind];

/** What can be done with a conversation from the list. */
export function lineMenu(desk: Desk, line: Pick<ListLine, "stream" | "settings">): MenuItem[] {
  const { ui } = desk;
  const { act } = deskWords[ui.language.words.value.locale];
  const { stream, settings } = line;
  const open = deskRoute();
  const items: MenuItem[] = [
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
      run: () => void toggle(ui, stream, "archived"),
    },
    { kind: "action", icon: "copy", label: act.copyLink, run: () => void copyLink(desk, stream) },
  ];
  if (open.stream !== undefined && open.stream !== stream)
    items.push({
      kind: "action",
      icon: "forward",
      label: act.split,
      run: () => goTo(hrefWith({ beside: stream })),
    });
  return items;
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
