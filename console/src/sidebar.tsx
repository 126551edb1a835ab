import { type Invitation, mayEverywhere } from "@aftercare/sdk";
import {
  AnyIcon,
  control,
  openMenu,
  useClient,
  useCommand,
  useMe,
  useObservable,
  useUi,
  useWords,
} from "@aftercare/ui";
import { useEffect, useRef, useState } from "preact/hooks";
import { Alarms } from "./alarms.tsx";
import { AskNotices } from "./ask-notices.tsx";
import { paneLimits, useDesk, useDeskWords, viewNow } from "./desk.ts";
import { DeskIcon } from "./icons.tsx";
import { List } from "./list.tsx";
import { phoneWidth, useMedia, wideWidth } from "./media.ts";
import { Resizer } from "./resizer.tsx";
import { deskRoute, type Filters, goTo, hrefWith } from "./route.ts";
import { useDeskNames, useShopsKept } from "./shops.ts";
import css from "./sidebar.module.css";

/** Typing in the filter changes the address this long after the last key. */
const settleMs = 200;

/** The list of a view with what stands above it: its name, the filters, invitations. */
export function Sidebar() {
  const desk = useDesk();
  const words = useDeskWords();
  const { invitations } = useObservable(useClient().inbox);
  const phone = useMedia(phoneWidth);
  const panes = desk.panes.value;
  return (
    <section class={css.sidebar} data-tour="list" aria-label={words.list.label(words.views[viewNow(desk)])}>
      <Head />
      {/* What is half typed belongs to its view: in the next one nothing of it is waited for. */}
      <Narrow key={viewNow(desk)} />
      <Alarms />
      <AskNotices />
      <Invitations invitations={invitations} />
      <List />
      {!phone && (
        <Resizer
          label={words.panes.list}
          value={panes.list}
          {...paneLimits.list}
          set={(list) => {
            desk.panes.value = { ...desk.panes.value, list };
          }}
        />
      )}
    </section>
  );
}

function Head() {
  const Title = deskRoute().stream === undefined ? "h1" : "h2";
  const desk = useDesk();
  const ui = useUi();
  const words = useDeskWords();
  const plain = useWords();
  const wide = useMedia(wideWidth);
  const me = useMe();
  const mayGroup = me !== undefined && mayEverywhere(me, "group.create");
  const open = (layer: "group" | "direct") => () => {
    desk.layer.value = layer;
  };
  return (
    <header class={css.head}>
      {!wide && (
        <button
          type="button"
          class={control.icon}
          aria-label={words.views.open}
          title={words.views.open}
          aria-expanded={desk.layer.value === "drawer"}
          data-testid="open-views"
          onClick={() => {
            desk.layer.value = "drawer";
          }}
        >
          <DeskIcon name="menu" size={20} />
        </button>
      )}
      <Title class={css.title}>{words.views[viewNow(desk)]}</Title>
      <button
        type="button"
        class={control.icon}
        aria-haspopup="menu"
        aria-label={plain.console.newTalk}
        title={plain.console.newTalk}
        onClick={(event) =>
          openMenu(ui, {
            label: plain.console.newTalk,
            anchor: event.currentTarget,
            items: [
              { kind: "action", icon: "chat", label: plain.console.newDirect, run: open("direct") },
              ...(mayGroup
                ? [
                    {
                      kind: "action" as const,
                      icon: "people" as const,
                      label: plain.console.newGroup,
                      run: open("group"),
                    },
                  ]
                : []),
            ],
          })
        }
      >
        <AnyIcon name="plus" />
      </button>
    </header>
  );
}

/** What the list is narrowed to. It is part of the address: it can be kept, shared and gone back from. */
function Narrow() {
  const desk = useDesk();
  const words = useDeskWords();
  const { filters } = deskRoute();
  const [text, setText] = useState(filters.words ?? "");
  const said = useRef(filters.words);
  // What the address says counts when it was changed from elsewhere: one's own words may be older than what was typed since
  useEffect(() => {
    if (filters.words !== said.current) setText(filters.words ?? "");
    said.current = filters.words;
  }, [filters.words]);
  useEffect(() => {
    if (text === (filters.words ?? "")) return;
    const timer = setTimeout(() => {
      said.current = text || undefined;
      put({ words: text });
    }, settleMs);
    return () => clearTimeout(timer);
  }, [text]);
  const put = (change: Filters) => goTo(hrefWith({ filters: { ...deskRoute().filters, ...change } }), true);
  const narrowed = Boolean(filters.words || filters.unread || filters.desk);
  return (
    <search class={css.narrow}>
      <span class={css.box}>
        <AnyIcon name="search" size={16} />
        <input
          class={css.input}
          type="search"
          value={text}
          maxLength={60}
          data-desk="search"
          placeholder={words.list.search}
          aria-label={words.list.search}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </span>
      <button
        type="button"
        class={`${css.toggle} ${css.wide}`}
        aria-pressed={filters.unread === true}
        title={words.list.unreadOnly}
        onClick={() => goTo(hrefWith({ filters: { ...filters, unread: !filters.unread } }))}
      >
        {words.list.unread}
      </button>
      <ShopFilter chosen={filters.desk} choose={(one) => put({ desk: one })} />
      {narrowed && (
        <button
          type="button"
          class={css.toggle}
          aria-label={words.views.save}
          title={words.views.save}
          onClick={() => {
            desk.layer.value = "save-view";
          }}
        >
          <DeskIcon name="bookmark" size={17} />
        </button>
      )}
    </search>
  );
}

/** Which shop's conversations, where there is more than one to choose from. */
function ShopFilter(props: { chosen: string | undefined; choose: (desk: string | undefined) => void }) {
  const words = useDeskWords().list;
  useShopsKept();
  const desks = useDeskNames();
  if (desks.length < 2 && props.chosen === undefined) return null;
  return (
    <select
      class={css.shop}
      aria-label={words.shop}
      value={props.chosen ?? ""}
      onChange={(event) => props.choose(event.currentTarget.value || undefined)}
    >
      <option value="">{words.everyShop}</option>
      {desks.map(({ id, name }) => (
        <option key={id} value={id} selected={id === props.chosen}>
          {name}
        </option>
      ))}
    </select>
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
