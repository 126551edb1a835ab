import { type Client, type CredentialBox, createBrowserClient, decide, Lists, type StaffAccess } from "@aftercare/sdk";
import { type Language, loadDeskWords, loadWords, UiRoot } from "@aftercare/ui";
import { render } from "preact";
import { DeskPage, loadNext, loadRoute } from "./desk-page.tsx";
import type { Notices } from "./notices.ts";
import { go } from "./route.ts";
import "./tokens.css";

export type DeskAppProps = {
  client: Client;
  language: Language;
  /** What the page of one's own ways in asks the server. */
  access: StaffAccess;
  signOut: () => void;
  /** How the surroundings call somebody; the browser's own where it is not given. */
  notices?: Notices;
};

/** The page of service staff who are signed in. */
export function DeskApp(props: DeskAppProps) {
  return (
    <UiRoot client={props.client} language={props.language}>
      <DeskPage access={props.access} signOut={props.signOut} notices={props.notices} />
    </UiRoot>
  );
}

/** What must be there before the desk is drawn. */
export async function loadDesk(language: Language): Promise<void> {
  await Promise.all([loadWords(language, loadDeskWords), loadRoute()]);
}

/** Opens the desk of whoever is signed in. */
export function openDesk(place: {
  root: HTMLElement;
  language: Language;
  box: CredentialBox;
  access: StaffAccess;
}): void {
  const { root, language, box, access } = place;
  const { client, auth } = createBrowserClient({
    base: location.origin,
    kind: "staff",
    law: decide,
    lists: Lists,
    box,
  });
  const signOut = async () => {
    await auth.signOut();
    // The next person at this computer must find nothing of this one.
    await client.reset();
    go(undefined);
    location.reload();
  };
  render(<DeskApp client={client} language={language} access={access} signOut={() => void signOut()} />, root);
  void loadNext();
  void client.start();
}
