import { editLast, messageMenu } from "./actions.ts";
import { MenuView } from "./menu-view.tsx";
import { preferenceItems } from "./preference-items.ts";

/** Everything that menus need, and keys that do the same, fetched in one piece. */
export const menus = { MenuView, editLast, messageMenu, preferenceItems };
export type Menus = typeof menus;
