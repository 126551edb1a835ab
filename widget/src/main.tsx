import { createBrowserClient, decideMessage } from "@aftercare/sdk";
import { loadLanguage, loadWaiting, startTheme } from "@aftercare/ui";
import { render } from "preact";
import { CustomerApp } from "./app.tsx";
import { tokenNeeded } from "./extra.ts";
import { readSettings } from "./settings.ts";

const restMs = 1_500;
const againMs = 2_000;

async function main(): Promise<void> {
  startTheme();
  const language = await loadLanguage();
  const query = new URLSearchParams(location.search);
  const browser = createBrowserClient({
    base: location.origin,
    kind: "customer",
    law: decideMessage,
    onTokenNeeded: query.has("embed") ? () => tokenNeeded.value?.() : undefined,
  });
  const { client } = browser;
  const settings = readSettings(document);
  const root = document.getElementById("app");
  if (!root) throw new Error("the page has no #app");
  document.title = settings.shop ?? language.words.value.start.shop;
  render(<CustomerApp client={client} language={language} settings={settings} />, root);
  // What the first screen does not show: the frame's other end, what was written early, the worker, notifications. The server
  // may be away for a moment: the page does without until it is back; in a frame it waits to be joined with the page around it.
  const extras = async (): Promise<void> => {
    const found = await import("./extras.ts").catch(() => undefined);
    if (found) return found.addExtras(browser, language);
    const again = new Promise((resolve) => setTimeout(resolve, againMs)).then(extras);
    if (query.has("embed")) await again;
  };
  await extras();
  await client.start();
  // After the first screen, and while there is a network: menus then open at once, also offline.
  setTimeout(() => void loadWaiting(), restMs);
}

void main();
