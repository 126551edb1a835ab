import { type Actor, mayEverywhere, type WorkspacePermission } from "@aftercare/sdk";
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
  /** Has a table, and more room than a column of text. */
  wide?: boolean;
  /** Who has none of these does not see the page; the server decides all the same. */
  needs?: readonly WorkspacePermission[];
};

export const mayOpen = (page: SettingsPage, me: Actor | undefined): boolean =>
  page.needs?.some((one) => me !== undefined && mayEverywhere(me, one)) ?? true;

export const settingsPages: readonly SettingsPage[] = [
  {
    name: "profile",
    icon: "team",
    title: ({ settings }) => settings.profile,
    load: async () => (await import("./profile-page.tsx")).ProfilePage,
  },
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
    icon: "tongue",
    title: ({ settings }) => settings.looks,
    load: async () => (await import("./looks.tsx")).Looks,
  },
  {
    name: "designer",
    icon: "brush",
    title: ({ settings }) => settings.designer,
    load: async () => (await import("./designer.tsx")).Designer,
    wide: true,
    needs: ["settings.manage"],
  },
  {
    name: "shared-snippets",
    icon: "bolt",
    title: ({ settings }) => settings.sharedSnippets,
    load: async () => (await import("./shared-snippet-page.tsx")).SharedSnippetPage,
    needs: ["snippets.manage"],
  },
  {
    name: "keys",
    icon: "key",
    title: ({ settings }) => settings.keys,
    load: async () => (await import("./keys-page.tsx")).KeysPage,
    needs: ["keys.manage"],
  },
  {
    name: "staff",
    wide: true,
    icon: "team",
    title: ({ settings }) => settings.staff,
    load: async () => (await import("./staff-page.tsx")).StaffPage,
    needs: ["staff.read", "staff.manage"],
  },
  {
    name: "roles",
    wide: true,
    icon: "badge",
    title: ({ settings }) => settings.roles,
    load: async () => (await import("./roles-page.tsx")).RolesPage,
    needs: ["staff.read", "roles.manage"],
  },
  {
    name: "shops",
    wide: true,
    icon: "place",
    title: ({ settings }) => settings.shops,
    load: async () => (await import("./shops-page.tsx")).ShopsPage,
    needs: ["shops.manage"],
  },
  {
    name: "workspace",
    icon: "box",
    title: ({ settings }) => settings.workspace,
    load: async () => (await import("./workspace-page.tsx")).WorkspacePage,
    needs: ["settings.manage"],
  },
  {
    name: "audit",
    wide: true,
    icon: "record",
    title: ({ settings }) => settings.audit,
    load: async () => (await import("./audit-page.tsx")).AuditPage,
    needs: ["audit.read"],
  },
];
