import { useCallback, useState } from "preact/hooks";
import { useUi, useWords } from "./context.tsx";
import { later } from "./later.tsx";
import { PreferencesButton } from "./preferences-button.tsx";
import { toast } from "./toast.tsx";

const menus = later(() => import("./front-menus.ts").then((found) => found.frontMenus));

/** The button for language and appearance on a page that nobody has signed in to: its menu loads nothing of the desk. */
export function FrontPreferences() {
  const ui = useUi();
  const words = useWords();
  const label = words.common.preferences;
  const [anchor, setAnchor] = useState<HTMLElement>();
  const close = useCallback(() => {
    anchor?.focus({ preventScroll: true });
    setAnchor(undefined);
  }, [anchor]);
  const parts = menus.now.value;
  return (
    <>
      <PreferencesButton
        open={(place) => {
          setAnchor(place);
          menus.load().catch(() => {
            setAnchor(undefined);
            toast(ui, words.common.notLoaded);
          });
        }}
      />
      {anchor && parts && (
        <parts.MenuView key={label} menu={{ label, anchor, items: parts.preferenceItems(ui) }} close={close} />
      )}
    </>
  );
}
