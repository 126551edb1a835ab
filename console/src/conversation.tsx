import { mayInspect, notesOf, type Seq, type StreamId, type StreamView } from "@aftercare/sdk";
import {
  AnnouncementBar,
  Avatar,
  Composer,
  control,
  ForwardDialog,
  Icon,
  inspectorWords,
  type MenuItem,
  PinBar,
  PinList,
  type Talk,
  Timeline,
  Typing,
  titleOf,
  useMe,
  useObservable,
  useTalk,
  useWords,
} from "@aftercare/ui";
import { useState } from "preact/hooks";
import css from "./conversation.module.css";
import { Info } from "./info.tsx";
import { Inspector } from "./inspector.tsx";
import { go, hrefOf, type Side } from "./route.ts";

type Place = { stream: StreamId; seq: Seq };
type Opened = "pins" | "info" | { forward: Place } | { inspect: Place };

/** One conversation: what the customer sees on one side, what only colleagues see on the other. */
export function Conversation(props: { stream: StreamId; side: Side }) {
  const { stream, side } = props;
  const talk = useTalk(stream);
  const view = useObservable(talk.handle.view);
  const [opened, open] = useState<Opened>();
  const close = () => open(undefined);
  const support = view.state?.meta.kind === "support";
  const notes = support && side === "notes";
  const more = useInspectItem(view, (place) => open({ inspect: place }));
  const forward = (from: StreamId) => (seq: Seq) => open({ forward: { stream: from, seq } });
  return (
    <div class={css.conversation} data-info={opened === "info"}>
      <section class={css.middle}>
        <Head
          stream={stream}
          view={view}
          info={opened === "info"}
          toggleInfo={() => open(opened === "info" ? undefined : "info")}
        />
        {support && <Sides stream={stream} side={side} />}
        {notes ? (
          <Notes stream={notesOf(stream)} onForward={forward(notesOf(stream))} more={more?.(notesOf(stream))} />
        ) : (
          <Chat
            talk={talk}
            view={view}
            openPins={() => open("pins")}
            onForward={forward(stream)}
            more={more?.(stream)}
          />
        )}
      </section>
      {opened === "info" && view.state && (
        <Info
          talk={talk}
          view={view}
          state={view.state}
          close={close}
          openPins={() => open("pins")}
          onLeft={() => go(undefined)}
        />
      )}
      {opened === "pins" && <PinList talk={talk} view={view} close={close} />}
      {typeof opened === "object" && "forward" in opened && <ForwardDialog from={opened.forward} close={close} />}
      {typeof opened === "object" && "inspect" in opened && <Inspector {...opened.inspect} close={close} />}
    </div>
  );
}

type More = (seq: Seq) => MenuItem[];

/** The menu's way to the inspector, for those who may; by the stream it is for. */
function useInspectItem(view: StreamView, open: (place: Place) => void): ((stream: StreamId) => More) | undefined {
  const me = useMe();
  const { title } = inspectorWords[useWords().locale];
  const role = me && view.state?.members[me.account]?.role;
  const may = me && role && view.state && mayInspect(me, view.state.meta.kind, role);
  if (!may) return undefined;
  return (stream) => (seq) => [{ kind: "action", label: title, icon: "clock", run: () => open({ stream, seq }) }];
}

function Head(props: { stream: StreamId; view: StreamView; info: boolean; toggleInfo: () => void }) {
  const { stream, view } = props;
  const me = useMe();
  const words = useWords();
  const { state } = view;
  const title = state ? titleOf(state, me, words) : words.common.loading;
  const customer = state?.meta.customer;
  const other =
    state?.meta.kind === "direct" ? Object.keys(state.members).find((one) => one !== me?.account) : customer;
  const online = other !== undefined && view.present.includes(other);
  return (
    <header class={css.head}>
      <a class={`${control.icon} ${css.back}`} href="#/" aria-label={words.common.back}>
        <Icon name="back" />
      </a>
      <Avatar id={other ?? stream} name={title} size={40} online={online} />
      <div class={css.heading}>
        <h1>{title}</h1>
        {state && (
          <p data-testid="presence" data-online={online}>
            {other
              ? online
                ? words.presence.online
                : words.presence.offline
              : words.presence.members(Object.keys(state.members).length)}
          </p>
        )}
      </div>
      <button
        type="button"
        class={control.icon}
        aria-label={words.console.info}
        title={words.console.info}
        aria-expanded={props.info}
        onClick={props.toggleInfo}
      >
        <Icon name="people" />
      </button>
    </header>
  );
}

/** Two sides that are never mistaken for each other: another colour, a lock, other words on the button. */
function Sides(props: { stream: StreamId; side: Side }) {
  const words = useWords();
  const sides = [
    { side: "chat", label: words.notes.chat, icon: "chat" },
    { side: "notes", label: words.notes.notes, icon: "lock" },
  ] as const;
  return (
    <nav class={css.sides} aria-label={`${words.notes.chat} / ${words.notes.notes}`}>
      {sides.map(({ side, label, icon }) => (
        <a
          key={side}
          class={css.side}
          href={hrefOf(props.stream, side)}
          data-side={side}
          data-testid={`side-${side}`}
          aria-current={side === props.side ? "page" : undefined}
        >
          <Icon name={icon} size={16} /> {label}
        </a>
      ))}
    </nav>
  );
}

function Chat(props: {
  talk: Talk;
  view: StreamView;
  openPins: () => void;
  onForward: (seq: Seq) => void;
  more: More | undefined;
}) {
  const { talk, view } = props;
  const words = useWords();
  return (
    <>
      {view.state && view.status !== "gone" && <AnnouncementBar state={view.state} />}
      {view.status !== "gone" && <PinBar talk={talk} view={view} openList={props.openPins} />}
      <Timeline
        talk={talk}
        faces={view.state?.meta.kind !== "direct"}
        onForward={props.onForward}
        more={props.more}
        empty={{ title: words.timeline.empty, hint: words.timeline.emptyHint }}
      />
      <div class={css.typing}>
        <Typing view={view} />
      </div>
      <Composer talk={talk} autoFocus />
    </>
  );
}

function Notes(props: { stream: StreamId; onForward: (seq: Seq) => void; more: More | undefined }) {
  const talk = useTalk(props.stream);
  const view = useObservable(talk.handle.view);
  const words = useWords();
  return (
    <div class={css.notes} data-testid="notes">
      <p class={css.banner}>
        <Icon name="lock" size={16} /> {words.notes.banner}
      </p>
      <Timeline
        talk={talk}
        onForward={props.onForward}
        more={props.more}
        empty={{ title: words.notes.empty, hint: words.notes.emptyHint }}
      />
      <div class={css.typing}>
        <Typing view={view} />
      </div>
      <Composer talk={talk} note autoFocus />
    </div>
  );
}
