import type { Seq } from "@aftercare/protocol";
import { type ConversationState, messageAt } from "@aftercare/sdk";
import { useEffect } from "preact/hooks";
import { useUi, useWords } from "./context.tsx";
import type { NameOf } from "./names.ts";
import css from "./quote.module.css";
import { goTo, lineOf, type Talk } from "./talk.ts";

/** The message that another one answers; a click shows it. */
export function Quote(props: { talk: Talk; state: ConversationState; seq: Seq; nameOf: NameOf }) {
  const { talk, state, seq, nameOf } = props;
  const ui = useUi();
  const words = useWords();
  const message = messageAt(state, seq);
  useEffect(() => {
    if (!message) talk.handle.need([seq]);
  }, [talk, seq, message]);
  const name = message ? nameOf(message.by) : "";
  const text = message
    ? message.fold?.recalled
      ? words.timeline.quoteRecalled
      : lineOf(message, words)
    : words.timeline.quoteGone;
  return (
    <button
      type="button"
      class={css.quote}
      title={message && words.timeline.showQuoted(name)}
      onClick={() => void goTo(ui, talk, seq)}
    >
      {name && <span class={css.name}>{name}</span>}
      <span class={css.line}>{text}</span>
    </button>
  );
}
