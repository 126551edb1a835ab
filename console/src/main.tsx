import { createBrowserClient } from "@aftercare/sdk";
import { loadLanguage, startTheme } from "@aftercare/ui";
import { signal } from "@preact/signals";
import { render } from "preact";
import { StaffApp } from "./app.tsx";
import { go } from "./route.ts";
import { createDoor } from "./security/door.ts";

async function main(): Promise<void> {
  startTheme();
  const language = await loadLanguage();
  const { client, auth, access } = createBrowserClient({ base: location.origin, kind: "staff" });
  const root = document.getElementById("app");
  if (!root) throw new Error("the page has no #app");
  const door = createDoor(access);
  const signedIn = signal((await auth.credential()) !== undefined);

  const enter = () => {
    signedIn.value = true;
    void client.start();
  };
  const signOut = async () => {
    await auth.signOut();
    // The next person at this computer must find nothing of this one.
    await client.reset();
    go(undefined);
    location.reload();
  };
  const Page = () => (
    <StaffApp
      client={client}
      language={language}
      signedIn={signedIn.value}
      door={door}
      enter={enter}
      access={access}
      signOut={() => void signOut()}
    />
  );
  document.title = language.words.value.console.title;
  render(<Page />, root);
  if (signedIn.value) await client.start();
}

void main();
