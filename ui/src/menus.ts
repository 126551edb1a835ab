import { messageMenu } from "./actions.ts";
import { MenuView } from "./menu-view.tsx";
import { preferenceItems } from "./preference-items.ts";

/** Everything that menus need, fetched in one piece. */
export const menus = { MenuView, messageMenu, preferenceItems };
export type Menus = typeof menus;
