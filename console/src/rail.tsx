import {
  Avatar,
  accessWords,
  control,
  Icon,
  Preferences,
  useFormat,
  useMe,
  useObservable,
  useWords,
} from "@aftercare/ui";
import { perform } from "./acts.ts";
import { paneLimits, useDesk, useDeskWords, viewNow } from "./desk.ts";
import { DeskIcon, type DeskIconName } from "./icons.tsx";
import { keyCaps } from "./keys.ts";
import type { Bounded, ViewName } from "./list-types.ts";
import { roomyWidth, useMedia, wideWidth } from "./media.ts";
import css from "./rail.module.css";
import { Resizer } from "./resizer.tsx";
import { formatRoute, hrefOfView, parseRoute, route } from "./route.ts";

/** The views with their numbers, the saved ones, and the way to everything else. */
export function Rail(props: { signOut: () => void }) {
  const desk = useDesk();
  const words = useDeskWords();
  const wide = useMedia(wideWidth);
  const roomy = useMedia(roomyWidth);
  const panes = desk.panes.value;
  const slim = wide && (panes.slim ?? !roomy);
  const toggle = () => {
    desk.panes.value = { ...panes, slim: !slim };
  };
  const label = slim ? words.views.expand : words.views.collapse;
  return (
    <section class={css.rail} data-slim={slim} data-tour="views" aria-label={words.views.title}>
      <Head slim={slim} label={label} toggle={wide ? toggle : undefined} />
      <button
        type="button"
        class={css.search}
        data-tour="palette"
        aria-label={slim ? words.palette.title : undefined}
        title={words.palette.title}
        onClick={() => perform(desk, "palette")}
      >
        <Icon name="search" size={18} />
        {!slim && (
          <>
            <span class={css.name}>{words.palette.short}</span>
            <kbd class={css.key}>{keyCaps("Mod+K").join(" ")}</kbd>
          </>
        )}
      </button>
      <nav class={css.views} aria-label={words.views.title}>
        <ul>
          {desk.source.views.map((view) => (
            <li key={view}>
              <ViewLink view={view} slim={slim} />
            </li>
          ))}
        </ul>
        <Saved slim={slim} />
      </nav>
      <Foot slim={slim} signOut={props.signOut} />
      {wide && !slim && (
        <Resizer
          label={words.panes.views}
          value={panes.views}
          {...paneLimits.views}
          set={(views) => {
            desk.panes.value = { ...desk.panes.value, views };
          }}
        />
      )}
    </section>
  );
}

function Head(props: { slim: boolean; label: string; toggle: (() => void) | undefined }) {
  const { slim, label, toggle } = props;
  return (
    <div class={css.brand}>
      <span class={css.mark} aria-hidden="true">
        <Icon name="chat" size={18} />
      </span>
      {!slim && <span class={css.title}>Aftercare</span>}
      {toggle && (
        <button
          type="button"
          class={`${control.icon} ${css.fold}`}
          aria-label={label}
          title={label}
          aria-expanded={!slim}
          onClick={toggle}
        >
          <DeskIcon name={slim ? "unfold" : "fold"} />
        </button>
      )}
    </div>
  );
}

function ViewLink(props: { view: ViewName; slim: boolean }) {
  const { view, slim } = props;
  const desk = useDesk();
  const words = useDeskWords();
  const counts = useObservable(desk.source.counts);
  const name = words.views[view];
  const count = counts?.[view];
  return (
    <a
      class={css.link}
      href={hrefOfView(view)}
      aria-current={route.value.page === "desk" && viewNow(desk) === view ? "page" : undefined}
      title={slim ? name : undefined}
      data-testid={`view-${view}`}
      onClick={() => {
        desk.layer.value = undefined;
      }}
    >
      <DeskIcon name={view} />
      <span class={slim ? control.hidden : css.name}>{name}</span>
      {/* A mention is one that was not read, also where everything the customer said was. */}
      <Count count={view === "mentions" ? count : count?.unread} slim={slim} />
    </a>
  );
}

function Count(props: { count: Bounded | undefined; slim: boolean }) {
  const format = useFormat();
  const words = useDeskWords();
  const { count } = props;
  if (!count || count.count === 0) return null;
  const text = `${format.number(count.count)}${count.more ? "+" : ""}`;
  return (
    <span class={props.slim ? css.spot : css.count}>
      <span aria-hidden="true">{text}</span>
      <span class={control.hidden}>{words.views.waiting(count.count)}</span>
    </span>
  );
}

function Saved(props: { slim: boolean }) {
  const desk = useDesk();
  const words = useDeskWords();
  const saved = desk.saved.value;
  if (saved.length === 0) return null;
  const here = formatRoute({ ...parseRoute(formatRoute(route.value)) });
  return (
    <>
      <h3 class={props.slim ? control.hidden : css.heading}>{words.views.saved}</h3>
      <ul>
        {saved.map(({ name, href }) => (
          <li key={name} class={css.savedLine}>
            <a class={css.link} href={href} title={name} aria-current={here === href ? "page" : undefined}>
              <DeskIcon name="bookmark" />
              <span class={props.slim ? control.hidden : css.name}>{name}</span>
            </a>
            {!props.slim && (
              <button
                type="button"
                class={`${control.icon} ${css.remove}`}
                aria-label={words.views.remove(name)}
                onClick={() => {
                  desk.saved.value = saved.filter((one) => one.name !== name);
                }}
              >
                <Icon name="close" size={14} />
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

function Foot(props: { slim: boolean; signOut: () => void }) {
  const { slim } = props;
  const desk = useDesk();
  const me = useMe();
  const words = useDeskWords();
  const plain = useWords();
  const link = (icon: DeskIconName, label: string, href: string) => (
    <a class={css.link} href={href} title={slim ? label : undefined}>
      <DeskIcon name={icon} />
      <span class={slim ? control.hidden : css.name}>{label}</span>
    </a>
  );
  return (
    <div class={css.foot}>
      <button
        type="button"
        class={css.link}
        title={slim ? words.keys.title : undefined}
        onClick={() => perform(desk, "sheet")}
      >
        <DeskIcon name="keyboard" />
        <span class={slim ? control.hidden : css.name}>{words.keys.title}</span>
      </button>
      {link("settings", words.settings.title, "#/settings/")}
      <div class={css.me}>
        {me && <Avatar id={me.account} name={me.name} size={30} />}
        {!slim && <span class={css.name}>{me?.name}</span>}
        <Preferences
          extra={() => [
            { kind: "heading", label: me?.name ?? "" },
            {
              kind: "action",
              icon: "lock",
              label: accessWords[plain.locale].panel.entry,
              run: () => {
                desk.layer.value = "security";
              },
            },
            { kind: "action", icon: "out", label: plain.common.signOut, run: props.signOut },
          ]}
        />
      </div>
    </div>
  );
}
