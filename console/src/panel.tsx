import { type ConversationState, can, type StreamView } from "@aftercare/sdk";
import {
  AnnouncementDialog,
  AnyIcon,
  Avatar,
  control,
  frontWords,
  Members,
  type Talk,
  titleOf,
  useFormat,
  useMe,
  useNow,
  useWords,
} from "@aftercare/ui";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { CustomerFields, Earlier } from "./customer.tsx";
import { paneLimits, useDesk, useDeskWords } from "./desk.ts";
import { DeskIcon, type DeskIconName } from "./icons.tsx";
import { otherOf } from "./line-people.ts";
import { useMedia, wideWidth } from "./media.ts";
import { Merges } from "./merge.tsx";
import css from "./panel.module.css";
import { Rename } from "./rename.tsx";
import { Resizer } from "./resizer.tsx";
import { useShopName } from "./shops.ts";

type Props = {
  talk: Talk;
  view: StreamView;
  state: ConversationState;
  openPins: () => void;
  onLeft: () => void;
};

/** Over the conversation it takes the focus from what it covers, and gives it back unless somebody has moved on. */
function useFocusWhileOver(isOver: boolean) {
  const first = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    if (!isOver || !(before instanceof HTMLElement)) return;
    if (before !== document.body && !before.closest("[inert]")) return;
    first.current?.focus();
    return () => {
      // What it covered can have the focus only once all is drawn.
      queueMicrotask(() => document.activeElement === document.body && before.focus());
    };
  }, [isOver]);
  return first;
}

/** Beside a conversation: who it is with, its facts, its members and pins, and what shop systems will tell. */
export function Panel(props: Props) {
  const { view, state } = props;
  const desk = useDesk();
  const words = useDeskWords();
  const plain = useWords();
  const wide = useMedia(wideWidth);
  const panes = desk.panes.value;
  const support = state.meta.kind === "support";
  const first = useFocusWhileOver(!wide);
  const close = () => {
    if (wide) desk.panes.value = { ...desk.panes.value, details: false };
    else desk.layer.value = undefined;
  };
  return (
    <section class={css.panel} aria-label={plain.console.info} data-testid="panel">
      {wide && (
        <Resizer
          label={words.panes.panel}
          after
          value={panes.panel}
          {...paneLimits.panel}
          set={(panel) => {
            desk.panes.value = { ...desk.panes.value, panel };
          }}
        />
      )}
      <header class={css.head}>
        <h2>{plain.common.details}</h2>
        <button ref={first} type="button" class={control.icon} aria-label={plain.common.close} onClick={close}>
          <AnyIcon name="close" />
        </button>
      </header>
      <div class={css.body}>
        <Who view={view} state={state} />
        {support && <Person state={state} />}
        <Facts state={state} />
        <Actions {...props} />
        <Part title={plain.members.title} count={Object.keys(state.members).length}>
          <Members stream={props.talk.stream} view={view} state={state} onLeft={props.onLeft} />
        </Part>
        {support && <Later />}
      </div>
    </section>
  );
}

function Part(props: { title: string; count?: number; children: ComponentChildren }) {
  const format = useFormat();
  return (
    <section class={css.part}>
      <h3>
        {props.title}
        {props.count !== undefined && <span class={css.number}>{format.number(props.count)}</span>}
      </h3>
      {props.children}
    </section>
  );
}

function Who(props: { view: StreamView; state: ConversationState }) {
  const { view, state } = props;
  const me = useMe();
  const words = useWords();
  const other = otherOf(state, me?.account);
  const title = titleOf(state, me, words);
  const online = other !== undefined && view.present.includes(other);
  const name = (other === undefined ? undefined : state.members[other]?.name) ?? title;
  return (
    <div class={css.who}>
      <Avatar id={other ?? state.stream} name={name} size={64} online={online} />
      <b>{name}</b>
      <span>
        {words.kinds[state.meta.kind]}
        {other !== undefined && ` · ${online ? words.presence.online : words.presence.offline}`}
      </span>
    </div>
  );
}

