import type { ComponentChildren, VNode } from "preact";
import css from "./empty.module.css";
import { Icon, type IconName } from "./icons.tsx";

/** A quiet page in place of content: nothing there yet, or no longer. In place of an icon by its name the page may have its own. */
export function Empty(props: { icon: IconName | VNode; title: string; hint?: string; children?: ComponentChildren }) {
  return (
    <div class={css.empty}>
      {typeof props.icon === "string" ? (
        <span class={css.icon}>
          <Icon name={props.icon} size={30} />
        </span>
      ) : (
        props.icon
      )}
      <p class={css.title}>{props.title}</p>
      {props.hint && <p class={css.hint}>{props.hint}</p>}
      {props.children}
    </div>
  );
}
