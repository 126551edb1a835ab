import type { StreamView } from "@aftercare/sdk";
import { control, Icon, Preferences, useClient, useFormat, useObservable, useWords } from "@aftercare/ui";
import { signal } from "@preact/signals";
import css from "./app.module.css";
import { closeFrame } from "./extra.ts";
import { hrefOf } from "./route.ts";
import { inLanguage, type ShopSettings } from "./settings.ts";

/** The conversation on screen. */
export const onScreen = signal<StreamView | undefined>(undefined);
/** Whether the list of conversations is on screen. */
export const listed = signal(false);

/**
 * The shop, whether somebody is there, the way to the other conversations, and the choice of language. One for all that
 * comes below it: whoever stands in it keeps their place.
 */
export function Header({ settings }: { settings: ShopSettings }) {
  const words = useWords();
  const view = onScreen.value;
  const here = view?.present.length ?? 0;
  return (
    <header class={css.header}>
      <Back here={view?.state?.stream} />
      <span class={css.logo} aria-hidden="true">
        <Icon name="chat" size={22} />
      </span>
      <div class={css.heading}>
        <h1>{inLanguage(settings.title, words.locale) ?? settings.shop ?? words.start.shop}</h1>
        {!listed.value && (
          <p data-testid="presence" data-here={here}>
            {here > 0 && <span class={css.dot} />}
            {here > 0 ? words.presence.agents(here) : words.presence.away}
          </p>
        )}
      </div>
      <Preferences />
      {closeFrame.value && (
        <button
          type="button"
          class={control.icon}
          data-testid="close-frame"
          aria-label={words.common.close}
          onClick={closeFrame.value}
        >
          <Icon name="close" />
        </button>
      )}
    </header>
  );
}

/** To the list of conversations, where there is one; with how much is unread in the others. */
function Back(props: { here: string | undefined }) {
  const { lines } = useObservable(useClient().inbox);
  const words = useWords();
  const format = useFormat();
  const support = lines.filter(({ entry }) => entry.kind === "support");
  if (support.length === 0 || listed.value) return null;
  const others = support.filter(({ entry }) => entry.stream !== props.here);
  const unread = others.reduce((sum, line) => sum + line.unread.count, 0);
  return (
    <a class={`${control.icon} ${css.back}`} href={hrefOf("list")} data-testid="back">
      <Icon name="back" size={24} />
      <span class={control.hidden}>{words.list.label}</span>
      {unread > 0 && (
        <>
          <span class={css.badge} aria-hidden="true">
            {format.number(unread)}
          </span>
          <span class={control.hidden}>{words.list.unread(format.number(unread))}</span>
        </>
      )}
    </a>
  );
}
