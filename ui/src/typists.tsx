import type { StreamView } from "@aftercare/sdk";
import { useWords } from "./context.tsx";
import css from "./typists.module.css";

/** Says who is typing; nothing when nobody with a name is. */
export function Typists(props: { view: StreamView }) {
  const { typing, state } = props.view;
  const words = useWords();
  const names = typing.map((account) => state?.members[account]?.name).filter((name) => name !== undefined);
  const [first, second] = names;
  if (first === undefined) return null;
  let text = words.typing.one(first);
  if (second !== undefined) text = words.typing.two(first, second);
  if (names.length > 2) text = words.typing.many(names.length);
  return (
    <>
      <span class={css.dots} aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <span class={css.text}>{text}</span>
    </>
  );
}
