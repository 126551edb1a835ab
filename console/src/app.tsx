import type { Client } from "@aftercare/sdk";
import { ConnectionBar, type Language, UiRoot, useClient, useObservable } from "@aftercare/ui";
import { useEffect } from "preact/hooks";
import css from "./app.module.css";
import { Conversation } from "./conversation.tsx";
import { NothingOpen } from "./nothing-open.tsx";
import { route } from "./route.ts";
import { Sidebar } from "./sidebar.tsx";
import { SignIn, type SignInAnswer } from "./sign-in.tsx";

export type StaffAppProps = {
  client: Client;
  language: Language;
  signedIn: boolean;
  signIn: (login: string, password: string) => Promise<SignInAnswer>;
  signOut: () => void;
};

/** The page of service staff: signed out, a form; signed in, the desk. */
export function StaffApp(props: StaffAppProps) {
  return (
    <UiRoot client={props.client} language={props.language}>
      {props.signedIn ? <Desk signOut={props.signOut} /> : <SignIn language={props.language} signIn={props.signIn} />}
    </UiRoot>
  );
}

/** The list beside the open conversation; on phones one of them at a time. */
function Desk(props: { signOut: () => void }) {
  const client = useClient();
  const inbox = useObservable(client.inbox);
  const { stream, side } = route.value;
  useTitle(inbox.lines.reduce((sum, line) => sum + line.unread.count, 0));
  return (
    <div class={css.app}>
      <ConnectionBar signIn={props.signOut} />
      <main class={css.desk} data-open={stream !== undefined}>
        <Sidebar inbox={inbox} open={stream} signOut={props.signOut} />
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
