import type { Refusal } from "@aftercare/sdk";
import { control, refusalText, useFormat, useWords } from "@aftercare/ui";
import type { FirstMessage } from "./first.ts";
import css from "./start-failure.module.css";

/** Why the first message did not go, and what can be done. */
export function StartFailure(props: { refusal: Refusal; first: FirstMessage }) {
  const { refusal, first } = props;
  const words = useWords();
  const format = useFormat();
  return (
    <div class={css.failure} role="alert">
      <p>
        {words.start.failed} {refusalText(refusal, words, format)}
      </p>
      <button type="button" class={`${control.button} ${control.small}`} onClick={() => first.retry()}>
        {words.common.retry}
      </button>
      <button type="button" class={`${control.button} ${control.small}`} onClick={() => first.discard()}>
        {words.common.discard}
      </button>
    </div>
  );
}
