import { type Actor, type ConversationState, can } from "@aftercare/sdk";
import { control, useMe, useUi } from "@aftercare/ui";
import { closeOrReopen } from "./acts.ts";
import css from "./conversation.module.css";
import { useDeskWords } from "./desk.ts";
import { DeskIcon } from "./icons.tsx";

/** Who may close a conversation may open it again. */
export function mayClose(me: Actor | undefined, { meta, members }: ConversationState): boolean {
  const own = me && members[me.account];
  return own !== undefined && can(meta.kind, own.role, "close");
}

/** Where one writes: that nobody waits for an answer any more, and the way to open it again. */
export function Closed(props: { state: ConversationState }) {
  const { state } = props;
  const ui = useUi();
  const me = useMe();
  const { act, panel } = useDeskWords();
  return (
    <p class={`${css.mode} ${css.closed}`} data-testid="closed">
      <DeskIcon name="closed" size={16} />
      <b>{panel.isClosed}</b>
      {mayClose(me, state) && (
        <button
          type="button"
          class={`${control.button} ${control.small}`}
          data-testid="reopen"
          onClick={(event) => {
            // The button goes with the state: whoever pressed it wants to write.
            event.currentTarget.closest("[data-place]")?.querySelector<HTMLElement>("[data-testid=composer]")?.focus();
            void closeOrReopen(ui, state.stream);
          }}
        >
          {act.reopen}
        </button>
      )}
    </p>
  );
}
