import type { ComponentChildren } from "preact";
import css from "./blank.module.css";
import { DeskIcon, type DeskIconName } from "./icons.tsx";
import type { ViewName } from "./list-types.ts";

/** A place of the desk with nothing in it: which place it is, and what comes there. */
export function Blank(props: {
  icon: DeskIconName | ViewName;
  title: string;
  hint?: string;
  children?: ComponentChildren;
}) {
  return (
    <div class={css.blank}>
      <span class={css.pile}>
        <DeskIcon name={props.icon} size={28} />
      </span>
      <p class={css.title}>{props.title}</p>
      {props.hint && <p class={css.hint}>{props.hint}</p>}
      {props.children}
    </div>
  );
}
