import type { DeskWords } from "@aftercare/ui";
import type { ViewName } from "./list-types.ts";

export type Act =
  | "palette"
  | "sheet"
  | "next"
  | "previous"
  | "openNext"
  | "openPrevious"
  | "reply"
  | "note"
  | "close"
  | "assign"
  | "mute"
  | "pin"
  | "archive"
  | "unread"
  | "search"
  | "panel"
  | "split"
  | "settings"
  | "escape"
  | { view: number };

export type KeyGroup = keyof DeskWords["keys"]["groups"];
export type Shortcut = {
  act: Act | "open" | "snippet" | "mention";
  /** As on the keys; `Mod` is Ctrl, or Command on a Mac. */
  keys: readonly string[];
  group: KeyGroup;
  say: (words: DeskWords) => string;
};

/** The one table of shortcuts: what the keys do, and what the sheet shows. */
export const shortcuts: readonly Shortcut[] = [
  { act: "next", keys: ["J"], group: "go", say: ({ keys }) => keys.next },
  { act: "previous", keys: ["K"], group: "go", say: ({ keys }) => keys.previous },
  { act: "open", keys: ["Enter"], group: "go", say: ({ keys }) => keys.open },
  { act: "openNext", keys: ["Alt+ArrowDown"], group: "go", say: ({ keys }) => keys.openNext },
  { act: "openPrevious", keys: ["Alt+ArrowUp"], group: "go", say: ({ keys }) => keys.openPrevious },
  { act: "unread", keys: ["U"], group: "go", say: ({ keys }) => keys.unread },
  { act: "search", keys: ["/"], group: "go", say: ({ keys }) => keys.search },
  { act: "reply", keys: ["R"], group: "conversation", say: ({ keys }) => keys.reply },
  { act: "note", keys: ["N"], group: "conversation", say: ({ keys }) => keys.note },
  { act: "assign", keys: ["A"], group: "conversation", say: ({ keys }) => keys.assign },
  { act: "close", keys: ["E"], group: "conversation", say: ({ keys }) => keys.close },
  { act: "mute", keys: ["M"], group: "conversation", say: ({ keys }) => keys.mute },
  { act: "pin", keys: ["P"], group: "conversation", say: ({ keys }) => keys.pin },
  { act: "archive", keys: ["Y"], group: "conversation", say: ({ keys }) => keys.archive },
  { act: "snippet", keys: ["/"], group: "write", say: ({ keys }) => keys.snippet },
  { act: "mention", keys: ["@"], group: "write", say: ({ keys }) => keys.mention },
  { act: "escape", keys: ["Escape"], group: "write", say: ({ keys }) => keys.escape },
  { act: "palette", keys: ["Mod+K"], group: "window", say: ({ keys }) => keys.palette },
  { act: "sheet", keys: ["?"], group: "window", say: ({ keys }) => keys.sheet },
  { act: "panel", keys: ["D"], group: "window", say: ({ keys }) => keys.panel },
  { act: "split", keys: ["S"], group: "window", say: ({ keys }) => keys.split },
  { act: "settings", keys: [","], group: "window", say: ({ keys }) => keys.settings },
];

/** Digits open the views, in the order in which they stand. */
export const viewShortcuts = (views: readonly ViewName[]): Shortcut[] =>
  views.slice(0, 9).map((view, index) => ({
    act: { view: index },
    keys: [String(index + 1)],
    group: "go",
    say: (words) => words.keys.view(words.views[view]),
  }));

export type Press = {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  isComposing: boolean;
  keyCode: number;
};

const byKey = new Map<string, Act>();
for (const { act, keys } of shortcuts)
  if (act !== "open" && act !== "snippet" && act !== "mention") for (const key of keys) byKey.set(key, act);

/**
 * What a key asks for, or nothing. `typing`: it goes into a text, where only Escape and the palette count. `single`: keys
 * without Ctrl may act. An input method's keys never do (key code 229 where the browser ends the composition first).
 */
export function actOf(press: Press, typing: boolean, single: boolean): Act | undefined {
  if (press.isComposing || press.keyCode === 229) return undefined;
  const mod = press.ctrlKey || press.metaKey;
  if (mod) return press.key.toLowerCase() === "k" && !press.altKey ? byKey.get("Mod+K") : undefined;
  if (press.key === "Escape") return "escape";
  if (press.altKey) return byKey.get(`Alt+${press.key}`);
  if (typing || !single) return undefined;
  if (/^[1-9]$/.test(press.key)) return { view: Number(press.key) - 1 };
  return byKey.get(press.key.length === 1 ? press.key.toUpperCase() : press.key);
}

/** Whether what is pressed there becomes text or belongs to a control of its own. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  return target.matches(
    "textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=range]), [role=menu] *, [role=combobox]",
  );
}

export const isMac = (): boolean => /Mac|iP(hone|ad)/.test(navigator.platform);

/** A key as people know it from their keyboard. */
export function keyCaps(key: string): string[] {
  const names: Record<string, string> = {
    Mod: isMac() ? "⌘" : "Ctrl",
    Alt: isMac() ? "⌥" : "Alt",
    ArrowDown: "↓",
    ArrowUp: "↑",
    Escape: "Esc",
  };
  return key.split("+").map((cap) => names[cap] ?? cap);
}
