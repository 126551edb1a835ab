import type { Client, StaffAccess } from "@aftercare/sdk";
import { ConnectionBar, type Language, UiRoot, useClient, useObservable } from "@aftercare/ui";
import { useEffect } from "preact/hooks";
import css from "./app.module.css";
import { Conversation } from "./conversation.tsx";
import { NothingOpen } from "./nothing-open.tsx";
import { route } from "./route.ts";
import type { Door } from "./security/door.ts";
import { SignedOut } from "./security/signed-out.tsx";
import { Sidebar } from "./sidebar.tsx";

export type StaffAppProps = {
  client: Client;
  language: Language;
  signedIn: boolean;
  /** The ways in. */
  door: Door;
  /** The credential is there: the desk may open. */
  enter: () => void;
  /** What the page of one's own ways in asks the server. */
  access: StaffAccess;
  signOut: () => void;
};

/** The page of service staff: signed out, a form; signed in, the desk. */
export function StaffApp(props: StaffAppProps) {
  return (
    <UiRoot client={props.client} language={props.language}>
      {props.signedIn ? (
        <Desk access={props.access} signOut={props.signOut} />
      ) : (
        <SignedOut language={props.language} door={props.door} enter={props.enter} />
      )}
    </UiRoot>
  );
}

/** The list beside the open conversation; on phones one of them at a time. */
function Desk(props: { access: StaffAccess; signOut: () => void }) {
  const client = useClient();
  const inbox = useObservable(client.inbox);
  const { stream, side } = route.value;
  useTitle(inbox.lines.reduce((sum, line) => sum + line.unread.count, 0));
  return (
    <div class={css.app}>
      <ConnectionBar signIn={props.signOut} />
      <main class={css.desk} data-open={stream !== undefined}>
        <Sidebar inbox={inbox} open={stream} access={props.access} signOut={props.signOut} />
        <div class={css.main}>
          {stream === undefined ? <NothingOpen /> : <Conversation key={stream} stream={stream} side={side} />}
        </div>
      </main>
    </div>
  );
}

/** The number of unread messages in the title of the tab. */
function useTitle(unread: number): void {
  useEffect(() => {
    const plain = document.title.replace(/^\(\d+\) /, "");
    document.title = unread > 0 ? `(${unread}) ${plain}` : plain;
  }, [unread]);
}
