import type { StreamView } from "@aftercare/sdk";
import { Icon, Preferences, useWords } from "@aftercare/ui";
import css from "./app.module.css";

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
    </header>
  );
}
