import { accessWords, type DeskWords } from "@aftercare/ui";
import type { ComponentType } from "preact";
import type { DeskIconName } from "../icons.tsx";

/**
 * The pages of the settings. One line here makes a page: its address is `#/settings/<name>`, its code is loaded when it
 * is opened, and the menu and the palette list it.
 */
export type SettingsPage = {
  name: string;
  icon: DeskIconName;
  title: (words: DeskWords) => string;
  load: () => Promise<ComponentType>;
  /** Two columns where there is room. */
  wide?: true;
};

export const settingsPages: readonly SettingsPage[] = [
  {
    name: "security",
    icon: "shield",
    title: ({ locale }) => accessWords[locale].panel.title,
    load: async () => (await import("./own-security.tsx")).OwnSecurity,
  },
  {
    name: "notifications",
    icon: "sound",
    title: ({ notify }) => notify.title,
    load: async () => (await import("./notifications.tsx")).Notifications,
  },
  {
    name: "snippets",
    icon: "bolt",
    title: ({ snippets }) => snippets.title,
    load: async () => (await import("./snippet-page.tsx")).SnippetPage,
  },
  {
    name: "keyboard",
    icon: "keyboard",
    title: ({ settings }) => settings.keyboard,
    load: async () => (await import("./keyboard.tsx")).Keyboard,
  },
  {
    name: "looks",
    icon: "settings",
    title: ({ settings }) => settings.looks,
    load: async () => (await import("./looks.tsx")).Looks,
  },
  {
    name: "designer",
    icon: "all",
    title: ({ settings }) => settings.designer,
    load: async () => (await import("./designer.tsx")).Designer,
    wide: true,
  },
  {
    name: "keys",
    icon: "key",
    title: ({ settings }) => settings.keys,
    load: async () => (await import("./keys-page.tsx")).KeysPage,
  },
];
