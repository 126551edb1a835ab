import { messageAt, type StreamView } from "@aftercare/sdk";
import type { ComponentChildren, RefObject } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import css from "./composer.module.css";
import { ComposerBox } from "./composer-box.tsx";
import { useFormat, useMe, useUi, useWords } from "./context.tsx";
import control from "./control.module.css";
import { Icon } from "./icons.tsx";
import { menus } from "./menu.tsx";
import { speakNames } from "./names.ts";
import { useNow } from "./now.ts";
import { useObservable } from "./observable.ts";
import { draftMode, lineOf, type Mode, type Talk, textBody } from "./talk.ts";

/** The text that is written, for what a page adds to it. */
export type ComposerField = {
  text: string;
  input: RefObject<HTMLTextAreaElement | null>;
  set: (text: string) => void;
};

type Props = {
  talk: Talk;
  note?: boolean;
  autoFocus?: boolean;
  /** What the page says above the text, and what it offers while one writes. */
  above?: ComponentChildren;
  assist?: (field: ComposerField) => ComponentChildren;
};

/** Writes into a stream: new messages, answers, edits; or says why one cannot. */
export function Composer(props: Props) {
  const view = useObservable(props.talk.handle.view);
  const me = useMe();
  const words = useWords();
  const format = useFormat();
  const now = useNow(5_000);
  if (view.status === "gone") return null;
  const member = me && view.state?.members[me.account];
  if (view.state && me && !member) return <Closed text={words.composer.gone} />;
  const until = member?.mutedUntil;
  if (until !== undefined && until > now) return <Closed text={words.composer.muted(format.dateTime(until, now))} />;
  return <Writer {...props} view={view} />;
}

function Closed(props: { text: string }) {
  return (
    <p class={css.closed} data-testid="composer-closed">
      <Icon name="lock" size={16} /> {props.text}
    </p>
  );
}

function Writer(props: Props & { view: StreamView }) {
  const { talk, view, note = false } = props;
  const ui = useUi();
  const words = useWords();
  const input = useRef<HTMLTextAreaElement>(null);
  const mode = talk.mode.value;
  const [text, setText] = useDraft(talk);
  const [edit, setEdit] = useState<{ mode: Mode; text: string }>();
  const editing = mode.kind === "edit";
  // There at once: a text that came a moment after the edit began would take the place of what was typed until then.
  const edited = edit?.mode === mode ? edit.text : editing ? mode.text : "";
  // At once, too: the menu has given the focus back to its button, and a key pressed there would be lost.
  useLayoutEffect(() => {
    if (mode.kind !== "write" && !mode.quiet) input.current?.focus();
  }, [mode]);
  // At once: a key that is pressed while one composer takes the place of another must not be lost.
  useLayoutEffect(() => {
    if (props.autoFocus && matchMedia("(hover: hover)").matches) input.current?.focus({ preventScroll: true });
  }, [talk, props.autoFocus]);
  const stop = () => {
    // An answer that was begun before the edit goes on after it.
    talk.mode.value = editing ? draftMode(talk) : { kind: "write" };
    if (mode.kind === "reply") talk.handle.setDraft(text);
  };
  const onText = (value: string) => {
    talk.handle.typing(value.trim() !== "");
    if (editing) setEdit({ mode, text: value });
    else setText(value, mode.kind === "reply" ? mode.seq : undefined);
  };
  const onSend = () => {
    talk.handle.typing(false);
    stop();
    const parts = textBody(editing ? edited : text, view.state);
    if (mode.kind === "edit") {
      const sent = ui.client.send("message.edit", talk.stream, { seq: mode.seq, parts });
      return menus.now.peek()?.editSent(ui, talk, sent, { ...mode, text: edited, quiet: true }, input);
    }
    const body = mode.kind === "reply" ? { parts, replyTo: mode.seq } : { parts };
    ui.client.send("message.send", talk.stream, body);
    setText("", undefined);
    input.current?.focus();
  };
  return (
    <ComposerBox
      text={editing ? edited : text}
      input={input}
      placeholder={note ? words.composer.notePlaceholder : words.composer.placeholder}
      label={note ? words.composer.noteLabel : words.composer.label}
      sendLabel={editing ? words.composer.saveEdit : note ? words.composer.saveNote : words.composer.send}
      wide={note || editing}
      above={
        <>
          {props.assist?.({ text: editing ? edited : text, input, set: onText })}
          {props.above}
          <About talk={talk} view={view} stop={stop} />
        </>
      }
      onText={onText}
      onSend={onSend}
      onEscape={stop}
      onUp={() => menus.now.peek()?.editLast(ui, talk, view)}
      onBlur={() => talk.handle.typing(false)}
    />
  );
}

/** The draft of the stream: what was typed here or on another device, kept on every key. */
function useDraft(talk: Talk): [string, (text: string, replyTo: number | undefined) => void] {
  const draft = useObservable(talk.handle.draft);
  const [text, setText] = useState(draft?.text ?? "");
  // What the draft said when it was last seen: a change from elsewhere is taken only if nothing was typed here since.
  const seen = useRef(draft?.text ?? "");
  const said = draft?.text ?? "";
  const replyTo = draft?.replyTo;
  // Only a change of the draft itself counts; before the next key, which would take its place
  useLayoutEffect(() => {
    if (said !== seen.current && text === seen.current) setText(said);
    if (said === "" || text === seen.current) seen.current = said;
    if (replyTo !== undefined && talk.mode.peek().kind === "write" && said !== "") talk.mode.value = draftMode(talk);
  }, [said, replyTo]);
  return [
    text,
    (value, answer) => {
      setText(value);
      seen.current = value;
      if (answer === undefined) talk.handle.setDraft(value);
      else talk.handle.setDraft(value, answer);
    },
  ];
}

/** Above the text: which message it answers or changes. */
function About(props: { talk: Talk; view: StreamView; stop: () => void }) {
  const { talk, view, stop } = props;
  const me = useMe();
  const words = useWords();
  const mode = talk.mode.value;
  const { state } = view;
  const nameOf = useMemo(() => state && speakNames(state, me, words), [state, me, words]);
  const message = state && mode.kind !== "write" ? messageAt(state, mode.seq) : undefined;
  const editing = mode.kind === "edit";
  // Taken back meanwhile: its words must not come back with the next Enter.
  const isLost = editing && message?.fold?.recalled !== undefined;
  useLayoutEffect(() => {
    if (isLost) stop();
  }, [isLost]);
  if (mode.kind === "write" || !nameOf) return null;
  const title = editing ? words.composer.editing : words.composer.replyingTo(message ? nameOf(message.by) : "");
  return (
    <div class={css.about}>
      <Icon name={editing ? "edit" : "reply"} size={18} />
      <div class={css.aboutText}>
        <div class={css.aboutTitle}>{title}</div>
        <div class={css.aboutLine}>{message ? lineOf(message, words) : ""}</div>
      </div>
      <button
        type="button"
        class={control.icon}
        aria-label={editing ? words.composer.stopEdit : words.composer.stopReply}
        onClick={stop}
      >
        <Icon name="close" size={18} />
      </button>
    </div>
  );
}
