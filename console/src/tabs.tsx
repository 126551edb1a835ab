import type { StreamId } from "@aftercare/sdk";
import { Avatar, control, Icon, lineTitle, useClient, useMe, useObservable, useWords } from "@aftercare/ui";
import { useDesk, useDeskWords } from "./desk.ts";
import { deskRoute, go, hrefOf } from "./route.ts";
import css from "./tabs.module.css";

/** The conversations opened last, each one click away. */
export function Tabs(props: { inert: boolean }) {
  const desk = useDesk();
  const words = useDeskWords();
  const recent = desk.recent.value;
  if (recent.length < 2) return null;
  return (
    <nav class={css.tabs} inert={props.inert} aria-label={words.panes.tabs} data-testid="tabs">
      {recent.map((stream) => (
        <Tab key={stream} stream={stream} />
      ))}
    </nav>
  );
}

function Tab(props: { stream: StreamId }) {
  const { stream } = props;
  const desk = useDesk();
  const me = useMe();
  const words = useDeskWords();
  const plain = useWords();
  const { lines } = useObservable(useClient().inbox);
  const line = lines.find((one) => one.entry.stream === stream);
  if (!line) return null;
  const open = deskRoute().stream === stream;
  const name = lineTitle(line, me, plain);
  const face = line.state?.meta.customer ?? stream;
  const close = () => {
    const rest = desk.recent.value.filter((one) => one !== stream);
    desk.recent.value = rest;
    if (open) go(rest.at(-1));
  };
  return (
    <span class={css.tab} data-open={open}>
      <a href={hrefOf(stream)} aria-current={open ? "page" : undefined} title={name}>
        <Avatar id={face} name={name} size={20} />
        <span class={css.name}>{name}</span>
        {line.draft && !open && (
          <span class={css.draft}>
            <span class={control.hidden}>{words.list.draft}</span>
          </span>
        )}
        {line.unread.count > 0 && !open && (
          <span class={css.unread}>
            <span class={control.hidden}>{plain.list.unread(String(line.unread.count))}</span>
          </span>
        )}
      </a>
      <button type="button" class={css.close} aria-label={words.panes.closeTab(name)} onClick={close}>
        <Icon name="close" size={13} />
      </button>
    </span>
  );
}