/** Who the customer is, what else they wrote, and which of their records are one. */
function Person(props: { state: ConversationState }) {
  const { meta, members, stream } = props.state;
  const words = useDeskWords();
  const front = frontWords[useWords().locale].customer;
  const account = meta.customer;
  if (account === undefined) return null;
  const name = members[account]?.name ?? "";
  return (
    <>
      <Part title={words.panel.customer}>
        <CustomerFields key={account} account={account} />
      </Part>
      <Part title={front.earlier}>
        <Earlier account={account} name={name} here={stream} />
      </Part>
      <Merges key={`merges ${account}`} person={{ account, name }} />
    </>
  );
}

function Facts(props: { state: ConversationState }) {
  const { state } = props;
  const words = useDeskWords();
  const format = useFormat();
  const now = useNow();
  const { kind, customer, createdAt, assignee, closed } = state.meta;
  const shop = useShopName(state.meta);
  const read = customer === undefined ? undefined : (state.receipts[customer]?.readSeq ?? 0);
  const behind =
    read === undefined
      ? 0
      : state.items.filter((item) => item.type === "message.sent" && item.seq > read && item.by !== customer).length;
  return (
    <Part title={words.panel.facts}>
      <dl class={css.fields}>
        <dt>
          <DeskIcon name="calendar" size={16} />
          {words.panel.started}
        </dt>
        <dd>{format.dateTime(createdAt, now)}</dd>
        {shop !== undefined && (
          <>
            <dt>
              <DeskIcon name="place" size={16} />
              {words.panel.shop}
            </dt>
            <dd data-testid="shop">{shop}</dd>
          </>
        )}
        {kind === "support" && (
          <>
            <dt>
              <DeskIcon name="assign" size={16} />
              {words.panel.assignee}
            </dt>
            <dd class={assignee === undefined ? css.unknown : undefined}>
              {(assignee !== undefined && state.members[assignee]?.name) || words.act.nobody}
            </dd>
            <dt>
              <DeskIcon name="closed" size={16} />
              {words.panel.state}
            </dt>
            <dd>{closed ? words.panel.isClosed : words.panel.isOpen}</dd>
          </>
        )}
        {read !== undefined && (
          <>
            <dt>
              <AnyIcon name="checks" size={16} />
              {words.panel.lastSeen}
            </dt>
            <dd>{behind === 0 ? words.panel.readAll : words.panel.readUpTo(behind)}</dd>
          </>
        )}
      </dl>
    </Part>
  );
}

function Actions(props: Props) {
  const { talk, state } = props;
  const me = useMe();
  const plain = useWords();
  const format = useFormat();
  const [dialog, open] = useState<"rename" | "announce">();
  const own = me && state.members[me.account];
  const may = (permission: "rename" | "announce") => own !== undefined && can(state.meta.kind, own.role, permission);
  return (
    <div class={css.part}>
      {may("rename") && (
        <button type="button" class={css.action} onClick={() => open("rename")}>
          <AnyIcon name="edit" size={18} /> {plain.console.rename}
        </button>
      )}
      {may("announce") && (
        <button type="button" class={css.action} onClick={() => open("announce")}>
          <AnyIcon name="megaphone" size={18} />
          {state.meta.announcement ? plain.announcement.edit : plain.announcement.write}
        </button>
      )}
      <button type="button" class={css.action} onClick={props.openPins}>
        <AnyIcon name="pin" size={18} /> {plain.pins.title}
        <span class={css.number}>{format.number(state.meta.pins.length)}</span>
      </button>
      {dialog === "rename" && <Rename talk={talk} state={state} close={() => open(undefined)} />}
      {dialog === "announce" && <AnnouncementDialog stream={talk.stream} state={state} close={() => open(undefined)} />}
    </div>
  );
}

/** Where the shop's own systems will say what they know. */
function Later() {
  const words = useDeskWords();
  const cards: { icon: DeskIconName; title: string; empty: string }[] = [
    { icon: "box", title: words.panel.orders, empty: words.panel.ordersEmpty },
    { icon: "shield", title: words.panel.warranty, empty: words.panel.warrantyEmpty },
    { icon: "wrench", title: words.panel.repairs, empty: words.panel.repairsEmpty },
  ];
  return (
    <div class={css.cards}>
      {cards.map(({ icon, title, empty }) => (
        <section key={icon} class={css.card} aria-label={title}>
          <span class={css.cardIcon}>
            <DeskIcon name={icon} size={18} />
          </span>
          <p>
            <b>{title}</b>
            <span>{empty}</span>
          </p>
        </section>
      ))}
      <p class={css.later}>{words.panel.later}</p>
    </div>
  );
}
