import {
  chooseTheme,
  languageNames,
  lineOf,
  lineTitle,
  locales,
  themes,
  useMe,
  useObservable,
  usePeople,
  useUi,
} from "@aftercare/ui";
import { perform } from "./acts.ts";
import { type Desk, useDeskWords } from "./desk.ts";
import type { DeskIconName } from "./icons.tsx";
import { type Act, shortcuts } from "./keys.ts";
import type { ViewName } from "./list-types.ts";
import { deskRoute, go, goTo, hrefOfView, route } from "./route.ts";
import { mayOpen, settingsPages } from "./settings/pages.ts";

export type EntryGroup = "actions" | "conversations" | "people" | "views" | "settings" | "looks";
export type Entry = {
  key: string;
  group: EntryGroup;
  label: string;
  detail?: string;
  /** What it is found by besides. */
  more?: string;
  icon?: DeskIconName | ViewName;
  face?: string;
  /** Whose face it is, where the label says more. */
  name?: string;
  keys?: string;
  run: () => void;
};

/** The newest conversations are looked through; older ones are found by the filter of the list. */
const mostConversations = 1_000;

const actIcons: Partial<Record<string, DeskIconName>> = {
  reply: "pencil",
  note: "bookmark",
  assign: "assign",
  close: "closed",
  mute: "muted",
  panel: "panel",
  split: "split",
  sheet: "keyboard",
  settings: "settings",
  archive: "archived",
};
const inConversation = new Set(["reply", "note", "assign", "close", "mute", "pin", "archive", "panel", "split"]);
const notEntries = new Set(["palette", "next", "previous", "open", "snippet", "mention", "escape"]);

export function useEntries(desk: Desk): Entry[] {
  const me = useMe();
  const words = useDeskWords();
  const open = deskRoute().stream !== undefined;
  // What one can do with the open conversation comes first.
  const first = (act: unknown) => (inConversation.has(String(act)) ? 0 : 1);
  const actions = shortcuts
    .filter(({ act }) => typeof act === "string" && !notEntries.has(act) && (open || !inConversation.has(act)))
    .sort((a, b) => first(a.act) - first(b.act))
    .map(
      ({ act, keys, say }): Entry => ({
        key: `act ${String(act)}`,
        group: "actions",
        label: say(words),
        icon: actIcons[String(act)] ?? "bolt",
        ...(keys[0] !== undefined && { keys: keys[0] }),
        run: () => perform(desk, act as Act),
      }),
    );
  const views = desk.source.views.map(
    (view, index): Entry => ({
      key: `view ${view}`,
      group: "views",
      label: words.views[view],
      icon: view,
      keys: String(index + 1),
      run: () => goTo(hrefOfView(view)),
    }),
  );
  const saved = desk.saved.value.map(
    ({ name, href }): Entry => ({
      key: `saved ${name}`,
      group: "views",
      label: name,
      detail: words.views.saved,
      icon: "bookmark",
      run: () => goTo(href),
    }),
  );
  const settings = settingsPages
    .filter((page) => mayOpen(page, me))
    .map(
      ({ name, icon, title }): Entry => ({
        key: `settings ${name}`,
        group: "settings",
        label: title(words),
        icon,
        run: () => goTo(`#/settings/${name}`),
      }),
    );
  return [...actions, ...useConversations(), ...useColleagues(), ...views, ...saved, ...settings, ...useLooks()];
}

function useConversations(): Entry[] {
  const ui = useUi();
  const me = useMe();
  const { lines } = useObservable(ui.client.inbox);
  const plain = ui.language.words.value;
  return lines.slice(0, mostConversations).map((line): Entry => {
    const { stream } = line.entry;
    return {
      key: stream,
      group: "conversations",
      label: lineTitle(line, me, plain),
      detail: line.last?.type === "message.sent" ? lineOf(line.last, plain).slice(0, 200) : "",
      face: line.state?.meta.customer ?? stream,
      run: () => go(stream),
    };
  });
}

function useColleagues(): Entry[] {
  const ui = useUi();
  const me = useMe();
  const words = useDeskWords();
  const { people = [] } = usePeople();
  return people
    .filter(({ account }) => account !== me?.account)
    .map(({ account, name }): Entry => {
      const start = async () => {
        const from = route.peek();
        const sent = ui.client.send("conversation.start-direct", undefined, { account });
        const answer = await sent.done;
        if ("refusal" in answer) ui.client.discard(sent.id);
        // Who has gone elsewhere meanwhile is not fetched away.
        else if (route.peek() === from) go(answer.ack.conversation ?? answer.ack.stream);
      };
      return {
        key: account,
        group: "people",
        label: words.palette.talkTo(name),
        face: account,
        name,
        run: () => void start(),
      };
    });
}

function useLooks(): Entry[] {
  const { language } = useUi();
  const { common } = language.words.value;
  const words = useDeskWords();
  const languages = locales.map(
    (one): Entry => ({
      key: `language ${one}`,
      group: "looks",
      label: languageNames[one],
      detail: common.language,
      icon: "settings",
      run: () => void language.choose(one),
    }),
  );
  const looks = themes.map(
    (one): Entry => ({
      key: `theme ${one}`,
      group: "looks",
      label: common.themes[one],
      detail: common.theme,
      more: words.palette.groups.looks,
      icon: "settings",
      run: () => chooseTheme(one),
    }),
  );
  return [...languages, ...looks];
}
