import { mayEverywhere, type StreamId, type StreamView } from "@aftercare/sdk";
import { control, useCommand, useMe } from "@aftercare/ui";
import { focusComposer } from "./acts.ts";
import { useDeskWords } from "./desk.ts";
import { DeskIcon } from "./icons.tsx";
import css from "./reading.module.css";
import { deskRoute, route } from "./route.ts";

/** Whether one reads a customer's conversation without being in it. */
export function useReading(view: StreamView): boolean {
  const me = useMe();
  const { state } = view;
  return me !== undefined && state?.meta.kind === "support" && state.members[me.account] === undefined;
}

/** In place of the composer: that one reads along, and the way in. */
export function Reading(props: { stream: StreamId }) {
  const me = useMe();
  const words = useDeskWords().reading;
  const run = useCommand();
  const may = me !== undefined && mayEverywhere(me, "conversation.join-any");
  const join = async () => {
    const from = route.peek();
    const isIn = await run("member.join", props.stream, {});
    // The composer is that of the first conversation, and only where nothing else was opened meanwhile.
    if (isIn && route.peek() === from && deskRoute().stream === props.stream) focusComposer();
  };
  return (
    <section class={css.bar} aria-label={words.title} data-testid="reading">
      <DeskIcon name="eye" size={20} />
      <p>
        <b>{words.title}</b> {may ? words.lead : words.ask}
      </p>
      {may && (
        <button type="button" class={control.primary} data-testid="join" onClick={() => void join()}>
          {words.join}
        </button>
      )}
    </section>
  );
}
