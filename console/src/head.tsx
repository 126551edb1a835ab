import { type ConversationState, can, type StreamId, type StreamView } from "@aftercare/sdk";
import {
  AnyIcon,
  Avatar,
  control,
  openMenu,
  type Talk,
  titleOf,
  useFormat,
  useMe,
  useUi,
  useWords,
} from "@aftercare/ui";
import { closeOrReopen, settingsOf, toggleDetails } from "./acts.ts";
import css from "./conversation.module.css";
import { useDesk, useDeskWords } from "./desk.ts";
import { DeskIcon } from "./icons.tsx";
import { lineMenu } from "./line-menu.ts";
import { otherOf } from "./line-people.ts";
import { useMedia, wideWidth } from "./media.ts";
import { goTo, hrefWith } from "./route.ts";

/** Who it is with, who else looks on, and what can be done. */
export function Head(props: { talk: Talk; view: StreamView; place: "first" | "second" }) {
  const { talk, view, place } = props;
  const desk = useDesk();
  const me = useMe();
  const words = useDeskWords();
  const plain = useWords();
  const wide = useMedia(wideWidth);
  const { state } = view;
  const title = state ? titleOf(state, me, plain) : plain.common.loading;
  const other = otherOf(state, me?.account);
  const online = other !== undefined && view.present.includes(other);
  const details = wide ? desk.panes.value.details : desk.layer.value === "details";
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
      <Avatar id={other ?? talk.stream} name={title} size={36} online={online} />
      <div class={css.heading}>
        <Title class={css.title}>{title}</Title>
        {state && (
          <p data-testid="presence" data-online={online}>
            {other
              ? online
                ? plain.presence.online
                : plain.presence.offline
              : plain.presence.members(Object.keys(state.members).length)}
            <Viewing view={view} other={other} />
          </p>
        )}
      </div>
      {place === "first" && state?.meta.kind === "support" && <Duty state={state} />}
      <MoreButton stream={talk.stream} first={place === "first"} state={state} />
      {place === "first" ? (
        <button
          type="button"
          class={control.icon}
          aria-label={plain.console.info}
          title={plain.console.info}
          aria-expanded={details}
          onClick={() => toggleDetails(desk, wide)}
        >
          <DeskIcon name="panel" size={20} />
        </button>
      ) : (
        <button
          type="button"
          class={control.icon}
          aria-label={words.act.unsplit}
          title={words.act.unsplit}
          onClick={() => goTo(hrefWith({ beside: undefined }))}
        >
          <AnyIcon name="close" />
        </button>
      )}
    </header>
  );
}

/** Colleagues who have the conversation open, so that two do not answer at once. */
function Viewing(props: { view: StreamView; other: string | undefined }) {
  const { view, other } = props;
  const words = useDeskWords();
  const format = useFormat();
  const names = view.present
    .filter((account) => account !== other)
    .map((account) => view.state?.members[account]?.name)
    .filter((name) => name !== undefined);
  if (names.length === 0) return null;
  const text = words.panel.viewing(format.list(names));
  return (
    <span class={css.viewing} title={text}>
      {" · "}
      {text}
    </span>
  );
}

/** Who answers it, and whether it is done: said and changed in one place. */
function Duty(props: { state: ConversationState }) {
  const { state } = props;
  const desk = useDesk();
  const ui = useUi();
  const me = useMe();
  const words = useDeskWords();
  const own = me && state.members[me.account];
  const may = (permission: "assign" | "close") => own !== undefined && can(state.meta.kind, own.role, permission);
  const { assignee, closed } = state.meta;
  const name = assignee === undefined ? undefined : state.members[assignee]?.name;
  const label = name === undefined ? words.act.nobody : words.act.assigned(name);
  return (
    <>
      {may("assign") && (
        <button
          type="button"
          class={css.duty}
          title={label}
          data-testid="assignee"
          aria-haspopup="dialog"
          onClick={() => {
            desk.layer.value = "assign";
          }}
        >
          {assignee === undefined ? <DeskIcon name="assign" /> : <Avatar id={assignee} name={name ?? "?"} size={22} />}
          <span>
            <span class={control.hidden}>{words.act.assign}: </span>
            {name ?? words.act.nobody}
          </span>
        </button>
      )}
      {may("close") && (
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
            ...lineMenu(desk, { stream: props.stream, settings: settingsOf(ui, props.stream) }),
            ...(state?.meta.kind === "support"
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
