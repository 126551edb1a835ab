import { createBrowserClient, decideMessage } from "@aftercare/sdk";
import { loadLanguage, loadWaiting, startTheme } from "@aftercare/ui";
import { render } from "preact";
import { CustomerApp } from "./app.tsx";
import { loadSettings } from "./settings.ts";

/** The shop's name, where the page that serves this one knows it. */
const shop = document.querySelector<HTMLMetaElement>("meta[name='aftercare:shop']")?.content || undefined;

const restMs = 1_500;

async function main(): Promise<void> {
  startTheme();
  const language = await loadLanguage();
  const browser = createBrowserClient({ base: location.origin, kind: "customer", law: decideMessage });
  const { client } = browser;
  const root = document.getElementById("app");
  if (!root) throw new Error("the page has no #app");
  const params = new URLSearchParams(location.search);
  if (params.has("preview")) {
    const { showPreview } = await import("./preview.tsx");
    return showPreview(root, client, language);
  }
  const query = params.get("shop");
  const settings = loadSettings(location.origin, query);
  document.title = shop ?? language.words.value.start.shop;
  render(<CustomerApp client={client} language={language} shop={shop} settings={settings} />, root);
  // What the first screen does not show: the frame's other end, what was written early, the worker, notifications.
  const { addExtras } = await import("./extras.ts");
  await addExtras(browser, language);
  await client.start();
  // After the first screen, and while there is a network: menus then open at once, also offline.
  setTimeout(() => void loadWaiting(), restMs);
}

void main();
