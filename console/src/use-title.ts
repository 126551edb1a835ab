import type { InboxLine } from "@aftercare/sdk";
import { useObservable, useUi } from "@aftercare/ui";
import { useEffect } from "preact/hooks";
import type { Desk } from "./desk.ts";
import { placeOf } from "./mentions.ts";

/** The number of conversations with something unread, or with a call in their notes, in the title of the tab. */
export function useTitle(desk: Desk): void {
  const ui = useUi();
  const { lines } = useObservable(ui.client.inbox);
  const words = ui.language.words.value;
  const { badge } = desk.prefs.value;
  const called = new Set(desk.mentions.value?.map((one) => placeOf(one).stream));
  const isNews = ({ entry, unread }: InboxLine) =>
    (unread.count > 0 || called.has(entry.stream)) && !entry.settings.muted;
  const unread = badge ? lines.filter(isNews).length : 0;
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${words.console.title}` : words.console.title;
  }, [unread, words]);
}
