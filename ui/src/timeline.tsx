import type { AccountId, Seq } from "@aftercare/protocol";
import type { StreamView } from "@aftercare/sdk";
import { useMemo, useRef, useState } from "preact/hooks";
import { type Ui, useFormat, useMe, useUi, useWords } from "./context.tsx";
import control from "./control.module.css";
import { useDrawn } from "./drawn.ts";
import { FailedBar } from "./failed-bar.tsx";
import { Icon } from "./icons.tsx";
import { laterView } from "./later.tsx";
import { type MenuItem, openMenu } from "./menu.tsx";
import { Message, type MessageProps } from "./message.tsx";
import { speakNames } from "./names.ts";
import { noticeText } from "./notice.ts";
import { useNow } from "./now.ts";
import { useObservable } from "./observable.ts";
import { reachOf } from "./reach.ts";
import { type MessageRow, type Row, rowsOf } from "./rows.ts";
import { type Stick, useStick } from "./stick.ts";
import { lineOf, type Talk } from "./talk.ts";
import css from "./timeline.module.css";
import {
  useArrowKeys,
  useNewMessages,
  useOlder,
  useReadMarks,
  useTarget,
  useTouch,
  useUnread,
} from "./timeline-hooks.ts";

const Empty = laterView(() => import("./empty.tsx").then((found) => found.Empty));

export type TimelineProps = {
  talk: Talk;
  /** Names and pictures beside the messages of others; not needed where two talk. */
  faces?: boolean;
  onForward?: ((seq: Seq) => void) | undefined;
  /** What else the menu of a message offers. */
  more?: ((seq: Seq) => MenuItem[]) | undefined;
  /** Names of people who act here without being in it. */
  names?: ReadonlyMap<AccountId, string>;
  empty?: { title: string; hint: string };
};

export function Timeline(props: TimelineProps) {
  const view = useObservable(props.talk.handle.view);
  const words = useWords();
  return (
    <>
      {view.state ? (
        <Rows {...props} view={view} />
      ) : view.status === "gone" ? (
        <Empty icon="lock" title={words.timeline.gone} hint={words.timeline.goneHint} />
      ) : (
        <Skeleton label={words.common.loading} />
      )}
      <FailedBar view={view} rowless />
    </>
  );
}

/** The shape of messages, while there are none to show. */
export function Skeleton(props: { label: string }) {
  return (
    <div class={css.center} aria-busy="true">
      <div class={css.skeleton} aria-hidden="true">
        {[62, 40, 54, 30].map((width) => (
          <span key={width} style={{ width: `${width}%` }} />
        ))}
      </div>
      <p class={control.hidden} role="status">
        {props.label}
      </p>
    </div>
  );
}

function Rows(props: TimelineProps & { view: StreamView }) {
  const { talk, view } = props;
  const me = useMe();
  const words = useWords();
  const { client } = useUi();
  const online = useObservable(client.connection).state === "online";
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const unread = useUnread(view, me?.account);
  // Typing and presence change the view, not the rows
  const rows = useMemo(
    () => rowsOf(view, me?.account, unread),
    [view.state, view.pending, view.confirmed, view.newer, me?.account, unread],
  );
  const live = view.newer === "none";
  const line = rows.find((row) => row.type === "unread");
  const { drawn, whole } = useDrawn(rows, talk.target.value?.seq ?? line?.seq);
  const stick = useStick(scroller, content, drawn, live);
  useOlder(scroller, talk, view, whole);
  useReadMarks(scroller, content, talk, view, stick);
  useTarget(content, talk, stick);
  useArrowKeys(content);
  useTouch(content, talk);
  const fresh = useNewMessages(rows, scroller, stick, live, unread, (row) => lineOf(row.message, words));
  const empty = rows.every((row) => row.type !== "message");
  return (
    <div class={css.frame}>
      <div ref={scroller} class={css.scroller} data-testid="timeline">
        <div ref={content} class={css.content} role="log" aria-live="off" aria-label={words.timeline.label}>
          <Top view={view} />
          <List {...props} rows={drawn} />
          {empty && props.empty && <Empty icon="chat" title={props.empty.title} hint={props.empty.hint} />}
        </div>
      </div>
      {view.status === "filling" && online && (
        <p class={css.filling} role="status">
          {words.timeline.filling}
        </p>
      )}
      <JumpButton talk={talk} stick={stick} count={fresh.count} />
      <div class={control.hidden} role="status" aria-live="polite">
        {fresh.spoken}
      </div>
    </div>
  );
}

function Top(props: { view: StreamView }) {
  const words = useWords();
  if (props.view.older === "none") return null;
  return (
    <div class={css.older} role="status">
      {props.view.older === "reading" && (
        <>
          <span class={control.spinner} />
          <span class={control.hidden}>{words.timeline.older}</span>
        </>
      )}
    </div>
  );
}

