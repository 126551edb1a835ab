import type { StreamId } from "@aftercare/protocol";
import { type ConversationState, type InboxLine, writerOf } from "@aftercare/sdk";
import { useEffect, useMemo } from "preact/hooks";
import { Avatar } from "./avatar.tsx";
import { useClient, useFormat, useMe, useWords } from "./context.tsx";
import control from "./control.module.css";
import css from "./conversation-list.module.css";
import { AnyIcon } from "./more-icons.tsx";
import { speakNames, titleOf } from "./names.ts";
import { noticeText } from "./notice.ts";
import { useNow } from "./now.ts";
import { useObservable } from "./observable.ts";
import { lineOf } from "./talk.ts";
import type { Words } from "./words/words.ts";

/** The conversations, newest first, as links: the address holds which one is open. */
export function ConversationList(props: {
  lines: readonly InboxLine[];
  open: StreamId | undefined;
  hrefOf: (stream: StreamId) => string;
}) {
  const words = useWords();
  const now = useNow(60_000);
  return (
    <nav class={css.list} aria-label={words.list.label}>
      <ul>
        {props.lines.map((line) => (
          <li key={line.entry.stream}>
            <Line
              line={line}
              now={now}
              open={line.entry.stream === props.open}
              href={props.hrefOf(line.entry.stream)}
            />
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** What a line of the list is called. */
export function lineTitle(line: InboxLine, me: ReturnType<typeof useMe>, words: Words): string {
  return line.title ?? (line.state ? titleOf(line.state, me, words) : words.kinds[line.entry.kind]);
}

function Line(props: { line: InboxLine; now: number; open: boolean; href: string }) {
  const { line, open } = props;
  const me = useMe();
  const words = useWords();
  const format = useFormat();
  const title = lineTitle(line, me, words);
  const online = usePresence(line, me?.account);
  const unread = line.unread.more ? `${format.number(line.unread.count)}+` : format.number(line.unread.count);
  return (
    <a
      class={css.line}
      href={props.href}
      aria-current={open ? "true" : undefined}
      data-testid="conversation"
      data-stream={line.entry.stream}
    >
      <Avatar id={faceOf(line, me?.account)} name={title} size={46} online={online} />
      <span class={css.text}>
        <span class={css.top}>
          <span class={css.title}>{title}</span>
          {online && <span class={control.hidden}>{words.list.online}</span>}
          {line.lastAt > 0 && <time class={css.time}>{format.brief(line.lastAt, props.now)}</time>}
        </span>
        <span class={css.bottom}>
          <Preview line={line} now={props.now} />
          {line.entry.settings.muted && <AnyIcon name="bell" size={14} />}
          {line.failed && (
            <span class={css.failed} title={words.list.failed}>
              <AnyIcon name="alert" size={18} />
              <span class={control.hidden}>{words.list.failed}</span>
            </span>
          )}
          {line.unread.count > 0 && (
            <span class={css.unread}>
              <span aria-hidden="true">{unread}</span>
              <span class={control.hidden}>{words.list.unread(unread)}</span>
            </span>
          )}
        </span>
      </span>
    </a>
  );
}

/** Whether the one it is about is there: the customer, or the other of two. */
function usePresence(line: InboxLine, me: string | undefined): boolean {
  const client = useClient();
  const { stream } = line.entry;
  const handle = useMemo(() => client.stream(stream), [client, stream]);
  useEffect(() => () => handle.close(), [handle]);
  const { present } = useObservable(handle.view);
  const { state } = line;
  const other = state?.meta.kind === "direct" ? otherOf(state, me) : state?.meta.customer;
  return other !== undefined && other !== me && present.includes(other);
}

const otherOf = (state: ConversationState, me: string | undefined): string | undefined =>
  Object.keys(state.members).find((account) => account !== me);

function faceOf(line: InboxLine, me: string | undefined): string {
  const { state } = line;
  if (state?.meta.customer) return state.meta.customer;
  if (state?.meta.kind === "direct") return otherOf(state, me) ?? state.stream;
  return line.entry.stream;
}

function Preview(props: { line: InboxLine; now: number }) {
  const { line, now } = props;
  const me = useMe();
  const words = useWords();
  const format = useFormat();
  const draft = line.draft?.text.trim();
  if (draft)
    return (
      <span class={css.preview}>
        <b class={css.draft}>{words.list.draft}</b> {draft}
      </span>
    );
  const { last, state } = line;
  if (!last || !state) return <span class={css.preview}>{words.list.noMessages}</span>;
  const nameOf = speakNames(state, me, words);
  const notice = noticeText(last, words, format, nameOf, now);
  const mine = writerOf(state.members, last.by) === me?.account;
  let text = notice ?? "";
  if (notice === undefined && last.type === "message.sent") {
    text = lineOf(last, words);
    const who = mine || state.meta.kind === "group" ? nameOf(last.by) : undefined;
    if (who && !last.fold?.recalled) text = words.list.said(who, text);
  }
  return <span class={css.preview}>{text}</span>;
}
