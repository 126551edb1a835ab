import type { InboxLine, InboxView, Invitation, StaffAccess, StreamId } from "@aftercare/sdk";
import {
  accessWords,
  ConversationList,
  control,
  Empty,
  Icon,
  openMenu,
  Preferences,
  useCommand,
  useMe,
  useUi,
  useWords,
} from "@aftercare/ui";
import { useState } from "preact/hooks";
import { Alarms } from "./alarms.tsx";
import { NewDirect, NewGroup } from "./new-talk.tsx";
import { hrefOf } from "./route.ts";
import { SecurityWindow } from "./security/lazy-panel.tsx";
import css from "./sidebar.module.css";

const tabs = ["all", "support", "team"] as const;
type Tab = (typeof tabs)[number];

const inTab: Record<Tab, (line: InboxLine) => boolean> = {
  all: () => true,
  support: (line) => line.entry.kind === "support",
  team: (line) => line.entry.kind !== "support",
};

/** The list of conversations with what stands above it: invitations, the filter, new ones. */
export function Sidebar(props: {
  inbox: InboxView;
  open: StreamId | undefined;
  access: StaffAccess;
  signOut: () => void;
}) {
  const { inbox } = props;
  const words = useWords();
  const [tab, setTab] = useState<Tab>("all");
  const lines = inbox.lines.filter(inTab[tab]);
  return (
    <section class={css.sidebar} aria-label={words.console.title}>
      <Head level={props.open === undefined ? "h1" : "h2"} access={props.access} signOut={props.signOut} />
      <fieldset class={css.tabs}>
        <legend class={control.hidden}>{words.list.filter}</legend>
        {tabs.map((one) => (
          <button key={one} type="button" class={css.tab} aria-pressed={one === tab} onClick={() => setTab(one)}>
            {words.list.tabs[one]}
            <TabCount lines={inbox.lines.filter(inTab[one])} />
          </button>
        ))}
      </fieldset>
      <Alarms />
      <Invitations invitations={inbox.invitations} />
      {inbox.status === "loading" && inbox.lines.length === 0 ? (
        <div class={css.loading}>
          <span class={control.spinner} role="status" aria-label={words.common.loading} />
        </div>
      ) : lines.length === 0 ? (
        <Empty
          icon="chat"
          title={tab === "all" ? words.list.empty : words.list.emptyTab}
          {...(tab === "all" && { hint: words.list.emptyHint })}
        />
      ) : (
        <ConversationList lines={lines} open={props.open} hrefOf={hrefOf} />
      )}
    </section>
  );
}

function TabCount(props: { lines: readonly InboxLine[] }) {
  const words = useWords();
  const count = props.lines.filter((line) => line.unread.count > 0).length;
  if (count === 0) return null;
  return (
    <span class={css.count}>
      <span aria-hidden="true">{count}</span>
      <span class={control.hidden}>{words.list.unread(String(count))}</span>
    </span>
  );
}

function Head(props: { level: "h1" | "h2"; access: StaffAccess; signOut: () => void }) {
  const Title = props.level;
  const ui = useUi();
  const me = useMe();
  const words = useWords();
  const [dialog, open] = useState<"group" | "direct" | "security">();
  const close = () => open(undefined);
  return (
    <header class={css.head}>
      <div class={css.heading}>
        <Title>{words.console.title}</Title>
        {me && <p>{me.name}</p>}
      </div>
      <button
        type="button"
        class={control.icon}
        aria-haspopup="menu"
        aria-label={words.console.newTalk}
        title={words.console.newTalk}
        onClick={(event) =>
          openMenu(ui, {
            label: words.console.newTalk,
            anchor: event.currentTarget,
            items: [
              { kind: "action", icon: "chat", label: words.console.newDirect, run: () => open("direct") },
              { kind: "action", icon: "people", label: words.console.newGroup, run: () => open("group") },
            ],
          })
        }
      >
        <Icon name="plus" />
      </button>
      <Preferences
        extra={() => [
          { kind: "heading", label: me?.name ?? "" },
          { kind: "action", icon: "lock", label: accessWords[words.locale].panel.entry, run: () => open("security") },
          { kind: "action", icon: "out", label: words.common.signOut, run: props.signOut },
        ]}
      />
      {dialog === "group" && <NewGroup close={close} />}
      {dialog === "direct" && <NewDirect close={close} />}
      {dialog === "security" && <SecurityWindow access={props.access} close={close} />}
    </header>
  );
}

function Invitations(props: { invitations: readonly Invitation[] }) {
  const words = useWords();
  const run = useCommand();
  if (props.invitations.length === 0) return null;
  return (
    <section class={css.invitations} aria-label={words.list.invitations}>
      {props.invitations.map(({ stream, kind, title, byName }) => (
        <div key={stream} class={css.invitation} data-testid="invitation" data-stream={stream}>
          <p>
            <b>{title ?? words.kinds[kind]}</b>
            <span>{words.list.invitedBy(byName)}</span>
          </p>
          <button
            type="button"
            class={`${control.primary} ${control.small}`}
            onClick={() => void run("member.join", stream, {})}
          >
            {words.list.accept}
          </button>
          <button
            type="button"
            class={`${control.button} ${control.small}`}
            onClick={() => void run("member.decline", stream, {})}
          >
            {words.list.decline}
          </button>
        </div>
      ))}
    </section>
  );
}
