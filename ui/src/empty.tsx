import type { ComponentChildren } from "preact";
import css from "./empty.module.css";
import { Icon, type IconName } from "./icons.tsx";

/** A quiet page in place of content: nothing there yet, or no longer. */
export function Empty(props: { icon: IconName; title: string; hint?: string; children?: ComponentChildren }) {
  return (
    <div class={css.empty}>
      <span class={css.icon}>
        <Icon name={props.icon} size={30} />
      </span>
      <p class={css.title}>{props.title}</p>
      {props.hint && <p class={css.hint}>{props.hint}</p>}
      {props.children}
    </div>
  );
}
