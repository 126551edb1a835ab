import {
  type ConversationState,
  mayInspect,
  notesOf,
  type Seq,
  type StreamId,
  type StreamView,
  unreadOf,
} from "@aftercare/sdk";
import {
  AnnouncementBar,
  Composer,
  control,
  ForwardDialog,
  Icon,
  inspectorWords,
  laterView,
  type MenuItem,
  PinBar,
  PinList,
  type Talk,
  Timeline,
  Typing,
  useMe,
  useObservable,
  useTalk,
  useWords,
} from "@aftercare/ui";
import { useEffect, useRef, useState } from "preact/hooks";
import { focusComposer } from "./acts.ts";
import { Assist } from "./assist.tsx";
import { Closed } from "./closed.tsx";
import css from "./conversation.module.css";
import { useDesk, useDeskWords } from "./desk.ts";
import { Head } from "./head.tsx";
import { otherOf } from "./line-people.ts";
import { useOpeningMark } from "./marks.ts";
import { Panel } from "./panel.tsx";
import { Reading, useReading } from "./reading.tsx";
import { go, hrefOf, type Side } from "./route.ts";
import { useLooking, useNames, useNotes } from "./viewers.tsx";

const Inspector = laterView(() => import("./inspector.tsx").then((found) => found.Inspector));
const JumpToDate = laterView(() => import("./jump-date.tsx").then((found) => found.JumpToDate));

type Place = { stream: StreamId; seq: Seq };
type Opened = "pins" | { forward: Place } | { inspect: Place };

/** One conversation: what the customer sees on one side, what only colleagues see on the other. */
export function Conversation(props: {
  stream: StreamId;
  side: Side;
  place: "first" | "second";
  details: boolean;
  /** The details lie over it. */
  covered?: boolean;
}) {
  const { stream, place } = props;
  const talk = useTalk(stream);
  const view = useObservable(talk.handle.view);
  const desk = useDesk();
  const [opened, open] = useState<Opened>();
  // The second conversation has no address of its own for its side.
  const [ownSide, setSide] = useState<Side>("chat");
  const side = place === "first" ? props.side : ownSide;
  const support = view.state?.meta.kind === "support";
  // Before it is known what the conversation is, the address tells where one writes: a note must not begin as a reply.
  const inNotes = side === "notes" && (support || (!view.state && view.status !== "gone"));
  const { notes, view: notesView } = useNotes(stream, support);
  useLooking(notes, notesView?.status === "live");
  const reading = useReading(view);
  const more = useInspectItem(view, (spot) => open({ inspect: spot }));
  const forward = (from: StreamId) => (reading ? undefined : (seq: Seq) => open({ forward: { stream: from, seq } }));
  useOpeningMark(stream, view.state !== undefined);
  return (
    <>
      <section
        class={css.middle}
        inert={props.covered && view.state !== undefined}
        data-place={place}
        data-tour={place === "first" ? "timeline" : undefined}
      >
        <Head talk={talk} view={view} notes={notesView} place={place} />
        {support && (
          <Sides stream={stream} side={side} notes={notesView?.state} choose={place === "second" && setSide} />
        )}
        <Announce side={side} support={support} />
        {inNotes ? (
          <Notes
            first={place === "first"}
            conversation={stream}
            about={view.state}
            reading={reading}
            onForward={forward(notesOf(stream))}
            more={more?.(notesOf(stream))}
          />
        ) : (
          <Chat
            first={place === "first"}
            talk={talk}
            view={view}
            reading={reading}
            openPins={() => open("pins")}
            onForward={forward(stream)}
            more={more?.(stream)}
          />
        )}
      </section>
      {props.details && view.state && (
        <Panel talk={talk} view={view} state={view.state} openPins={() => open("pins")} onLeft={() => go(undefined)} />
      )}
      {opened && <Window opened={opened} talk={talk} view={view} close={() => open(undefined)} />}
      {place === "first" && desk.layer.value === "date" && <JumpToDate talk={talk} />}
    </>
  );
}

