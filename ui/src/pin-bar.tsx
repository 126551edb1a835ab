import type { StreamView } from "@aftercare/sdk";
import { messageAt } from "@aftercare/sdk";
import { useEffect } from "preact/hooks";
import { useUi, useWords } from "./context.tsx";
import { Icon } from "./icons.tsx";
import css from "./pin-bar.module.css";
import { goTo, lineOf, type Talk } from "./talk.ts";

export type PinBarProps = { talk: Talk; view: StreamView; openList: () => void };

/** The newest pinned message above the timeline; opens the list where there are more. */
export function PinBar(props: PinBarProps) {
  const { talk, view } = props;
  const ui = useUi();
  const words = useWords();
  const pins = view.state?.meta.pins ?? [];
  usePinned(talk, view);
  const seq = pins.at(-1);
  if (seq === undefined || !view.state) return null;
  const message = messageAt(view.state, seq);
  return (
    <button
      type="button"
      class={css.bar}
      onClick={() => (pins.length > 1 ? props.openList() : void goTo(ui, talk, seq))}
    >
      <Icon name="pin" size={18} />
      <span class={css.barText}>
        <span class={css.barTitle}>{pins.length > 1 ? words.pins.count(pins.length) : words.timeline.pinned}</span>
        <span class={css.line}>{message ? lineOf(message, words) : words.common.loading}</span>
      </span>
    </button>
  );
}

function usePinned(talk: Talk, view: StreamView): void {
  const { state } = view;
  const missing = state ? state.meta.pins.filter((seq) => !messageAt(state, seq)).join(",") : "";
  useEffect(() => {
    if (missing) talk.handle.need(missing.split(",").map(Number).slice(-50));
  }, [talk, missing]);
}
