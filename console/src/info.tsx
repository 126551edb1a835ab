import { type ConversationState, can, limits, type StreamView } from "@aftercare/sdk";
import {
  AnnouncementDialog,
  control,
  Dialog,
  Icon,
  Members,
  type Talk,
  useCommand,
  useMe,
  useWords,
} from "@aftercare/ui";
import { useState } from "preact/hooks";
import css from "./info.module.css";

/** Beside a conversation: its name, announcement, pins and members. */
export function Info(props: {
  talk: Talk;
  view: StreamView;
  state: ConversationState;
  close: () => void;
  openPins: () => void;
  onLeft: () => void;
}) {
  const { talk, view, state } = props;
  const me = useMe();
  const words = useWords();
  const [dialog, open] = useState<"rename" | "announce">();
  const own = me && state.members[me.account];
  const may = (permission: "rename" | "announce") => own !== undefined && can(state.meta.kind, own.role, permission);
  return (
    <section class={css.info} aria-label={words.console.info}>
      <header class={css.head}>
        <h2>{words.common.details}</h2>
        <button type="button" class={control.icon} aria-label={words.common.close} onClick={props.close}>
          <Icon name="close" />
        </button>
      </header>
      <div class={css.body}>
        {may("rename") && (
          <button type="button" class={css.action} onClick={() => open("rename")}>
            <Icon name="edit" /> {words.console.rename}
          </button>
        )}
        {may("announce") && (
          <button type="button" class={css.action} onClick={() => open("announce")}>
            <Icon name="megaphone" />
            {state.meta.announcement ? words.announcement.edit : words.announcement.write}
          </button>
        )}
        <button type="button" class={css.action} onClick={props.openPins}>
          <Icon name="pin" /> {words.pins.title}
          <span class={css.number}>{state.meta.pins.length}</span>
        </button>
        <h3>
          {words.members.title} <span class={css.number}>{Object.keys(state.members).length}</span>
        </h3>
        <Members stream={talk.stream} view={view} state={state} onLeft={props.onLeft} />
      </div>
      {dialog === "rename" && <Rename talk={talk} state={state} close={() => open(undefined)} />}
      {dialog === "announce" && <AnnouncementDialog stream={talk.stream} state={state} close={() => open(undefined)} />}
    </section>
  );
}

function Rename(props: { talk: Talk; state: ConversationState; close: () => void }) {
  const words = useWords();
  const run = useCommand();
  const [title, setTitle] = useState(props.state.meta.title ?? "");
  const save = async () => {
    if (await run("conversation.rename", props.talk.stream, { title: title.trim() })) props.close();
  };
  return (
    <Dialog
      title={words.console.rename}
      close={props.close}
      footer={
        <button type="button" class={control.primary} disabled={title.trim() === ""} onClick={() => void save()}>
          {words.common.save}
        </button>
      }
    >
      <label class={control.field}>
        {words.console.name}
        <input
          class={control.input}
          value={title}
          maxLength={limits.titleChars}
          onInput={(event) => setTitle(event.currentTarget.value)}
        />
      </label>
    </Dialog>
  );
}
