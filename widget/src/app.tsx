import type { Client, StreamId } from "@aftercare/sdk";
import {
  Composer,
  ConnectionBar,
  control,
  type Language,
  PinBar,
  PinList,
  Timeline,
  Typing,
  UiRoot,
  useClient,
  useObservable,
  useTalk,
  useWords,
} from "@aftercare/ui";
import { useEffect, useMemo, useState } from "preact/hooks";
import css from "./app.module.css";
import { offer } from "./extra.ts";
import { firstMessage } from "./first.ts";
import { Header } from "./header.tsx";
import { Start } from "./start.tsx";

export type CustomerAppProps = { client: Client; language: Language; shop?: string | undefined };

/** The customer's page: one conversation, and the place to write. */
export function CustomerApp(props: CustomerAppProps) {
  return (
    <UiRoot client={props.client} language={props.language}>
      <div class={css.app}>
        <ConnectionBar />
        <Offer />
        <Screen shop={props.shop} />
      </div>
    </UiRoot>
  );
}

function Offer() {
  const Shown = offer.value;
  return Shown ? <Shown /> : null;
}

function Screen(props: { shop: string | undefined }) {
  const client = useClient();
  const inbox = useObservable(client.inbox);
  const first = useMemo(() => firstMessage(client), [client]);
  const leader = useObservable(client.leader);
  const known = inbox.lines.find((line) => line.entry.kind === "support")?.entry.stream;
  const now = first.now.value;
  const live = inbox.status === "live";
  useEffect(() => {
    if (live && leader) first.resume(known);
  }, [first, live, leader, known]);
  const stream = known ?? (now?.state === "sent" ? now.stream : undefined);
  if (stream !== undefined) return <Chat key={stream} stream={stream} shop={props.shop} />;
  if (!live && !now) return <Opening shop={props.shop} />;
  return <Start first={first} shop={props.shop} />;
}

function Opening(props: { shop: string | undefined }) {
  const words = useWords();
  return (
    <>
      <Header shop={props.shop} view={undefined} />
      <main class={css.opening}>
        <span class={control.spinner} role="status" aria-label={words.common.loading} />
      </main>
    </>
  );
}

function Chat(props: { stream: StreamId; shop: string | undefined }) {
  const talk = useTalk(props.stream);
  const view = useObservable(talk.handle.view);
  const words = useWords();
  const [pins, showPins] = useState(false);
  return (
    <>
      <Header shop={props.shop} view={view} />
      <main class={css.chat}>
        <PinBar talk={talk} view={view} openList={() => showPins(true)} />
        <Timeline talk={talk} empty={{ title: words.timeline.empty, hint: words.timeline.emptyHint }} />
        <div class={css.typing}>
          <Typing view={view} />
        </div>
        <Composer talk={talk} autoFocus />
      </main>
      {pins && <PinList talk={talk} view={view} close={() => showPins(false)} />}
    </>
  );
}
