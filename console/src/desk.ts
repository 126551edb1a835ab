import type { AccountId, Mention, SharedSnippet, ShopRow, StaffAccess, StreamId } from "@aftercare/sdk";
import { type DeskWords, deskWords, type Ui, useWords } from "@aftercare/ui";
import { type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { AccountKeep } from "./account-keep.ts";
import { isRecord, kept, numberIn } from "./keep.ts";
import type { ListLine, ListSource, ViewName } from "./list-types.ts";
import { viewNames } from "./list-types.ts";
import type { Notices } from "./notices.ts";
import { type OwnLooks, readLooks } from "./own-looks.ts";
import { type Prefs, prefsOf } from "./prefs.ts";
import { deskRoute } from "./route.ts";
import { readShared, readSnippets, type Snippet } from "./snippets.ts";

export const paneLimits = {
  views: { low: 160, high: 320, first: 212 },
  list: { low: 260, high: 520, first: 336 },
  panel: { low: 240, high: 480, first: 304 },
} as const;
export type PaneName = keyof typeof paneLimits;
/** Widths in CSS pixels, and what is folded away. */
export type Panes = Record<PaneName, number> & { slim: boolean | undefined; details: boolean; split: number };
export type SavedView = { name: string; href: string };

/** What floats above the desk: one thing at a time. */
export type Layer =
  | "palette"
  | "sheet"
  | "save-view"
  | "assign"
  | "date"
  | "group"
  | "direct"
  | "drawer"
  | "details"
  | "tour"
  | "security";

/** What the parts of the desk share. */
export type Desk = {
  ui: Ui;
  access: StaffAccess;
  source: ListSource;
  keep: AccountKeep;
  notices: Notices;
  prefs: Signal<Prefs>;
  looks: Signal<OwnLooks>;
  /** This device is light or dark as its system is, whatever the account chose. */
  followsSystem: Signal<boolean>;
  panes: Signal<Panes>;
  saved: Signal<readonly SavedView[]>;
  snippets: Signal<readonly Snippet[]>;
  /** Those that all staff share. */
  shared: Signal<readonly SharedSnippet[]>;
  recent: Signal<readonly StreamId[]>;
  lastView: Signal<ViewName>;
  layer: Signal<Layer | undefined>;
  /** Which conversation the open window is about, where it is another one than the page's. */
  subject: Signal<StreamId | undefined>;
  /** Colleagues by account, as far as they were asked for. */
  names: Signal<ReadonlyMap<AccountId, string>>;
  /** The workspace's shops with their desks, once they were asked for. */
  shops: Signal<readonly ShopRow[] | undefined>;
  /** Where somebody called this account, newest first, not read yet; undefined before it is known. */
  mentions: Signal<readonly Mention[] | undefined>;
  /** The lines of the list on screen, for going up and down. */
  lines: Signal<readonly ListLine[]>;
  /** What is typed and not saved, by what it belongs to: see `drafts.ts`. */
  drafts: Signal<ReadonlyMap<string, unknown>>;
  /** The line that the keys have chosen. */
  cursor: Signal<StreamId | undefined>;
  /** Where the chosen and the open line stood last in this list: they may have left it since. */
  places: Map<StreamId, number>;
};

export const savedViews = 20;
const recentTalks = 6;

function readPanes(found: unknown): Panes {
  const from = isRecord(found) ? found : {};
  const width = (name: PaneName) => {
    const { low, high, first } = paneLimits[name];
    return numberIn(from[name], low, high, first);
  };
  return {
    views: width("views"),
    list: width("list"),
    panel: width("panel"),
    slim: typeof from.slim === "boolean" ? from.slim : undefined,
    details: from.details !== false,
    split: numberIn(from.split, 0.25, 0.75, 0.5),
  };
}

const readSaved = (found: unknown): SavedView[] =>
  (Array.isArray(found) ? found : [])
    .filter((one): one is SavedView => isRecord(one) && typeof one.name === "string" && typeof one.href === "string")
    .slice(0, savedViews);

export function makeDesk(ui: Ui, access: StaffAccess, source: ListSource, keep: AccountKeep, notices: Notices): Desk {
  return {
    ui,
    access,
    source,
    keep,
    notices,
    prefs: prefsOf(keep),
    looks: kept(keep, "looks", readLooks),
    followsSystem: kept(keep, "system", (found) => found === true),
    panes: kept(keep, "panes", readPanes),
    saved: kept(keep, "views", readSaved),
    snippets: kept(keep, "snippets", (found) => readSnippets(found, deskWords[ui.language.words.peek().locale])),
    shared: kept(keep, "shared", readShared),
    recent: signal([]),
    lastView: kept(keep, "view", (found) => viewNames.find((name) => name === found) ?? "all"),
    layer: signal(undefined),
    subject: signal(undefined),
    names: signal(new Map()),
    shops: signal(undefined),
    mentions: signal(undefined),
    lines: signal([]),
    drafts: signal(new Map()),
    cursor: signal(undefined),
    places: new Map(),
  };
}

export const DeskContext = createContext<Desk | undefined>(undefined);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error("outside of the desk");
  return desk;
}

export const useDeskWords = (): DeskWords => deskWords[useWords().locale];

/** The view of the address, else the one that was open last. */
export function viewNow(desk: Desk): ViewName {
  const wanted = deskRoute().view ?? desk.lastView.value;
  return desk.source.views.includes(wanted) ? wanted : "all";
}

/** Puts a conversation in front of the recent ones; the others keep their places. */
export function noteRecent(desk: Desk, stream: StreamId): void {
  const before = desk.recent.peek();
  if (before.includes(stream)) return;
  desk.recent.value = [...before, stream].slice(-recentTalks);
}
