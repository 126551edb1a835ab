import type { ConversationState } from "@aftercare/sdk";
import { Avatar } from "./avatar.tsx";
import { useFormat, useWords } from "./context.tsx";
import control from "./control.module.css";
import { DeliveryMark } from "./delivery.tsx";
import { Failure } from "./failed-bar.tsx";
import type { Format } from "./format.ts";
import { Icon } from "./icons.tsx";
import css from "./message.module.css";
import type { NameOf } from "./names.ts";
import { spoken } from "./notice.ts";
import { Quote } from "./quote.tsx";
import { Reactions } from "./reaction.tsx";
import { showParts } from "./rich-text.tsx";
import type { MessageRow } from "./rows.ts";
import type { Talk } from "./talk.ts";
import type { Words } from "./words/words.ts";

export type MessageProps = {
  row: MessageRow;
  talk: Talk;
  state: ConversationState;
  me: string | undefined;
  nameOf: NameOf;
  /** Names and pictures beside the messages of others. */
  faces: boolean;
  canReact: boolean;
  /** The one message that Tab reaches; arrows move it. */
  active: boolean;
  onMenu: (row: MessageRow, anchor: HTMLElement, point?: { x: number; y: number }) => void;
};

export function Message(props: MessageProps) {
  const { row, me, nameOf, active, onMenu } = props;
  const { message, mine } = row;
  const words = useWords();
  const format = useFormat();
  const name = nameOf(message.by);
  if (message.fold?.recalled) return <Recalled {...props} />;
  const classes = [css.message, mine ? css.mine : css.theirs, row.first && css.first, row.last && css.last];
  const label = words.timeline.message(name, format.time(message.at));
  return (
    <article
      class={classes.filter(Boolean).join(" ")}
      data-testid="message"
      data-key={row.key}
      data-seq={message.seq}
      data-status={mine ? row.status : undefined}
      data-answerable={props.canReact || undefined}
      tabIndex={active ? 0 : -1}
      aria-label={label}
      onContextMenu={(event) => {
        // Links keep the browser's own menu.
        if (event.target instanceof Element && event.target.closest("a")) return;
        event.preventDefault();
        onMenu(row, event.currentTarget, event.button === 2 ? { x: event.clientX, y: event.clientY } : undefined);
      }}
    >
      {props.faces && !mine && (
        <span class={css.face}>{row.last && <Avatar id={message.by} name={name} size={32} />}</span>
      )}
      <div class={css.column}>
        {bubble(props, name, words, format)}
        {message.fold?.reactions && Object.keys(message.fold.reactions).length > 0 && (
          <Reactions
            stream={props.talk.stream}
            seq={message.seq}
            reactions={message.fold.reactions}
            me={me}
            nameOf={nameOf}
            disabled={!props.canReact}
          />
        )}
        {row.status === "failed" && <Failure row={row} />}
      </div>
      <button
        type="button"
        class={`${control.icon} ${css.more}`}
        aria-label={words.actions.menu}
        aria-haspopup="menu"
        tabIndex={active ? 0 : -1}
        onClick={(event) => onMenu(row, event.currentTarget)}
      />
    </article>
  );
}

/** No component of its own: there are hundreds, and each costs when a page of them is drawn. */
function bubble(props: MessageProps, name: string, words: Words, format: Format) {
  const { row, talk, state, me, nameOf } = props;
  const { message, mine } = row;
  const { replyTo, forwarded, parts } = message.body;
  return (
    <div class={css.bubble}>
      {props.faces && !mine && row.first && <div class={css.name}>{name}</div>}
      {forwarded && (
        <div class={css.forwarded}>
          <Icon name="forward" size={14} /> {words.timeline.forwarded(forwarded.name)}
        </div>
      )}
      {replyTo !== undefined && <Quote talk={talk} state={state} seq={replyTo} nameOf={nameOf} />}
      <div class={css.content}>
        {showParts(spoken(parts, words), me)}
        <span class={css.meta}>
          {state.meta.pins.includes(message.seq) && (
            <span title={words.timeline.pinned}>
              <Icon name="pin" size={13} />
              <span class={control.hidden}>{words.timeline.pinned}</span>
            </span>
          )}
          {message.fold?.editedAt !== undefined && <span>{words.timeline.edited}</span>}
          <time dateTime={new Date(message.at).toISOString()}>{format.time(message.at)}</time>
          {mine && <DeliveryMark status={row.status} />}
        </span>
      </div>
    </div>
  );
}

/** What remains of a recalled message: that there was one. */
function Recalled(props: MessageProps) {
  const { row, active, nameOf } = props;
  const words = useWords();
  const by = row.message.fold?.recalled?.by ?? row.message.by;
  return (
    <article
      class={css.recalled}
      data-testid="message"
      data-key={row.key}
      data-seq={row.message.seq}
      data-recalled="true"
      tabIndex={active ? 0 : -1}
    >
      {by === props.me ? words.timeline.recalledByYou : words.timeline.recalledBy(nameOf(by))}
    </article>
  );
}
