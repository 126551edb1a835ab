import type { Client } from "@aftercare/sdk";
import { type Language, UiRoot } from "@aftercare/ui";
import { DeskPage } from "./desk-page.tsx";
import type { Notices } from "./notices.ts";
import { SignIn, type SignInAnswer } from "./sign-in.tsx";

export type StaffAppProps = {
  client: Client;
  language: Language;
  signedIn: boolean;
  signIn: (login: string, password: string) => Promise<SignInAnswer>;
  signOut: () => void;
  /** How the surroundings call somebody; the browser's own where it is not given. */
  notices?: Notices;
};

/** The page of service staff: signed out, a form; signed in, the desk. */
export function StaffApp(props: StaffAppProps) {
  return (
    <UiRoot client={props.client} language={props.language}>
      {props.signedIn ? (
        <DeskPage signOut={props.signOut} notices={props.notices} />
      ) : (
        <SignIn language={props.language} signIn={props.signIn} />
      )}
    </UiRoot>
  );
}
