import { localBox, roomOf, staffAccess, staffAuth } from "@aftercare/sdk";
import { type Language, loadAccessWords, loadLanguage, loadWords, startTheme, withParts } from "@aftercare/ui";
import { hydrate, render } from "preact";
import "./early/early.css";
import { reloadIfOld, tellFailed } from "./early/failed.ts";
import { fetchParts } from "./early/fetch.ts";
import { FrontApp } from "./front-app.tsx";
import { createDoor } from "./security/door.ts";

const box = localBox(roomOf(location.origin, "staff"));
const access = staffAccess(location.origin, box);

/** What the early page stands at: `at` is the sign-in, a mail's link or the desk. */
const early = document.documentElement.dataset;

/** Its script and its words are the greater part of the page: whoever is not signed in types meanwhile. */
async function openDesk(root: HTMLElement, loading: Promise<Language>): Promise<void> {
  // What was found when the page began may be over: another tab has signed in.
  if (early.at === "door") root.replaceChildren();
  early.at = "desk";
  try {
    const [desk, language] = await Promise.all([import("./desk-app.tsx"), loading]);
    await desk.loadDesk(language);
    document.getElementById("early")?.remove();
    desk.openDesk({ root, language, box, access });
  } catch (error) {
    void tellFailed();
    throw error;
  }
}

/** Takes over the form that the page came with, and what was typed into it. */
function openDoor(root: HTMLElement, language: Language): void {
  const enter = () => {
    render(null, root);
    void openDesk(root, Promise.resolve(language));
  };
  const form = root.querySelector("form");
  const show = form ? hydrate : render;
  if (early.at === "desk") early.at = "door";
  show(<FrontApp language={language} door={createDoor(access)} enter={enter} />, root);
  if (form) form.onsubmit = null;
  if (form?.dataset.sent !== undefined) form.requestSubmit();
  const { locale } = language.words.peek();
  requestAnimationFrame(() => setTimeout(() => fetchParts(["desk", `desk-${locale}`, "talk"], "low")));
}

async function words(): Promise<Language> {
  const language = withParts(await loadLanguage());
  await loadWords(language, loadAccessWords);
  document.title = language.words.value.console.title;
  return language;
}

async function main(): Promise<void> {
  startTheme();
  addEventListener("vite:preloadError", () => void reloadIfOld());
  const root = document.getElementById("app");
  if (!root) throw new Error("the page has no #app");
  if (await staffAuth(box).credential()) return openDesk(root, words());
  try {
    openDoor(root, await words());
  } catch (error) {
    void tellFailed();
    throw error;
  }
}

void main();
