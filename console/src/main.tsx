import { createBrowserClient, decide, Lists } from "@aftercare/sdk";
import { loadLanguage, loadWaiting, startTheme } from "@aftercare/ui";
import { signal } from "@preact/signals";
import { render } from "preact";
import { StaffApp } from "./app.tsx";
import { go } from "./route.ts";

async function main(): Promise<void> {
  startTheme();
  const language = await loadLanguage();
  const { client, auth } = createBrowserClient({ base: location.origin, kind: "staff", law: decide, lists: Lists });
  const root = document.getElementById("app");
  if (!root) throw new Error("the page has no #app");
  const signedIn = signal((await auth.credential()) !== undefined);

  const signIn = async (login: string, password: string) => {
    const answer = await auth.signIn(login, password);
    if ("refusal" in answer) return { refusal: answer.refusal };
    signedIn.value = true;
    await client.start();
    return {};
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
      signIn={signIn}
      signOut={() => void signOut()}
    />
  );
  document.title = language.words.value.console.title;
  render(<Page />, root);
  void loadWaiting();
  if (signedIn.value) await client.start();
}

void main();
