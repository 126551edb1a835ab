import { createBrowserClient } from "@aftercare/sdk";
import { loadLanguage, startTheme } from "@aftercare/ui";
import { render } from "preact";
import { CustomerApp } from "./app.tsx";

/** The shop's name, where the page that serves this one knows it. */
const shop = document.querySelector<HTMLMetaElement>("meta[name='aftercare:shop']")?.content || undefined;

async function main(): Promise<void> {
  startTheme();
  const language = await loadLanguage();
  const browser = createBrowserClient({ base: location.origin, kind: "customer" });
  const { client } = browser;
  const root = document.getElementById("app");
  if (!root) throw new Error("the page has no #app");
  document.title = shop ?? language.words.value.start.shop;
  render(<CustomerApp client={client} language={language} shop={shop} />, root);
  // What the first screen does not show: the frame's other end, what was written early, the worker, notifications.
  const { addExtras } = await import("./extras.ts");
  await addExtras(browser, language);
  await client.start();
}

void main();
