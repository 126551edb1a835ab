import { type InboxLine, messageAt } from "@aftercare/sdk";
import { deskWords, lineOf, lineTitle, useMe, useObservable, useUi } from "@aftercare/ui";
import { useEffect, useRef } from "preact/hooks";
import type { Desk } from "./desk.ts";
import { howToTell, News } from "./notices.ts";
import { deskRoute, go, route } from "./route.ts";

/** Calls somebody who looks elsewhere: a tone, a notice of the system. Only the tab that leads does. */
export function useNotices(desk: Desk): void {
  const ui = useUi();
  const me = useMe();
  const inbox = useObservable(ui.client.inbox);
  const heard = useRef(new News());
  useEffect(() => {
    if (inbox.status !== "live" || !me) return;
    const news = heard.current.take(inbox.lines, me.account);
    if (news.length === 0 || !ui.client.leader.value) return;
    const here = document.visibilityState === "visible" && document.hasFocus();
    const open = route.value.page === "desk" ? deskRoute().stream : undefined;
    const prefs = desk.prefs.value;
    const elsewhere = news.filter((line) => !here || line.entry.stream !== open);
    if (elsewhere.length === 0) return;
    const how = howToTell(prefs, desk.notices.permission(), new Date(ui.client.serverNow()), false);
    if (how.sound) desk.notices.tone(prefs.volume);
    if (!how.notice || here) return;
    const plain = ui.language.words.value;
    for (const line of elsewhere.slice(0, 3)) {
      const title = deskWords[plain.locale].notify.message(lineTitle(line, me, plain));
      const said = prefs.preview && line.last?.type === "message.sent" ? lineOf(line.last, plain) : "";
      const body = said.slice(0, 140);
      const { stream } = line.entry;
      desk.notices.show({ title, body, tag: stream, said: line.last, open: () => go(stream) });
    }
  }, [desk, inbox, me, ui]);
}

/** A notice goes when it was read anywhere, when its text holds no longer, and with the person or the page it was for. */
export function useSweep(desk: Desk): void {
  const { lines } = useObservable(useUi().client.inbox);
  useEffect(() => {
    desk.notices.sweep?.(({ tag, said }) =>
      isOver(
        lines.find(({ entry }) => entry.stream === tag),
        said,
      ),
    );
  }, [desk, lines]);
  useEffect(() => {
    const all = () => desk.notices.sweep?.(() => true);
    addEventListener("pagehide", all);
    return () => {
      removeEventListener("pagehide", all);
      all();
    };
  }, [desk]);
}

function isOver(line: InboxLine | undefined, said: InboxLine["last"]): boolean {
  if (!line || line.unread.count === 0) return true;
  const now = said && line.state && messageAt(line.state, said.seq);
  if (!now || said.type !== "message.sent") return false;
  return now.fold?.recalled !== undefined || now.fold?.editedAt !== said.fold?.editedAt;
}

/** The number of conversations with something unread in the title of the tab. */
export function useTitle(desk: Desk): void {
  const ui = useUi();
  const { lines } = useObservable(ui.client.inbox);
  const words = ui.language.words.value;
  const { badge } = desk.prefs.value;
  const unread = badge ? lines.filter((line) => line.unread.count > 0 && !line.entry.settings.muted).length : 0;
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${words.console.title}` : words.console.title;
  }, [unread, words]);
}
