import { MenuView } from "./menu-view.tsx";
import { preferenceItems } from "./preference-items.ts";

/** What the menu of a page before the sign-in needs: nothing of messages. */
export const frontMenus = { MenuView, preferenceItems };
