import { useWords } from "@aftercare/ui";
import css from "./closed-note.module.css";
import { listWords } from "./list-words.ts";

/** That the shop has closed the conversation, and that it is no locked door. */
export function ClosedNote() {
  return (
    <p class={css.note} role="status" data-testid="closed">
      {listWords[useWords().locale].closedNote}
    </p>
  );
}
