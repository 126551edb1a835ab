import {
  type Mention,
  type MessageEvent,
  type Observable,
  parseRichText,
  richTextWords,
  type StreamView,
} from "@aftercare/sdk";
import {
  AnyIcon,
  Avatar,
  control,
  Empty,
  noticeOr,
  openMenu,
  useClient,
  useFormat,
  useMe,
  useNow,
  useObservable,
  useUi,
  useWords,
  type Words,
} from "@aftercare/ui";
import type { ComponentChild } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { Blank } from "./blank.tsx";
import { useDesk, useDeskWords, viewNow } from "./desk.ts";
import { saidOf } from "./desk-source.ts";
import { DeskIcon } from "./icons.tsx";
import { lineMenu, lineName } from "./line-menu.ts";
import css from "./list.module.css";
import type { ListHandle, ListLine, ListQuery, ListState } from "./list-types.ts";
import { mentionIn, placeOf, sideToOpen } from "./mentions.ts";
import { type DeskRoute, deskRoute, goTo, hrefOf, hrefWith } from "./route.ts";
import { useRows } from "./rows.ts";
import { useDeskNames, useShopName } from "./shops.ts";
import { useNotes, useViewers, useViewersText, type Viewer } from "./viewers.tsx";

/** What was said last, as a line of plain text. */
export function lastText(last: NonNullable<ListLine["last"]>, words: Words): string {
  return last.recalled ? words.list.recalled : speakText(noticeOr(last.text, last.notice, words));
}

const speakText = (text: string) => richTextWords(parseRichText(text)).replace(/\s+/g, " ").trim();

/** The style says the same number. */
export const rowPx = 70;

/** The list of a query, kept open as long as it is on screen. */
export function useList(query: ListQuery): { handle: ListHandle; state: ListState } {
  const { source } = useDesk();
  const key = JSON.stringify(query);
  // The query by what it says: another object that says the same is the same list
  const handle = useMemo(() => source.open(query), [source, key]);
  useEffect(() => () => handle.close(), [handle]);
  return { handle, state: useObservable(handle.view) };
}

export function queryOf(desk: ReturnType<typeof useDesk>, { filters }: DeskRoute): ListQuery {
  const query: ListQuery = { view: viewNow(desk) };
  if (filters.unread) query.unread = true;
  if (filters.words) query.query = filters.words;
  if (filters.desk) query.desks = [filters.desk];
  return query;
}

/** The conversations of the view, however many: only those in sight are drawn. */
export function List() {
  const desk = useDesk();
  const words = useDeskWords();
  const plain = useWords();
  const { filters } = deskRoute();
  const { handle, state } = useList(queryOf(desk, deskRoute()));
  const { lines } = state;
  useLayoutEffect(() => {
    desk.lines.value = lines;
  }, [desk, lines]);
  const narrowed = filters.unread || filters.words || filters.desk;
  if (state.status === "failed" && lines.length === 0)
    return (
      <Empty icon="alert" title={words.list.failed}>
        <button type="button" class={control.button} onClick={() => void handle.refresh()}>
          {plain.common.retry}
        </button>
      </Empty>
    );
  if (state.status === "loading" && lines.length === 0) return <Skeleton />;
  if (lines.length > 0) return <Lines state={state} handle={handle} />;
  if (narrowed)
    return (
      <Empty icon="search" title={words.list.noMatch} hint={words.list.noMatchHint}>
        <button type="button" class={control.button} onClick={() => goTo(hrefWith({ filters: {} }), true)}>
          {words.list.clear}
        </button>
      </Empty>
    );
  const view = viewNow(desk);
  return <Blank icon={view} title={words.list.nothing[view]} hint={words.list.nothingHint[view]} />;
}

function Skeleton() {
  const words = useWords();
  return (
    <div class={css.skeleton} aria-busy="true">
      {[70, 52, 64, 40, 58, 48].map((width) => (
        <span key={width} aria-hidden="true">
          <i />
          <b style={{ width: `${width}%` }} />
        </span>
      ))}
      <p class={control.hidden} role="status">
        {words.common.loading}
      </p>
    </div>
  );
}