function Window(props: { opened: Opened; talk: Talk; view: StreamView; close: () => void }) {
  const { opened, close } = props;
  if (opened === "pins") return <PinList talk={props.talk} view={props.view} close={close} />;
  if ("forward" in opened) return <ForwardDialog from={opened.forward} close={close} />;
  return <Inspector {...opened.inspect} close={close} />;
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

/** Two sides that are never mistaken for each other: another colour, a lock, other words on the button. */
function Sides(props: {
  stream: StreamId;
  side: Side;
  notes: ConversationState | undefined;
  choose: ((side: Side) => void) | false;
}) {
  const words = useWords();
  const me = useMe()?.account;
  const { notes } = props;
  // Who reads by right has no place in them that could be told.
  const fresh = props.side === "chat" && me && notes?.members[me] ? unreadOf(notes, me).count : 0;
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
          {...(side === "notes" && !props.choose && { "data-tour": "notes" })}
          onClick={(event) => {
            if (!props.choose) return focusComposer();
            event.preventDefault();
            props.choose(side);
          }}
        >
          <Icon name={icon} size={15} /> {label}
          {side === "notes" && fresh > 0 && (
            <span class={css.fresh} data-testid="notes-unread">
              <span class={control.hidden}>{words.list.unread(String(fresh))}</span>
            </span>
          )}
        </a>
      ))}
    </nav>
  );
}

/** Says aloud to whom one writes now, when that changes. */
function Announce(props: { side: Side; support: boolean }) {
  const words = useDeskWords();
  const before = useRef(props.side);
  const [text, say] = useState("");
  // The words are said on a switch, not when the language changes
  useEffect(() => {
    if (before.current === props.side || !props.support) return;
    before.current = props.side;
    say(props.side === "notes" ? words.note.toNotes : words.note.toChat);
  }, [props.side]);
  return (
    <p class={control.hidden} role="status" data-testid="side-said">
      {text}
    </p>
  );
}

function Chat(props: {
  first: boolean;
  talk: Talk;
  view: StreamView;
  reading: boolean;
  openPins: () => void;
  onForward: ((seq: Seq) => void) | undefined;
  more: More | undefined;
}) {
  const { talk, view } = props;
  const me = useMe();
  const words = useWords();
  const desk = useDeskWords();
  const names = useNames();
  const { state } = view;
  const other = otherOf(state, me?.account);
  const name = other === undefined ? undefined : state?.members[other]?.name;
  const closed = state?.meta.closed && <Closed state={state} />;
  return (
    <>
      {state && view.status !== "gone" && <AnnouncementBar state={state} />}
      {view.status !== "gone" && <PinBar talk={talk} view={view} openList={props.openPins} />}
      <Timeline
        talk={talk}
        faces={state?.meta.kind !== "direct"}
        onForward={props.onForward}
        more={props.more}
        names={names}
        empty={{ title: words.timeline.empty, hint: words.timeline.emptyHint }}
      />
      <div class={css.typing}>
        <Typing view={view} />
      </div>
      {props.reading ? (
        <>
          {closed}
          <Reading stream={talk.stream} />
        </>
      ) : (
        <Composer
          talk={talk}
          autoFocus={props.first}
          above={
            closed ??
            (state?.meta.kind === "support" && (
              <p class={css.mode}>
                <Icon name="chat" size={14} />
                <b>{desk.note.chatMode}</b>
                {name && <span>{desk.note.leadChat(name)}</span>}
              </p>
            ))
          }
          assist={(field) => <Assist field={field} state={state} />}
        />
      )}
    </>
  );
}

function Notes(props: {
  first: boolean;
  conversation: StreamId;
  about: ConversationState | undefined;
  reading: boolean;
  onForward: ((seq: Seq) => void) | undefined;
  more: More | undefined;
}) {
  const talk = useTalk(notesOf(props.conversation));
  const names = useNames();
  const view = useObservable(talk.handle.view);
  const words = useWords();
  const desk = useDeskWords();
  return (
    <div class={css.notes} data-testid="notes">
      <p class={css.banner}>
        <Icon name="lock" size={15} /> {words.notes.banner}
      </p>
      <Timeline
        talk={talk}
        onForward={props.onForward}
        more={props.more}
        names={names}
        empty={{ title: words.notes.empty, hint: words.notes.emptyHint }}
      />
      <div class={css.typing}>
        <Typing view={view} />
      </div>
      {props.reading ? (
        <Reading stream={props.conversation} />
      ) : (
        <Composer
          talk={talk}
          note
          autoFocus={props.first}
          above={
            <p class={css.mode}>
              <Icon name="lock" size={14} />
              <b>{desk.note.mode}</b>
              <span>{desk.note.lead}</span>
            </p>
          }
          assist={(field) => <Assist field={field} state={view.state} about={props.about} />}
        />
      )}
    </div>
  );
}
