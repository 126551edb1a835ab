import { Empty } from "@aftercare/ui";
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
  const pile = (
    <span class={css.pile}>
      <DeskIcon name={props.icon} size={28} />
    </span>
  );
  return <Empty {...props} icon={pile} />;
}