function Lines(props: { state: ListState; handle: ListHandle }) {
  const { lines, more } = props.state;
  const desk = useDesk();
  const words = useDeskWords();
  const now = useNow(60_000);
  const scroller = useRef<HTMLElement>(null);
  const { from, to } = useRows(scroller, lines.length, rowPx);
  const { stream } = deskRoute();
  const cursor = desk.cursor.value;
  useEffect(() => {
    if (more === "more" && to >= lines.length - 10) void props.handle.more();
  }, [more, to, lines.length, props.handle]);
  useCursor(scroller, lines, cursor);
  usePlaces(lines, props.handle);
  const reached = cursor ?? stream;
  const stop = useMemo(() => lines.findIndex((line) => line.stream === reached), [lines, reached]);
  const drawn = lines.slice(from, to).map((line, index) => ({ line, at: from + index }));
  // The line with the focus stays there while it is scrolled out of sight.
  const kept = lines[stop];
  if (kept && (stop < from || stop >= to)) drawn[stop < from ? "unshift" : "push"]({ line: kept, at: stop });
  const tabStop = stop >= 0 ? stop : 0;
  return (
    <nav
      ref={scroller}
      class={css.list}
      aria-label={words.list.label(words.views[viewNow(desk)])}
      data-testid="list"
      onKeyDown={(event) => {
        const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, Home: -lines.length, End: lines.length };
        const step = steps[event.key];
        if (step === undefined || event.altKey) return;
        event.preventDefault();
        const at = Math.max(0, Math.min(lines.length - 1, tabStop + step));
        desk.cursor.value = lines[at]?.stream;
      }}
    >
      <ul style={{ height: `${lines.length * rowPx}px` }}>
        {drawn.map(({ line, at }) => (
          <li
            key={line.stream}
            style={{ transform: `translateY(${at * rowPx}px)` }}
            aria-posinset={at + 1}
            aria-setsize={more === "none" ? lines.length : -1}
          >
            <Line line={line} now={now} open={line.stream === stream} reached={at === tabStop} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Brings the chosen line into sight and gives it the focus. */
function useCursor(scroller: { current: HTMLElement | null }, lines: readonly ListLine[], cursor: string | undefined) {
  // Only a new choice moves the focus, not a new line in the list
  useLayoutEffect(() => {
    const box = scroller.current;
    const at = lines.findIndex((line) => line.stream === cursor);
    if (!box || at < 0) return;
    if (at * rowPx < box.scrollTop) box.scrollTop = at * rowPx;
    else if ((at + 1) * rowPx > box.scrollTop + box.clientHeight) box.scrollTop = (at + 1) * rowPx - box.clientHeight;
    box.querySelector<HTMLElement>(`[data-stream="${CSS.escape(cursor ?? "")}"]`)?.focus({ preventScroll: true });
  }, [cursor]);
}

/** Remembers where the chosen and the open line stand; a chosen one that leaves gives its focus to the one in its place. */
function usePlaces(lines: readonly ListLine[], handle: ListHandle): void {
  const desk = useDesk();
  const { places } = desk;
  const { stream } = deskRoute();
  const cursor = desk.cursor.value;
  useLayoutEffect(() => () => places.clear(), [places, handle]);
  useLayoutEffect(() => {
    for (const [at, line] of lines.entries())
      if (line.stream === stream || line.stream === cursor) places.set(line.stream, at);
    const left = places.get(cursor ?? "");
    if (left === undefined || document.activeElement !== document.body) return;
    if (!lines.some((line) => line.stream === cursor))
      desk.cursor.value = lines[Math.min(left, lines.length - 1)]?.stream;
  }, [desk, places, lines, stream, cursor]);
}

function Line(props: { line: ListLine; now: number; open: boolean; reached: boolean }) {
  const { line, open } = props;
  const desk = useDesk();
  const ui = useUi();
  const words = useDeskWords();
  const plain = useWords();
  const format = useFormat();
  const { online, draft, last, viewers, called } = useHandle(line);
  const title = lineName(line, plain);
  const { unread, settings } = line;
  const face = line.customer ?? line.other;
  const menu = (anchor: HTMLElement, point?: { x: number; y: number }) =>
    openMenu(ui, { label: words.list.options(title), anchor, point, items: lineMenu(desk, line) });
  return (
    <>
      <a
        class={css.line}
        href={hrefOf(line.stream, sideToOpen(desk, viewNow(desk), line.stream))}
        aria-current={open ? "true" : undefined}
        tabIndex={props.reached ? 0 : -1}
        data-testid="conversation"
        data-stream={line.stream}
        data-unread={unread.count > 0}
        onClick={() => {
          desk.cursor.value = undefined;
        }}
        onContextMenu={(event) => {
          event.preventDefault();
          menu(event.currentTarget, event.button === 2 ? { x: event.clientX, y: event.clientY } : undefined);
        }}
      >
        <Avatar id={face?.account ?? line.stream} name={title} size={40} online={online} />
        <span class={css.text}>
          <span class={css.row}>
            <span class={css.title}>{title}</span>
            {online && <span class={control.hidden}>{plain.list.online}</span>}
            <Eyes viewers={viewers} />
            {called && <Mark name={words.list.mentioned} icon={<DeskIcon name="mentions" size={13} />} />}
            {settings.pinned && <Mark name={words.list.pinned} icon={<AnyIcon name="pin" size={13} />} />}
            {settings.muted && <Mark name={words.list.muted} icon={<DeskIcon name="muted" size={13} />} />}
            {line.lastAt > 0 && <time class={css.time}>{format.brief(line.lastAt, props.now)}</time>}
          </span>
          <span class={css.row}>
            <From line={line} />
            <Preview kind={line.kind} last={last} draft={draft} />
            <Tail line={line} />
          </span>
        </span>
      </a>
      <button
        type="button"
        class={`${control.icon} ${css.more}`}
        aria-haspopup="menu"
        aria-label={words.list.options(title)}
        tabIndex={-1}
        onClick={(event) => menu(event.currentTarget)}
      >
        <AnyIcon name="more" size={16} />
      </button>
    </>
  );
}

/** Which shop was asked, where there are several shops or desks. */
function From(props: { line: ListLine }) {
  const words = useDeskWords();
  const several = useDeskNames().length > 1 || (useDesk().shops.value?.length ?? 0) > 1;
  const name = useShopName(props.line);
  if (name === undefined || !several || deskRoute().filters.desk !== undefined) return null;
  return (
    <span class={css.from} title={name} data-testid="from">
      <span class={control.hidden}>{words.list.shop}: </span>
      {name}
    </span>
  );
}

/** At the end of a line: who answers, what failed, how much is unread. */
function Tail(props: { line: ListLine }) {
  const { line } = props;
  const { unread, settings } = line;
  const words = useDeskWords();
  const plain = useWords();
  const format = useFormat();
  const many = unread.more ? `${format.number(unread.count)}+` : format.number(unread.count);
  return (
    <>
      {line.assignee && (
        <span class={css.assignee} title={words.act.assigned(line.assignee.name)}>
          <Avatar id={line.assignee.account} name={line.assignee.name} size={18} />
          <span class={control.hidden}>{words.act.assigned(line.assignee.name)}</span>
        </span>
      )}
      <Failed stream={line.stream} />
      {unread.count > 0 && (
        <span class={css.unread} data-muted={settings.muted}>
          <span aria-hidden="true">{many}</span>
          <span class={control.hidden}>{plain.list.unread(many)}</span>
        </span>
      )}
    </>
  );
}

function Mark(props: { name: string; icon: ComponentChild }) {
  return (
    <span class={css.mark} title={props.name}>
      {props.icon}
      <span class={control.hidden}>{props.name}</span>
    </span>
  );
}

/** Colleagues who look at the conversation now: whoever chooses another one is not in their way. */
function Eyes(props: { viewers: readonly Viewer[] }) {
  const { looks, writes } = useViewersText(props.viewers);
  const text = writes || looks;
  if (text === "") return null;
  return (
    <span class={css.eyes} title={text} data-testid="eyes">
      <DeskIcon name={writes ? "pencil" : "eye"} size={14} />
      <span class={control.hidden}>{text}</span>
    </span>
  );
}

/** A message of one's own that could not be sent must be seen from here. */
function Failed(props: { stream: string }) {
  const client = useClient();
  const words = useWords();
  const pending = useObservable(client.pending);
  if (!pending.some((one) => one.stream === props.stream && one.status.state === "failed")) return null;
  return (
    <span class={css.failed} title={words.list.failed}>
      <AnyIcon name="alert" size={16} />
      <span class={control.hidden}>{words.list.failed}</span>
    </span>
  );
}

const nothing: Observable<undefined> = { value: undefined, subscribe: () => () => {} };

type Told = {
  online: boolean;
  draft: Unsent | undefined;
  last: Last;
  viewers: readonly Viewer[];
  called: boolean;
};
/** What was said last; in the view of mentions, where one was called. */
type Last = (NonNullable<ListLine["last"]> & { note?: boolean }) | undefined;
/** What was typed and not sent, to the customer or into the notes. */
type Unsent = { text: string; note: boolean };

/**
 * What only the open stream tells: whether the other one is there, which colleagues look on, and what was typed and not
 * sent. Streams that this device does not follow stay unopened: a long list must not follow all it has shown.
 */
function useHandle(line: ListLine): Told {
  const client = useClient();
  const { stream } = line;
  const followed = useObservable(client.inbox).state?.entries[stream] !== undefined;
  const handle = useMemo(() => (followed ? client.stream(stream) : undefined), [client, stream, followed]);
  useEffect(() => () => handle?.close(), [handle]);
  const view = useObservable<StreamView | undefined>(handle?.view ?? nothing);
  const draft = useObservable<{ text: string } | undefined>(handle?.draft ?? nothing)?.text.trim();
  const { notes, view: notesView } = useNotes(stream, followed && line.kind === "support");
  const note = useObservable<{ text: string } | undefined>(notes?.draft ?? nothing)?.text.trim();
  const face = line.customer ?? line.other;
  const desk = useDesk();
  const mention = mentionIn(desk, stream);
  const told = mention && viewNow(desk) === "mentions" ? saidIn(mention, notesView, view) : undefined;
  return {
    online: face !== undefined && (view?.present.includes(face.account) ?? false),
    draft: draft ? { text: draft, note: false } : note ? { text: note, note: true } : undefined,
    last: told ?? lastOf(view, line.last),
    viewers: useViewers(view, notesView),
    called: mention !== undefined,
  };
}

function saidIn(mention: Mention, notes: StreamView | undefined, chat: StreamView | undefined): Last {
  const { message } = mention;
  if (message.type !== "message.sent") return undefined;
  const note = placeOf(mention).side === "notes";
  return { ...saidBy(message, (note ? notes : chat)?.state), note };
}

/** The newest message as this device knows it: an edit or a recall is not shown late, nor one's own words. */
function lastOf(view: StreamView | undefined, told: ListLine["last"]): ListLine["last"] {
  const { state } = view ?? {};
  const found = view?.newer === "none" ? state?.items.findLast((item) => item.type === "message.sent") : undefined;
  if (!state || found?.type !== "message.sent" || found.seq < (told?.seq ?? 0)) return told;
  return saidBy(found, state);
}

function saidBy({ seq, by, at, body, fold }: MessageEvent, state: StreamView["state"]): NonNullable<ListLine["last"]> {
  const recalled = fold?.recalled && { recalled: true as const };
  return { seq, by, at, name: state?.members[by]?.name, ...saidOf(body.parts), ...recalled };
}

function Preview(props: { kind: ListLine["kind"]; last: Last; draft: Unsent | undefined }) {
  const { kind, last, draft } = props;
  const me = useMe();
  const words = useDeskWords();
  const plain = useWords();
  if (draft && !last?.note)
    return (
      <span class={css.preview} data-testid="unsent">
        {draft.note ? <AnyIcon name="lock" size={13} /> : <DeskIcon name="pencil" size={13} />}
        <b class={css.draft} title={draft.note ? words.list.noteDraft : words.list.draft}>
          {plain.list.draft}
          {draft.note && <span class={control.hidden}> {words.list.noteDraft}</span>}
        </b>{" "}
        {draft.text}
      </span>
    );
  if (!last) return <span class={css.preview}>{plain.list.noMessages}</span>;
  const text = lastText(last, plain);
  const who = last.by === me?.account ? plain.common.you : kind === "group" || last.note ? last.name : undefined;
  return (
    <span class={css.preview}>
      {last.note && <AnyIcon name="lock" size={13} />}
      {who && !last.recalled ? plain.list.said(who, text) : text}
    </span>
  );
}
