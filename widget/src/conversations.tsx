import type { InboxLine } from "@aftercare/sdk";
import {
  AnyIcon,
  control,
  lineOf,
  noticeText,
  speakNames,
  useClient,
  useFormat,
  useMe,
  useNow,
  useObservable,
  useWords,
} from "@aftercare/ui";
import { useLayoutEffect } from "preact/hooks";
import css from "./conversations.module.css";
import { listed } from "./header.tsx";
import { lineNames } from "./line-name.ts";
import { isOver } from "./lines.ts";
import { listWords } from "./list-words.ts";
import { hrefOf } from "./route.ts";

/** The customer's conversations: those that go on, newest first, then those that are over; and a way to begin another. */
export function Conversations() {
  const { lines } = useObservable(useClient().inbox);
  const all = useWords();
  const words = listWords[all.locale];
  const format = useFormat();
  const me = useMe();
  const now = useNow(60_000);
  const support = lines.filter(({ entry }) => entry.kind === "support");
  const names = lineNames(support, me, {
    words: (message) => lineOf(message, all),
    began: ({ state, lastAt }) => words.started(format.dateTime(state?.meta.createdAt ?? lastAt, now)),
  });
  const named = support.map((line, place) => ({ line, name: names[place] ?? "" }));
  const going = named.filter(({ line }) => !isOver(line));
  const over = named.filter(({ line }) => isOver(line));
  useLayoutEffect(() => {
    listed.value = true;
    return () => {
      listed.value = false;
    };
  }, []);
  return (
    <main class={css.list} data-testid="conversations" aria-busy={support.some(({ state }) => !state)}>
      <h2>{words.title}</h2>
      <a class={`${control.primary} ${css.start}`} href={hrefOf("new")} data-testid="new-conversation">
        <AnyIcon name="plus" /> {words.start}
      </a>
      <Lines lines={going} />
      {over.length > 0 && (
        <>
          <h3>{words.closed}</h3>
          <Lines lines={over} />
        </>
      )}
    </main>
  );
}

type Named = { line: InboxLine; name: string };

function Lines(props: { lines: readonly Named[] }) {
  return (
    <ul>
      {props.lines.map(({ line, name }) => (
        <li key={line.entry.stream}>
          <Line line={line} name={name} />
        </li>
      ))}
    </ul>
  );
}

function Line({ line, name }: Named) {
  const words = useWords();
  const format = useFormat();
  const now = useNow(60_000);
  const { stream } = line.entry;
  const unread = line.unread.more ? `${format.number(line.unread.count)}+` : format.number(line.unread.count);
  return (
    <a class={css.line} href={hrefOf(stream)} data-testid="conversation" data-stream={stream}>
      <span class={css.face} aria-hidden="true">
        <AnyIcon name="chat" />
      </span>
      <span class={css.text}>
        <span class={css.row}>
          <b>{name}</b>
          {line.lastAt > 0 && <time>{format.brief(line.lastAt, now)}</time>}
        </span>
        <span class={css.row}>
          <Preview line={line} now={now} />
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

function Preview(props: { line: InboxLine; now: number }) {
  const { draft, last, state } = props.line;
  const me = useMe();
  const words = useWords();
  const format = useFormat();
  const written = draft?.text.trim();
  if (written)
    return (
      <span class={css.preview}>
        <i>{words.list.draft}</i> {written}
      </span>
    );
  if (!last || !state) return <span class={css.preview}>{words.list.noMessages}</span>;
  const nameOf = speakNames(state, me, words);
  let text = noticeText(last, words, format, nameOf, props.now) ?? "";
  if (text === "" && last.type === "message.sent") {
    text = lineOf(last, words);
    if (!last.fold?.recalled) text = words.list.said(nameOf(last.by), text);
  }
  return <span class={css.preview}>{text}</span>;
}
