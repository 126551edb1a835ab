import { createBrowserClient, decide, Lists, staffAccess } from "@aftercare/sdk";
import { loadLanguage, loadWaiting, startTheme } from "@aftercare/ui";
import { signal } from "@preact/signals";
import { render } from "preact";
import { StaffApp } from "./app.tsx";
import { go } from "./route.ts";
import { createDoor } from "./security/door.ts";

async function main(): Promise<void> {
  startTheme();
  const language = await loadLanguage();
  const { client, auth, box } = createBrowserClient({
    base: location.origin,
    kind: "staff",
    law: decide,
    lists: Lists,
  });
  const root = document.getElementById("app");
  if (!root) throw new Error("the page has no #app");
  const access = staffAccess(location.origin, box);
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
  void loadWaiting();
  if (signedIn.value) await client.start();
}

void main();
