import type { StaffAccess } from "@aftercare/sdk";
import { ConnectionBar, loadWaiting, toast, useMe, useUi } from "@aftercare/ui";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { accountKeep } from "./account-keep.ts";
import { type Desk, DeskContext, makeDesk, noteRecent, useDesk, useDeskWords, viewNow } from "./desk.ts";
import css from "./desk-page.module.css";
import { deskSource } from "./desk-source.ts";
import { localKeep } from "./keep.ts";
import { laterPane } from "./later-pane.tsx";
import { hasLayers, Layers } from "./layers.tsx";
import { phoneWidth, useMedia, wideWidth } from "./media.ts";
import { NothingOpen } from "./nothing-open.tsx";
import { browserNotices, type Notices } from "./notices.ts";
import { useRefusalText } from "./own.ts";
import { shareLooks } from "./own-looks.ts";
import { Rail } from "./rail.tsx";
import { Resizer } from "./resizer.tsx";
import { deskRoute, route } from "./route.ts";
import { Sidebar } from "./sidebar.tsx";
import { Tabs } from "./tabs.tsx";
import { useShortcuts } from "./use-shortcuts.ts";
import { useTitle } from "./use-title.ts";

const conversation = laterPane(() => import("./conversation.tsx").then((found) => found.Conversation));
const settings = laterPane(() => import("./settings/settings.tsx").then((found) => found.Settings));

/** What the address shows beside the list: there before the page is drawn, so that it comes in one piece. */
export async function loadRoute(): Promise<void> {
  if (route.peek().page === "settings") await settings.load();
  else if (deskRoute().stream !== undefined) await conversation.load();
}

/** After the first screen: a conversation is what is opened next. */
export const loadNext = (): Promise<void> => conversation.load().then(loadWaiting, loadWaiting);

/** The desk of one account. What it chose here is kept for it alone. */
export function DeskPage(props: { access: StaffAccess; signOut: () => void; notices?: Notices | undefined }) {
  const ui = useUi();
  const account = useMe()?.account ?? "";
  const desk = useMemo(
    () =>
      makeDesk(
        ui,
        props.access,
        deskSource(ui.client),
        accountKeep(localKeep(account), props.access, ui.client.me),
        props.notices ?? browserNotices(),
      ),
    [ui, account, props.access, props.notices],
  );
  // Before it is known whose desk this is, nothing is: it would be taken for the next person's at this computer.
  useEffect(() => (account === "" ? undefined : desk.keep.follow()), [desk, account]);
  useEffect(() => shareLooks(desk.looks, desk.followsSystem, ui.language), [desk, ui]);
  useOpened(desk, account);
  const person = usePerson(account);
  return (
    <DeskContext.Provider value={desk}>
      <Whole key={person} signOut={props.signOut} />
    </DeskContext.Provider>
  );
}

/** What was opened before it was known whose desk this is stays open on the desk that is theirs. */
function useOpened(desk: Desk, account: string): void {
  const last = useRef({ desk, account });
  if (last.current.desk === desk) return;
  if (last.current.account === "") desk.layer.value = last.current.desk.layer.peek();
  last.current = { desk, account };
}

/** Counts up whenever somebody who was known is not the one any more: nothing that was drawn for them stays. */
function usePerson(account: string): number {
  const known = useRef({ account, count: 0 });
  if (known.current.account !== account) {
    const first = known.current.account === "" && known.current.count === 0;
    known.current = { account, count: known.current.count + (first ? 0 : 1) };
  }
  return known.current.count;
}

function Whole(props: { signOut: () => void }) {
  const desk = useDesk();
  const now = route.value;
  useShortcuts(desk);
  useTitle(desk);
  const textOf = useRefusalText();
  const refused = desk.keep.refused.value;
  useEffect(() => {
    if (refused) toast(desk.ui, textOf(refused));
  }, [refused]);
  return (
    <div class={css.app} data-known={desk.keep.known.value && hasLayers()}>
      <ConnectionBar signIn={props.signOut} />
      {now.page === "settings" ? <settings.View name={now.name} /> : <Panes signOut={props.signOut} />}
      <Layers />
    </div>
  );
}

function Panes(props: { signOut: () => void }) {
  const desk = useDesk();
  const words = useDeskWords();
  const wide = useMedia(wideWidth);
  const { views, list, panel } = desk.panes.value;
  const { stream } = deskRoute();
  const view = viewNow(desk);
  const drawer = !wide && desk.layer.value === "drawer";
  useEffect(() => {
    desk.lastView.value = view;
  }, [desk, view]);
  const close = () => {
    desk.layer.value = undefined;
  };
  return (
    <main
      class={css.desk}
      data-open={stream !== undefined}
      style={{ "--views": `${views}px`, "--list": `${list}px`, "--panel": `${panel}px` }}
    >
      {(wide || drawer) && (
        <div class={css.rail} data-drawer={drawer}>
          {drawer && <button type="button" class={css.shade} aria-label={words.views.collapse} onClick={close} />}
          <Rail signOut={props.signOut} />
        </div>
      )}
      <Sidebar />
      <Talks />
    </main>
  );
}

/** The open conversation, the one beside it, and the tabs of the recent ones. */
function Talks() {
  const desk = useDesk();
  const words = useDeskWords();
  const wide = useMedia(wideWidth);
  const phone = useMedia(phoneWidth);
  const { stream, side, beside } = deskRoute();
  const panes = desk.panes.value;
  const second = wide ? beside : undefined;
  useEffect(() => {
    if (stream !== undefined) noteRecent(desk, stream);
  }, [desk, stream]);
  if (stream === undefined)
    return (
      <div class={css.main}>
        <NothingOpen />
      </div>
    );
  const details = wide ? panes.details && second === undefined : desk.layer.value === "details";
  const covered = details && !wide;
  return (
    <div class={css.main}>
      {!phone && <Tabs inert={covered} />}
      <div class={css.talks} style={{ "--split": panes.split }}>
        <conversation.View key={stream} stream={stream} side={side} place="first" details={details} covered={covered} />
        {second !== undefined && (
          <section class={css.second} aria-label={words.panes.beside} data-testid="beside">
            <Resizer
              label={words.panes.split}
              after
              value={panes.split}
              low={0.25}
              high={0.75}
              first={0.5}
              perPx={() => 1 / (document.querySelector<HTMLElement>(`.${css.talks}`)?.clientWidth || 1_000)}
              set={(split) => {
                desk.panes.value = { ...desk.panes.value, split };
              }}
            />
            <conversation.View key={second} stream={second} side="chat" place="second" details={false} />
          </section>
        )}
      </div>
    </div>
  );
}
