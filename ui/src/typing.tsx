import type { StreamView } from "@aftercare/sdk";
import { useWords } from "./context.tsx";
import css from "./typing.module.css";

/** Who is typing; its place is kept free, so that nothing jumps. */
export function Typing(props: { view: StreamView }) {
  const { typing, state } = props.view;
  const words = useWords();
  const names = typing.map((account) => state?.members[account]?.name).filter((name) => name !== undefined);
  const [first, second] = names;
  let text = "";
  if (first !== undefined) text = words.typing.one(first);
  if (first !== undefined && second !== undefined) text = words.typing.two(first, second);
  if (names.length > 2) text = words.typing.many(names.length);
  return (
    <div class={css.typing} role="status" data-testid="typing">
      {text && (
        <>
          <span class={css.dots} aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <span class={css.text}>{text}</span>
        </>
      )}
    </div>
  );
}
