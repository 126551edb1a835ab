import { useCallback, useMemo } from "preact/hooks";
import { type Ui, useUi } from "./context.tsx";
import { later } from "./later.tsx";
import type { Menus } from "./menus.ts";
import type { AnyIconName } from "./more-icons.tsx";
import { toast } from "./toast.tsx";

export type MenuItem =
  | { kind: "action"; label: string; icon?: AnyIconName; danger?: boolean; detail?: string; run: () => void }
  | { kind: "choice"; label: string; chosen: boolean; lang?: string; run: () => void }
  /** In a row at the top: the small set of reactions. */
  | { kind: "emoji"; emoji: string; label: string; chosen: boolean; run: () => void }
  | { kind: "heading"; label: string };

export type OpenMenu = {
  label: string;
  items: readonly MenuItem[] | ((menus: Menus) => readonly MenuItem[]);
  /** Where it opens, and where the focus returns. */
  anchor: HTMLElement;
  point?: { x: number; y: number } | undefined;
};

export const menus = later(() => import("./menus.ts").then((found) => found.menus));

export function openMenu(ui: Ui, menu: OpenMenu): void {
  ui.menu.value = menu;
  menus.load().catch(() => {
    ui.menu.value = undefined;
    toast(ui, ui.language.words.value.common.notLoaded);
  });
}

/** The one open menu of the page. What is in it is loaded after the first screen. */
export function MenuHost() {
  const { menu } = useUi();
  const open = menu.value;
  const parts = menus.now.value;
  const ready = useMemo(() => {
    if (!open || !parts) return undefined;
    return { ...open, items: typeof open.items === "function" ? open.items(parts) : open.items };
  }, [open, parts]);
  const close = useCallback(() => {
    const anchor = menu.value?.anchor;
    menu.value = undefined;
    anchor?.focus({ preventScroll: true });
  }, [menu]);
  return ready && parts ? <parts.MenuView key={ready.label} menu={ready} close={close} /> : null;
}
