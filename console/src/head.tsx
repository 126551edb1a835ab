import type { ConversationState, StreamId, StreamView } from "@aftercare/sdk";
import { AnyIcon, Avatar, control, openMenu, type Talk, titleOf, useMe, useUi, useWords } from "@aftercare/ui";
import { closeOrReopen, isIn, mayAssign, openAssign, settingsOf, toggleDetails } from "./acts.ts";
import { mayClose } from "./closed.tsx";
import css from "./conversation.module.css";
import { useDesk, useDeskWords } from "./desk.ts";
import { DeskIcon } from "./icons.tsx";
import { lineMenu } from "./line-menu.ts";
import { otherOf } from "./line-people.ts";
import { useMedia, wideWidth } from "./media.ts";
import { goTo, hrefWith } from "./route.ts";
import { useViewers, useViewersText, Viewers } from "./viewers.tsx";

/** Who it is with, who else looks on, and what can be done. */
export function Head(props: {
  talk: Talk;
  view: StreamView;
  notes: StreamView | undefined;
  place: "first" | "second";
}) {
  const { talk, view, place } = props;
  const me = useMe();
  const plain = useWords();
  const { state } = view;
  const viewers = useViewers(view, props.notes);
  const { writes } = useViewersText(viewers);
  // Below stands what became of it: here is the way back alone.
  const isGone = view.status === "gone";
  const title = state ? titleOf(state, me, plain) : isGone ? plain.timeline.gone : plain.common.loading;
  const other = otherOf(state, me?.account);
  const online = other !== undefined && view.present.includes(other);
  const there = other
    ? online
      ? plain.presence.online
      : plain.presence.offline
    : plain.presence.members(Object.keys(state?.members ?? {}).length);
  const Title = place === "first" ? "h1" : "h2";
  return (
    <header class={css.head}>
      {place === "first" && (
        <a
          class={`${control.icon} ${css.back}`}
          href={hrefWith({ stream: undefined, beside: undefined })}
          aria-label={plain.common.back}
        >
          <AnyIcon name="back" />
        </a>
      )}
      {!isGone && <Avatar id={other ?? talk.stream} name={title} size={36} online={online} />}
      <div class={css.heading}>
        <Title class={isGone ? control.hidden : css.title}>{title}</Title>
        {state && !isGone && (
          <p data-testid="presence" data-online={online}>
            <span class={writes ? control.hidden : undefined}>{there}</span>
            {writes && (
              <span class={css.viewing} data-testid="colleague-writes">
                {writes}
              </span>
            )}
          </p>
        )}
      </div>
      {state?.meta.kind === "support" && <Viewers viewers={viewers} present={props.notes?.present ?? []} />}
      {place === "first" && state?.meta.kind === "support" && <Duty state={state} />}
      {!isGone && <MoreButton stream={talk.stream} first={place === "first"} state={state} />}
      {(!isGone || place === "second") && <SideButton place={place} />}
    </header>
  );
}

/** Shows the details, or ends the second conversation. */
function SideButton(props: { place: "first" | "second" }) {
  const desk = useDesk();
  const words = useDeskWords();
  const { info } = useWords().console;
  const wide = useMedia(wideWidth);
  const details = wide ? desk.panes.value.details : desk.layer.value === "details";
  if (props.place === "first")
    return (
      <button
        type="button"
        class={control.icon}
        aria-label={info}
        title={info}
        aria-expanded={details}
        onClick={() => toggleDetails(desk, wide)}
      >
        <DeskIcon name="panel" size={20} />
      </button>
    );
  return (
    <button
      type="button"
      class={control.icon}
      aria-label={words.act.unsplit}
      title={words.act.unsplit}
      onClick={() => goTo(hrefWith({ beside: undefined }))}
    >
      <AnyIcon name="close" />
    </button>
  );
}

/** Who answers it, and whether it is done: said and changed in one place. */
function Duty(props: { state: ConversationState }) {
  const { state } = props;
  const desk = useDesk();
  const ui = useUi();
  const me = useMe();
  const words = useDeskWords();
  const { assignee, closed } = state.meta;
  const name = assignee === undefined ? undefined : state.members[assignee]?.name;
  const label = name === undefined ? words.act.nobody : words.act.assigned(name);
  return (
    <>
      {mayAssign(ui, state.stream) && (
        <button
          type="button"
          class={css.duty}
          title={label}
          data-testid="assignee"
          aria-haspopup="dialog"
          onClick={() => openAssign(desk, state.stream)}
        >
          {assignee === undefined ? <DeskIcon name="assign" /> : <Avatar id={assignee} name={name ?? "?"} size={22} />}
          <span>
            <span class={control.hidden}>{words.act.assign}: </span>
            {name ?? words.act.nobody}
          </span>
        </button>
      )}
      {mayClose(me, state) && (
        <button
          type="button"
          class={`${control.icon} ${css.roomy}`}
          data-testid="close-conversation"
          aria-label={closed ? words.act.reopen : words.act.close}
          title={closed ? words.act.reopen : words.act.close}
          onClick={() => void closeOrReopen(ui, state.stream)}
        >
          <DeskIcon name={closed ? "reopen" : "closed"} size={20} />
        </button>
      )}
    </>
  );
}

function MoreButton(props: { stream: StreamId; first: boolean; state: ConversationState | undefined }) {
  const { state } = props;
  const desk = useDesk();
  const ui = useUi();
  const words = useDeskWords();
  const label = words.panel.actions;
  return (
    <button
      type="button"
      class={control.icon}
      aria-haspopup="menu"
      aria-label={label}
      title={label}
      onClick={(event) =>
        openMenu(ui, {
          label,
          anchor: event.currentTarget,
          items: [
            ...lineMenu(desk, {
              stream: props.stream,
              settings: settingsOf(ui, props.stream),
              kind: state?.meta.kind ?? "support",
            }),
            ...(state?.meta.kind === "support" && isIn(ui, props.stream)
              ? ([
                  {
                    kind: "action",
                    icon: "check",
                    label: state.meta.closed ? words.act.reopen : words.act.close,
                    run: () => void closeOrReopen(ui, props.stream),
                  },
                ] as const)
              : []),
            ...(props.first
              ? ([
                  {
                    kind: "action",
                    icon: "clock",
                    label: words.act.jumpDate,
                    run: () => {
                      desk.layer.value = "date";
                    },
                  },
                ] as const)
              : []),
          ],
        })
      }
    >
      <AnyIcon name="more" />
    </button>
  );
}
