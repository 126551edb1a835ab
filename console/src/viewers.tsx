import {
  type AccountId,
  limits,
  notesOf,
  type Observable,
  type StreamHandle,
  type StreamId,
  type StreamView,
} from "@aftercare/sdk";
import { Avatar, control, useClient, useFormat, useObservable } from "@aftercare/ui";
import { useEffect, useMemo } from "preact/hooks";
import { useDesk, useDeskWords } from "./desk.ts";
import { DeskIcon } from "./icons.tsx";
import { phoneWidth, useMedia } from "./media.ts";
import css from "./viewers.module.css";

/** A colleague who has the conversation before the eyes, and what they write there. */
export type Viewer = { account: AccountId; name: string; writes: "reply" | "note" | undefined };

/** Said three times in the time that it holds: one lost word changes nothing. */
const againMs = limits.viewingTtlMs / 3;
const mostFaces = { wide: 3, narrow: 1 } as const;

const nothing: Observable<undefined> = { value: undefined, subscribe: () => () => {} };

/** The notes of a conversation that has some and is followed: what colleagues know of each other travels there. */
export function useNotes(
  stream: StreamId,
  has: boolean,
): { notes: StreamHandle | undefined; view: StreamView | undefined } {
  const client = useClient();
  const notes = useMemo(() => (has ? client.stream(notesOf(stream)) : undefined), [client, stream, has]);
  useEffect(() => () => notes?.close(), [notes]);
  return { notes, view: useObservable<StreamView | undefined>(notes?.view ?? nothing) };
}

/** Says that somebody looks at this page, as long as it is in sight. */
export function useLooking(notes: StreamHandle | undefined, live: boolean): void {
  useEffect(() => {
    if (!notes || !live) return;
    let timer: ReturnType<typeof setInterval> | undefined;
    const say = (on: boolean) => {
      clearInterval(timer);
      timer = on ? setInterval(() => notes.viewing(true), againMs) : undefined;
      notes.viewing(on);
    };
    const look = () => say(document.visibilityState === "visible");
    const leave = () => say(false);
    look();
    document.addEventListener("visibilitychange", look);
    addEventListener("pageshow", look);
    addEventListener("pagehide", leave);
    return () => {
      document.removeEventListener("visibilitychange", look);
      removeEventListener("pageshow", look);
      removeEventListener("pagehide", leave);
      leave();
    };
  }, [notes, live]);
}

/** Colleagues by account, also those who are in nothing that this page holds: read once, and again for somebody new. */
export function useNames(missing = ""): ReadonlyMap<AccountId, string> {
  const desk = useDesk();
  const client = useClient();
  const known = desk.names.value;
  const wanted = known.size === 0 ? "all" : missing;
  useEffect(() => {
    if (wanted === "") return;
    void client.read({ type: "people" }).then((answer) => {
      if (!("refusal" in answer)) desk.names.value = new Map(answer.people.map(({ account, name }) => [account, name]));
    });
  }, [client, desk, wanted]);
  return known;
}

/** Who looks at a conversation, those who write first. */
export function useViewers(chat: StreamView | undefined, notes: StreamView | undefined): readonly Viewer[] {
  const names = useDesk().names.value;
  const members = notes?.state?.members;
  const present = notes?.present ?? [];
  const writes = (account: AccountId) =>
    notes?.typing.includes(account) ? "note" : chat?.typing.includes(account) ? "reply" : undefined;
  // Who types is there, also where the word of it was lost.
  const typing = [...(notes?.typing ?? []), ...(chat?.typing ?? [])].filter((account) => members?.[account]);
  return [...new Set([...typing, ...present])].flatMap((account) => {
    const name = members?.[account]?.name ?? names.get(account);
    return name === undefined ? [] : [{ account, name, writes: writes(account) }];
  });
}

/** What a reader is told of them. */
export function useViewersText(viewers: readonly Viewer[]): { looks: string; writes: string } {
  const words = useDeskWords().viewers;
  const format = useFormat();
  if (viewers.length === 0) return { looks: "", writes: "" };
  const names = format.list(viewers.map(({ name }) => name));
  const [first] = viewers;
  const writes =
    first?.writes === "note" ? words.note(first.name) : first?.writes === "reply" ? words.reply(first.name) : "";
  return { looks: words.looking(names, viewers.length), writes };
}

/** The faces of the colleagues who look at the open conversation, and their names for who cannot see them. */
export function Viewers(props: { viewers: readonly Viewer[]; present: readonly AccountId[] }) {
  const { viewers } = props;
  const [first] = viewers;
  const format = useFormat();
  const missing = props.present.filter((account) => !viewers.some((one) => one.account === account));
  useNames(missing.join());
  const most = useMedia(phoneWidth) ? mostFaces.narrow : mostFaces.wide;
  const { looks } = useViewersText(viewers);
  const rest = viewers.length - most;
  return (
    <span
      class={css.viewers}
      title={looks || undefined}
      data-writes={first?.writes !== undefined}
      data-testid="viewers"
    >
      {first && <DeskIcon name="eye" size={16} />}
      {viewers.slice(0, most).map(({ account, name, writes }) => (
        <span key={account} class={css.face} data-writes={writes !== undefined}>
          <Avatar id={account} name={name} size={26} />
        </span>
      ))}
      {first && (
        <span class={css.name} aria-hidden="true">
          {format.list(viewers.slice(0, most).map(({ name }) => name))}
        </span>
      )}
      {rest > 0 && (
        <span class={css.more} aria-hidden="true">
          +{format.number(rest)}
        </span>
      )}
      <span class={control.hidden} role="status">
        {looks}
      </span>
    </span>
  );
}
