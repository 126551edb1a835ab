import { FrontRoot, type Language } from "@aftercare/ui";
import "./tokens.css";
import type { Door } from "./security/door.ts";
import { SignedOut } from "./security/signed-out.tsx";

/** The page before somebody is signed in. `enter`: the credential is there, the desk may open. */
export function FrontApp(props: { language: Language; door: Door; enter: () => void }) {
  return (
    <FrontRoot language={props.language}>
      <SignedOut {...props} />
    </FrontRoot>
  );
}
