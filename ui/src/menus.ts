import { editLast, editSent, messageMenu } from "./actions.ts";
import { MenuView } from "./menu-view.tsx";
import { preferenceItems } from "./preference-items.ts";

/** Everything that menus need, and edits from wherever they began, fetched in one piece. */
export const menus = { MenuView, editLast, editSent, messageMenu, preferenceItems };
export type Menus = typeof menus;
