import { useWords } from "./context.tsx";
import control from "./control.module.css";
import { Icon } from "./icons.tsx";

/** The button for language and appearance; `open` gets the place of its menu. */
export function PreferencesButton(props: { open: (anchor: HTMLElement) => void }) {
  const label = useWords().common.preferences;
  return (
    <button
      type="button"
      class={control.icon}
      data-testid="preferences"
      aria-haspopup="menu"
      aria-label={label}
      title={label}
      onClick={(event) => props.open(event.currentTarget)}
    >
      <Icon name="globe" />
    </button>
  );
}
