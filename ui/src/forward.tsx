import type { Seq, StreamId } from "@aftercare/protocol";
import { useState } from "preact/hooks";
import { Avatar } from "./avatar.tsx";
import { useCommand } from "./command.ts";
import { useMe, useUi, useWords } from "./context.tsx";
import control from "./control.module.css";
import { lineTitle } from "./conversation-list.tsx";
import { Dialog } from "./dialog.tsx";
import { onEnter } from "./enter.ts";
import { useObservable } from "./observable.ts";
import css from "./people.module.css";
import { toast } from "./toast.tsx";

/** Picks the conversation that a message is copied into. */
export function ForwardDialog(props: { from: { stream: StreamId; seq: Seq }; close: () => void }) {
  const { from, close } = props;
  const ui = useUi();
  const me = useMe();
  const words = useWords();
  const run = useCommand();
  const [filter, setFilter] = useState("");
  const inbox = useObservable(ui.client.inbox);
  const wanted = filter.trim().toLowerCase();
  const lines = inbox.lines
    .map((line) => ({ line, title: lineTitle(line, me, words) }))
    .filter(({ title }) => title.toLowerCase().includes(wanted));
  const forward = async (stream: StreamId) => {
    close();
    if (await run("message.forward", stream, { from })) toast(ui, words.forward.done);
  };
  return (
    <Dialog title={words.forward.title} close={close}>
      <input
        class={control.input}
        type="search"
        value={filter}
        placeholder={words.forward.search}
        aria-label={words.forward.search}
        onInput={(event) => setFilter(event.currentTarget.value)}
        onKeyDown={onEnter(() => wanted && lines[0] && void forward(lines[0].line.entry.stream))}
      />
      {lines.length === 0 && <p class={css.none}>{words.forward.none}</p>}
      <ul class={css.people}>
        {lines.map(({ line, title }) => (
          <li key={line.entry.stream}>
            <button type="button" class={css.person} onClick={() => void forward(line.entry.stream)}>
              <Avatar id={line.state?.meta.customer ?? line.entry.stream} name={title} size={36} />
              <span class={css.name}>
                <span>{title}</span>
                <span class={css.detail}>{words.kinds[line.entry.kind]}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
