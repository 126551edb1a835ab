import { createBrowserClient, decideMessage } from "@aftercare/sdk";
import { loadLanguage, loadWaiting, startTheme } from "@aftercare/ui";
import { render } from "preact";
import { CustomerApp } from "./app.tsx";
import { tokenNeeded } from "./extra.ts";
import { readSettings } from "./settings.ts";

const restMs = 1_500;

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
  // What the first screen does not show: the frame's other end, what was written early, the worker, notifications.
  const { addExtras } = await import("./extras.ts");
  await addExtras(browser, language);
  await client.start();
  // After the first screen, and while there is a network: menus then open at once, also offline.
  setTimeout(() => void loadWaiting(), restMs);
}

void main();
