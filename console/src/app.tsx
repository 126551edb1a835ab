import type { Client, StaffAccess } from "@aftercare/sdk";
import { type Language, UiRoot } from "@aftercare/ui";
import { DeskPage } from "./desk-page.tsx";
import type { Notices } from "./notices.ts";
import type { Door } from "./security/door.ts";
import "./tokens.css";
import { SignedOut } from "./security/signed-out.tsx";

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
  /** How the surroundings call somebody; the browser's own where it is not given. */
  notices?: Notices;
};

/** The page of service staff: signed out, a form; signed in, the desk. */
export function StaffApp(props: StaffAppProps) {
  return (
    <UiRoot client={props.client} language={props.language}>
      {props.signedIn ? (
        <DeskPage access={props.access} signOut={props.signOut} notices={props.notices} />
      ) : (
        <SignedOut language={props.language} door={props.door} enter={props.enter} />
      )}
    </UiRoot>
  );
}
