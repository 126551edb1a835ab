import { useUi, useWords } from "./context.tsx";
import control from "./control.module.css";
import { Icon } from "./icons.tsx";
import { type MenuItem, openMenu } from "./menu.tsx";

/** The button for language and appearance, and what the page adds. */
export function Preferences(props: { extra?: () => MenuItem[] }) {
  const ui = useUi();
  const words = useWords();
  return (
    <button
      type="button"
      class={control.icon}
      data-testid="preferences"
      aria-haspopup="menu"
      aria-label={words.common.preferences}
      title={words.common.preferences}
      onClick={(event) =>
        openMenu(ui, {
          label: words.common.preferences,
          anchor: event.currentTarget,
          items: (menus) => [...menus.preferenceItems(ui), ...(props.extra?.() ?? [])],
        })
      }
    >
      <Icon name="globe" />
    </button>
  );
}
