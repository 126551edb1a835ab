import { useUi, useWords } from "./context.tsx";
import { type MenuItem, openMenu } from "./menu.tsx";
import { PreferencesButton } from "./preferences-button.tsx";

/** The button for language and appearance, and what the page adds. */
export function Preferences(props: { extra?: () => MenuItem[] }) {
  const ui = useUi();
  const label = useWords().common.preferences;
  return (
    <PreferencesButton
      open={(anchor) =>
        openMenu(ui, {
          label,
          anchor,
          items: (menus) => [...menus.preferenceItems(ui), ...(props.extra?.() ?? [])],
        })
      }
    />
  );
}
