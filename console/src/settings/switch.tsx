import { useId } from "preact/hooks";
import css from "./settings.module.css";

/** One choice that is on or off, with a line that says what it does. */
export function Switch(props: {
  name: string;
  hint?: string;
  on: boolean;
  disabled?: boolean;
  set: (on: boolean) => void;
}) {
  const hint = useId();
  return (
    <label class={css.row}>
      <span class={css.text}>
        <b>{props.name}</b>
        {props.hint && <span id={hint}>{props.hint}</span>}
      </span>
      <input
        class={css.switch}
        type="checkbox"
        role="switch"
        checked={props.on}
        aria-checked={props.on}
        disabled={props.disabled}
        aria-label={props.name}
        aria-describedby={props.hint && hint}
        onChange={(event) => props.set(event.currentTarget.checked)}
      />
    </label>
  );
}
