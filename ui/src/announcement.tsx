import { limits, type StreamId } from "@aftercare/protocol";
import type { ConversationState } from "@aftercare/sdk";
import { useMemo, useState } from "preact/hooks";
import css from "./announcement.module.css";
import { useCommand } from "./command.ts";
import { useFormat, useMe, useWords } from "./context.tsx";
import control from "./control.module.css";
import { Dialog } from "./dialog.tsx";
import { AnyIcon } from "./more-icons.tsx";
import { speakNames } from "./names.ts";
import { useNow } from "./now.ts";
import { showParts } from "./rich-text.tsx";

/** The announcement above the timeline: two lines, all of it after a click. */
export function AnnouncementBar(props: { state: ConversationState }) {
  const { state } = props;
  const [open, setOpen] = useState(false);
  const me = useMe();
  const words = useWords();
  const format = useFormat();
  const now = useNow();
  const { announcement } = state.meta;
  const parts = useMemo(() => [{ type: "text" as const, text: announcement?.text ?? "" }], [announcement?.text]);
  if (!announcement) return null;
  const by = words.announcement.by(
    speakNames(state, me, words)(announcement.by),
    format.dateTime(announcement.at, now),
  );
  return (
    <section class={css.bar} aria-label={words.announcement.title}>
      <AnyIcon name="megaphone" size={18} />
      <div class={css.inside}>
        <button type="button" class={css.head} aria-expanded={open} onClick={() => setOpen(!open)}>
          <b>{words.announcement.title}</b>
          <span>{by}</span>
        </button>
        <div class={open ? css.open : css.shut}>{showParts(parts, me?.account)}</div>
      </div>
    </section>
  );
}

export function AnnouncementDialog(props: { stream: StreamId; state: ConversationState; close: () => void }) {
  const { stream, state, close } = props;
  const before = state.meta.announcement?.text ?? "";
  const [text, setText] = useState(before);
  const run = useCommand();
  const words = useWords();
  const set = async (value: string | null) => {
    if (await run("conversation.announce", stream, { text: value })) close();
  };
  return (
    <Dialog
      title={before ? words.announcement.edit : words.announcement.write}
      close={close}
      footer={
        <>
          {before && (
            <button type="button" class={control.danger} onClick={() => void set(null)}>
              {words.announcement.remove}
            </button>
          )}
          <button type="button" class={control.primary} disabled={text.trim() === ""} onClick={() => void set(text)}>
            {words.common.save}
          </button>
        </>
      }
    >
      <label class={control.field}>
        {words.announcement.text}
        <textarea
          class={control.input}
          rows={5}
          maxLength={limits.announcementChars}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
    </Dialog>
  );
}
