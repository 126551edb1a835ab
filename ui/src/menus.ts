import { editLast, editSent, messageMenu } from "./actions.ts";
import { watchArrows } from "./arrows.ts";
import { MenuView } from "./menu-view.tsx";
import { preferenceItems } from "./preference-items.ts";

/** Everything that menus need, and the keys to them and to edits, fetched in one piece. */
export const menus = { MenuView, editLast, editSent, messageMenu, preferenceItems, watchArrows };
export type Menus = typeof menus;
