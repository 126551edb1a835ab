import { type InboxLine, type Mention, messageAt, notesOf } from "@aftercare/sdk";
import { deskWords, lineOf, lineTitle, useMe, useObservable, useUi } from "@aftercare/ui";
import { useEffect, useRef } from "preact/hooks";
import type { Desk } from "./desk.ts";
import { useList } from "./list.tsx";
import { placeOf } from "./mentions.ts";
import { Calls, howToTell, isQuietLine, News } from "./news.ts";
import { deskRoute, go, route, type Side } from "./route.ts";

/** What somebody said, and where. */
type Said = { line: InboxLine; side: Side; said: InboxLine["last"] };

/** Reads anew who called this account, whenever the lists say that something may have changed: on whatever page. */
function useMentions(desk: Desk): void {
  const { client } = useUi();
  const { state } = useList({ view: "mentions" });
  const counts = useObservable(desk.source.counts);
  const { status, lines } = state;
  // The list says where; a second call in the same place changes the counts alone, which are told anew
  useEffect(() => {
    let isOld = false;
    if (status !== "live") return;
    if (lines.length === 0 && !counts?.mentions?.count) desk.mentions.value = [];
    else
      void client.read({ type: "mentions" }).then((answer) => {
        if (!isOld && !("refusal" in answer)) desk.mentions.value = answer.mentions;
      });
    return () => {
      isOld = true;
    };
  }, [client, desk, status, lines, counts]);
}

/** Calls somebody who looks elsewhere: a tone, a notice of the system. Only the tab that leads does. */
export function useNotices(desk: Desk): void {
  const me = useMe();
  const inbox = useObservable(useUi().client.inbox);
  const heard = useRef(new News());
  const calls = useRef(new Calls());
  useMentions(desk);
  const mentions = desk.mentions.value;
  useEffect(() => {
    if (inbox.status !== "live" || !me) return;
    const news = heard.current.take(inbox.lines, me.account);
    tell(
      desk,
      news.map((line) => ({ line, side: "chat", said: line.last })),
    );
  }, [desk, inbox, me]);
  // Each answer of the server is heard once; the lines only say what their conversations are called
  useEffect(() => {
    if (!mentions) return;
    const news = calls.current.take(mentions).flatMap((one): Said[] => {
      const { stream, side } = placeOf(one);
      const line = inbox.lines.find(({ entry }) => entry.stream === stream);
      // What is said to the customer, or in a group, is told by its line.
      return side === "notes" && line && !isQuietLine(line.entry) ? [{ line, side, said: one.message }] : [];
    });
    tell(desk, news);
  }, [desk, mentions]);
}

function tell(desk: Desk, news: readonly Said[]): void {
  const { client, language } = desk.ui;
  const me = client.me.value;
  if (news.length === 0 || !client.leader.value || !me) return;
  const here = document.visibilityState === "visible" && document.hasFocus();
  const open = route.value.page === "desk" ? deskRoute() : undefined;
  const prefs = desk.prefs.value;
  const elsewhere = news.filter(
    ({ line, side }) => !here || line.entry.stream !== open?.stream || (side === "notes" && open.side !== side),
  );
  if (elsewhere.length === 0) return;
  const how = howToTell(prefs, desk.notices.permission(), new Date(client.serverNow()), false);
  if (how.sound) desk.notices.tone(prefs.volume);
  if (!how.notice || here) return;
  const plain = language.words.value;
  const words = deskWords[plain.locale];
  for (const { line, side, said } of elsewhere.slice(0, 3)) {
    const { stream } = line.entry;
    const name = lineTitle(line, me, plain);
    const title = side === "notes" ? `${words.list.mentioned} · ${name}` : words.notify.message(name);
    const body = prefs.preview && said?.type === "message.sent" ? lineOf(said, plain).slice(0, 140) : "";
    const tag = side === "notes" ? notesOf(stream) : stream;
    desk.notices.show({ title, body, tag, said, open: () => go(stream, side) });
  }
}

/** A notice goes when it was read anywhere, when its text holds no longer, and with the person or the page it was for. */
export function useSweep(desk: Desk): void {
  const { lines } = useObservable(useUi().client.inbox);
  const mentions = desk.mentions.value;
  useEffect(() => {
    desk.notices.sweep?.(({ tag, said }) => {
      const line = lines.find(({ entry }) => entry.stream === tag);
      const called = mentions?.find(({ message }) => message.stream === tag && message.seq === said?.seq);
      // A note has no line of its own: it is over when it is no call to be read any more.
      return called && !line ? !saysTheSame(called.message, said) : isOver(line, said);
    });
  }, [desk, lines, mentions]);
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
  return now !== undefined && !saysTheSame(now, said);
}

function saysTheSame(now: Mention["message"], said: InboxLine["last"]): boolean {
  if (now.type !== "message.sent" || said?.type !== "message.sent") return true;
  return now.fold?.recalled === undefined && now.fold?.editedAt === said.fold?.editedAt;
}
