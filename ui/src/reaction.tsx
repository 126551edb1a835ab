import type { Seq, StreamId } from "@aftercare/protocol";
import { useCommand } from "./command.ts";
import { useFormat, useWords } from "./context.tsx";
import control from "./control.module.css";
import type { NameOf } from "./names.ts";
import css from "./reaction.module.css";

export const reactionSet = ["👍", "❤️", "😂", "😮", "😢", "🙏"] as const;

/** The reactions below a message; a click joins or takes back. */
export function Reactions(props: {
  stream: StreamId;
  seq: Seq;
  reactions: Record<string, string[]>;
  me: string | undefined;
  nameOf: NameOf;
  disabled: boolean;
}) {
  const { stream, seq, reactions, me } = props;
  const run = useCommand();
  const words = useWords();
  const format = useFormat();
  return (
    <div class={css.reactions}>
      {Object.entries(reactions).map(([emoji, accounts]) => {
        const on = me !== undefined && accounts.includes(me);
        const names = format.list(accounts.slice(0, 20).map(props.nameOf));
        return (
          <button
            key={emoji}
            type="button"
            class={css.reaction}
            aria-pressed={on}
            title={names}
            disabled={props.disabled}
            onClick={() => void run("message.react", stream, { seq, emoji, on: !on })}
          >
            <span aria-hidden="true">{emoji}</span>
            <span class={control.hidden}>{words.reactions.of(emoji, names)}</span>
            {accounts.length > 1 && (
              <span class={css.count} aria-hidden="true">
                {format.number(accounts.length)}
              </span>
            )}
          </button>
        );
      })}
    </div>
  );
}
