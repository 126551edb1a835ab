import type { StreamView } from "@aftercare/sdk";
import { control, Icon, Preferences, useWords } from "@aftercare/ui";
import css from "./app.module.css";
import { closeFrame } from "./extra.ts";

/** The shop, whether somebody is there, and the choice of language. */
export function Header(props: { shop: string | undefined; view: StreamView | undefined }) {
  const words = useWords();
  const here = props.view?.present.length ?? 0;
  return (
    <header class={css.header}>
      <span class={css.logo} aria-hidden="true">
        <Icon name="chat" size={22} />
      </span>
      <div class={css.heading}>
        <h1>{props.shop ?? words.start.shop}</h1>
        <p data-testid="presence" data-here={here}>
          {here > 0 && <span class={css.dot} />}
          {here > 0 ? words.presence.agents(here) : words.presence.away}
        </p>
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
