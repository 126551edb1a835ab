import { useLayoutEffect } from "preact/hooks";
import { followOpen, perform } from "./acts.ts";
import type { Desk } from "./desk.ts";
import { actOf, isTyping } from "./keys.ts";
import { deskRoute, route } from "./route.ts";

/** Listens to the keys of the page. What is open above the desk (menus, windows) has its own keys. */
export function useShortcuts(desk: Desk): void {
  const { stream } = deskRoute();
  useLayoutEffect(() => followOpen(desk, stream), [desk, stream]);
  // With what is drawn: a key pressed before the next frame would be typed into the reply.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.repeat) return;
      const act = actOf(event, isTyping(event.target), desk.prefs.value.keys);
      if (act === undefined) return;
      const covered = document.querySelector("dialog[open], [role=menu]") !== null;
      if (covered && act !== "palette") return;
      if (route.value.page === "settings" && act !== "palette" && act !== "sheet" && typeof act !== "object") return;
      event.preventDefault();
      perform(desk, act);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [desk]);
}