function JumpButton(props: { talk: Talk; stick: Stick; count: number }) {
  const { stick, count } = props;
  const words = useWords();
  if (stick.atBottom.value) return null;
  const label = count > 0 ? words.timeline.jumpCount(count) : words.timeline.jump;
  const jump = () => {
    props.talk.handle.latest();
    stick.toBottom();
  };
  return (
    <button type="button" class={css.jump} aria-label={label} title={label} onClick={jump}>
      <Icon name="down" />
      {count > 0 && <span class={css.badge}>{count}</span>}
    </button>
  );
}

/** What a row was given, and all it was made from. The same is given again: then its view is not drawn again. */
type Drawn = { says: readonly unknown[]; props: MessageProps };

type Latest = { current: TimelineProps & { view: StreamView } };

/** Made outside of the drawing: a row that stays must not hold on to the drawing it came from. */
const menuOf = (ui: Ui, latest: Latest) => (row: MessageRow, anchor: HTMLElement, point?: { x: number; y: number }) =>
  openMenu(ui, {
    label: ui.language.words.value.actions.menu,
    anchor,
    point,
    items: (menus) => {
      const { talk, view, onForward, more } = latest.current;
      return view.state ? menus.messageMenu(ui, talk, view.state, row, onForward, more) : [];
    },
  });

/** The rows, each drawn again only when something about it changed. */
function List(props: TimelineProps & { view: StreamView; rows: readonly Row[] }) {
  const { talk, view, rows, names, faces = true } = props;
  const { state } = view;
  const ui = useUi();
  const me = useMe();
  const words = useWords();
  const format = useFormat();
  const now = useNow(60_000);
  const [activeKey, setActive] = useState<string>();
  const lastMessage = rows.findLast((row) => row.type === "message")?.key;
  const active = rows.some((row) => row.key === activeKey) ? activeKey : lastMessage;
  const latest = useRef(props);
  latest.current = props;
  const onMenu = useMemo(() => menuOf(ui, latest), [ui]);
  const before = useRef(new Map<string, Drawn>());
  const nodes = useMemo(() => {
    if (!state) return null;
    const nameOf = speakNames(state, me, words, names);
    const kept = new Map<string, Drawn>();
    const draw = (row: Row) => {
      if (row.type === "day") return <Day key={row.key} at={row.at} now={now} />;
      if (row.type === "unread") return <Unread key={row.key} />;
      if (row.type === "notice") {
        const text = noticeText(row.event, words, format, nameOf, now);
        return text === undefined ? null : <Notice key={row.key} row={row} text={text} />;
      }
      const { message } = row;
      const canReact = !row.pending && reachOf(state, me?.account, message, now).write;
      // Quotes, reactions and recalls tell of others, who are found in the whole.
      const whole = message.body.replyTo !== undefined || message.fold ? state : state.meta.pins.includes(message.seq);
      const at = row.key === active;
      const says = [...Object.values(row), at, canReact, whole, nameOf(message.by), faces, me, words, talk];
      let drawn = before.current.get(row.key);
      if (!drawn?.says.every((one, index) => one === says[index])) {
        drawn = { says, props: { row, active: at, talk, state, nameOf, faces, onMenu, canReact, me: me?.account } };
      }
      kept.set(row.key, drawn);
      return <Message key={row.key} {...drawn.props} />;
    };
    // One section for each day: its name stays in sight while its messages are.
    const days = byDay(rows).map((day) => <section key={day[0]?.key}>{day.map(draw)}</section>);
    before.current = kept;
    return days;
  }, [rows, state, me, words, names, format, now, active, faces, talk, onMenu]);
  return (
    <div
      onFocusIn={(event) => {
        const key = (event.target as HTMLElement).closest<HTMLElement>("[data-key]")?.dataset.key;
        if (key !== undefined) setActive(key);
      }}
    >
      {nodes}
    </div>
  );
}

function byDay(rows: readonly Row[]): Row[][] {
  const days: Row[][] = [];
  for (const row of rows) {
    if (row.type === "day" || days.length === 0) days.push([]);
    days.at(-1)?.push(row);
  }
  return days;
}

function Notice(props: { row: Row & { type: "notice" }; text: string }) {
  const { row, text } = props;
  return (
    <p class={css.notice} data-testid="notice" data-key={row.key} data-seq={row.event.seq}>
      {text}
    </p>
  );
}

function Day(props: { at: number; now: number }) {
  const words = useWords();
  const day = useFormat().day(props.at, props.now);
  const text = "text" in day ? day.text : day.near === "today" ? words.timeline.today : words.timeline.yesterday;
  return (
    <div class={css.day}>
      <time dateTime={new Date(props.at).toISOString().slice(0, 10)}>{text}</time>
    </div>
  );
}

function Unread() {
  return (
    <div class={css.unread} data-testid="unread">
      <span>{useWords().timeline.unread}</span>
    </div>
  );
}
