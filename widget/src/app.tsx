import { type Client, type MessageEvent, plainText, type StreamId, type StreamView } from "@aftercare/sdk";
import {
  Composer,
  ConnectionBar,
  FailedBar,
  type Language,
  laterView,
  PinBar,
  PinList,
  remember,
  remembered,
  Skeleton,
  Timeline,
  Typing,
  UiRoot,
  useClient,
  useObservable,
  useTalk,
  useWords,
} from "@aftercare/ui";
import type { ComponentProps } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import css from "./app.module.css";
import { offer, visitor } from "./extra.ts";
import { type First, firstMessage, load, takeTyped } from "./first.ts";
import { Header, onScreen } from "./header.tsx";
import { openOf } from "./lines.ts";
import { replaceRoute, route, shop } from "./route.ts";
import { inLanguage, type ShopSettings } from "./settings.ts";
import { Start, Written } from "./start.tsx";

export type CustomerAppProps = {
  client: Client;
  language: Language;
  /** What the shop decided. */
  settings: ShopSettings;
};

const Conversations = laterView(() => import("./conversations.tsx").then((found) => found.Conversations));

const ClosedNote = laterView(() => import("./closed-note.tsx").then((found) => found.ClosedNote));

/** The customer's page: a conversation and the place to write, or the list of them. */
export function CustomerApp(props: CustomerAppProps) {
  return (
    <UiRoot client={props.client} language={props.language}>
      <div class={css.app}>
        <Header settings={props.settings} />
        <Offer />
        <ConnectionBar />
        <Screen key={visitor.value} settings={props.settings} />
      </div>
    </UiRoot>
  );
}

/** That there is a conversation; which ones is in the SDK's own store. */
const knownKey = "aftercare.known";

function Offer() {
  const Shown = offer.value;
  return Shown ? <Shown /> : null;
}

function Screen({ settings }: { settings: ShopSettings }) {
  const { locale } = useWords();
  const greeting = inLanguage(settings.greeting, locale);
  const client = useClient();
  const inbox = useObservable(client.inbox);
  const first = useMemo(() => firstMessage(client), [client]);
  const leader = useObservable(client.leader);
  const live = inbox.status === "live";
  const left = live ? undefined : load();
  // What a closed page left, until somebody can go on with it.
  const now: First | undefined = first.now.value ?? (left && { ...left, state: "sending" });
  const support = inbox.lines.filter(({ entry }) => entry.kind === "support");
  /** Whose conversations they are, and which go on. */
  const told = support.every(({ state }) => state);
  useEffect(() => {
    if (live && told) first.resume(support);
  }, [first, live, leader, told]);
  const made = now?.state === "sent" ? now.stream : undefined;
  const known = support[0]?.entry.stream;
  useEffect(() => {
    const { view } = route.peek();
    // Whoever has gone elsewhere meanwhile stays there.
    if (made !== undefined && (view === "new" || (view !== "home" && known === undefined))) replaceRoute(made);
  }, [made]);
  // Listed alone it could not be told from those of other shops yet.
  const come = support.some(({ entry, state }) => state && entry.stream === made);
  useEffect(() => {
    if (!come) return;
    if (support.length > 1 && route.peek().view === "home") replaceRoute(made);
    first.discard();
  }, [first, made, come]);
  const { value: place } = route;
  const stay = useRef<StreamId>(undefined);
  const settled = useRef(false);
  // Who was here before waits for the list; who comes for the first time can write before there is any answer.
  const returning = useMemo(() => remembered(knownKey) !== null, []);
  useEffect(() => {
    if (known !== undefined || live) remember(knownKey, known === undefined ? null : "1");
  }, [known, live]);
  if (place.view === "conversation" && (!live || support.some(({ entry }) => entry.stream === place.stream)))
    return <Chat key={place.stream} stream={place.stream} />;
  const list = place.view === "list" && support.length > 0;
  if (made !== undefined && !list) return <Chat key={made} stream={made} />;
  const start = <Start first={first} now={now} greeting={greeting} form={settings.preChat} />;
  if (place.view === "new" || (!list && now && now.state !== "sent")) return start;
  if (support.length === 0) return live || !returning ? start : <Opening />;
  if (told) settled.current = true;
  if (shop && !settled.current && !list) return <Opening />;
  const open = openOf(support, shop);
  const only = open.length === 1 ? open[0]?.entry.stream : undefined;
  // Whoever reads a conversation stays in it when it is closed.
  if (only !== undefined) stay.current = only;
  const shown = only ?? (open.length === 0 ? stay.current : undefined);
  if (!list && shown !== undefined) return <Chat key={shown} stream={shown} />;
  // Who comes to another shop asks there; the others are behind the way back.
  return shop && !list && open.length === 0 ? start : <Conversations />;
}

function Opening() {
  const words = useWords();
  return (
    <main class={css.chat}>
      <Skeleton label={words.common.loading} />
    </main>
  );
}

type Body = MessageEvent["body"];

function writtenIn({ pending }: StreamView, stream: StreamId): ComponentProps<typeof Written>["all"] {
  const all = pending.flatMap(({ type, body, status: { state: status } }) =>
    type === "message.send" ? [{ text: plainText((body as Body).parts), status }] : [],
  );
  // The outbox shows it when the store has it.
  const left = load();
  if (left?.stream !== stream || all.length >= left.texts.length) return all;
  return left.texts.map((text) => ({ text, status: "sending" }));
}

function Chat({ stream }: { stream: StreamId }) {
  const talk = useTalk(stream);
  // Typed before the list was known, and meant for this conversation as there is one. Before its composer is there: whoever
  // goes on typing writes behind it.
  useMemo(() => route.peek().view === "home" && takeTyped(talk.handle), [talk]);
  const view = useObservable(talk.handle.view);
  const words = useWords();
  const [pins, showPins] = useState(false);
  // A conversation just begun, of which nothing has come yet: what was said stays in sight.
  const written = view.state ? [] : writtenIn(view, stream);
  // Whoever has the focus in the header keeps it there.
  const [free] = useState(() => !document.activeElement?.closest("header"));
  useLayoutEffect(() => {
    onScreen.value = view;
    return () => {
      onScreen.value = undefined;
    };
  }, [view]);
  return (
    <>
      <main class={css.chat}>
        <PinBar talk={talk} view={view} openList={() => showPins(true)} />
        {written.length > 0 ? (
          <div class={css.waiting}>
            <Written all={written} />
          </div>
        ) : (
          <Timeline talk={talk} empty={{ title: words.timeline.empty, hint: words.timeline.emptyHint }} />
        )}
        <div class={css.typing}>
          <Typing view={view} />
        </div>
        <FailedBar view={view} />
        {view.state?.meta.closed && <ClosedNote />}
        <Composer talk={talk} autoFocus={free} />
      </main>
      {pins && <PinList talk={talk} view={view} close={() => showPins(false)} />}
    </>
  );
}
