import { messageAt, type StreamView } from "@aftercare/sdk";
import { useFormat, useMe, useUi, useWords } from "./context.tsx";
import { Dialog } from "./dialog.tsx";
import { Empty } from "./empty.tsx";
import { speakNames } from "./names.ts";
import { useNow } from "./now.ts";
import css from "./pin-list.module.css";
import { goTo, lineOf, type Talk } from "./talk.ts";

/** Every pinned message, newest first; a click shows one in the conversation. */
export function PinList(props: { talk: Talk; view: StreamView; close: () => void }) {
  const { talk, view, close } = props;
  const ui = useUi();
  const me = useMe();
  const words = useWords();
  const format = useFormat();
  const now = useNow();
  const { state } = view;
  const nameOf = state && speakNames(state, me, words);
  const pins = [...(state?.meta.pins ?? [])].reverse();
  return (
    <Dialog title={words.pins.title} close={close}>
      {pins.length === 0 && <Empty icon="pin" title={words.pins.empty} />}
      <ul class={css.list}>
        {pins.map((seq) => {
          const message = state && messageAt(state, seq);
          return (
            <li key={seq}>
              <button
                type="button"
                class={css.pin}
                onClick={() => {
                  close();
                  void goTo(ui, talk, seq);
                }}
              >
                <span class={css.who}>
                  <b>{message && nameOf ? nameOf(message.by) : words.common.loading}</b>
                  {message && <time>{format.brief(message.at, now)}</time>}
                </span>
                <span class={css.line}>{message ? lineOf(message, words) : ""}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}
