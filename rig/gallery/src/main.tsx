import { DeskApp, FrontApp } from "@aftercare/console";
import { localeOf } from "@aftercare/protocol";
import {
  inspectorWords,
  type Locale,
  loadAccessWords,
  loadAdminWords,
  loadDeskWords,
  loadLanguage,
  loadWaiting,
  loadWords,
  withParts,
} from "@aftercare/ui";
import { CustomerApp } from "@aftercare/widget";
import { render } from "preact";
import { fakeAccess, fakeDoor, hashOf, openAccess } from "./access.ts";
import { deepClient } from "./deep-client.ts";
import { fakeClient } from "./fake-client.ts";
import { lines } from "./lines.ts";
import { now } from "./sample.ts";
import { scenes } from "./scenes.ts";

/** `?scene=…&lang=…&theme=…`; without a scene, the list of them. */
async function main(root: HTMLElement): Promise<void> {
  const query = new URLSearchParams(location.search);
  const locale: Locale = localeOf(query.get("lang") ?? "") ?? "en";
  const theme = query.get("theme");
  if (theme) document.documentElement.dataset.theme = theme;
  const language = withParts(await loadLanguage(locale));
  for (const part of [loadAccessWords, loadDeskWords, loadAdminWords]) await loadWords(language, part);
  await loadWaiting();
  const scene = scenes[query.get("scene") ?? ""];
  if (!scene) {
    document.body.style.overflow = "auto";
    render(<Index />, root);
    return;
  }
  // The sample's day is today, whenever it is looked at.
  Date.now = () => now;
  const hash = scene.hash ?? hashOf(scene.access);
  if (hash !== undefined) location.hash = hash;
  await new Promise((resolve) => setTimeout(resolve, 0));
  const setup = scene.setup(lines[locale]);
  const client = scene.deep ? deepClient(lines[locale]) : fakeClient(setup);
  if (scene.deep) void client.start();
  document.title = query.get("scene") ?? "";
  const settings = scene.settings ?? {};
  // What the page before left: the written message of this scene, or nothing.
  localStorage.clear();
  sessionStorage.clear();
  localStorage.setItem(`aftercare.desk.${setup.me.account}.prefs`, JSON.stringify({ toured: !scene.tour }));
  const text = scene.asking?.(lines[locale]);
  if (text) localStorage.setItem("aftercare.first", JSON.stringify({ texts: [text], before: [], asking: true }));
  if (scene.app === "customer") render(<CustomerApp client={client} language={language} settings={settings} />, root);
  else {
    const door = fakeDoor(scene.access);
    render(
      scene.signedOut ? (
        <FrontApp language={language} door={door} enter={() => undefined} />
      ) : (
        <DeskApp
          client={client}
          language={language}
          access={fakeAccess(scene.access, scene.front, scene.admin)}
          signOut={() => location.reload()}
          notices={silentNotices(scene.ask ? "default" : "denied")}
        />
      ),
      root,
    );
    await openAccess(scene.access);
    for (const pick of scene.clicks ?? []) await clickOn(pick);
    if (scene.inspect) await inspectLast();
    await clickAll(scene.click ?? []);
    await press(scene.keys ?? [], scene.text);
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const details of document.querySelectorAll("details")) details.open = true;
  }
}

const silentNotices = (answer: "default" | "denied") => ({
  permission: () => answer,
  request: async () => {},
  show: () => {},
  tone: () => {},
});

/** Clicks what the selector finds, once it is there; with `=>text`, writes the text into it. */
async function clickOn(pick: string): Promise<void> {
  const [selector = "", text] = pick.split("=>");
  const find = () => document.querySelector<HTMLInputElement>(selector);
  for (let turn = 0; turn < 60 && !find(); turn++) await new Promise((resolve) => setTimeout(resolve, 50));
  const found = find();
  if (text === undefined) found?.click();
  else if (found) {
    found.value = text;
    found.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
  await new Promise((resolve) => setTimeout(resolve, 350));
}

/** Clicks what stands there in turn, as a person would. */
async function clickAll(picks: readonly string[]): Promise<void> {
  for (const pick of picks) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    document.querySelector<HTMLElement>(pick)?.click();
  }
}

async function press(keys: readonly string[], text: string | undefined): Promise<void> {
  const wait = () => new Promise((resolve) => setTimeout(resolve, 60));
  await wait();
  for (const key of keys) {
    const [name = "", mod] = key.split("+").reverse();
    dispatchEvent(new KeyboardEvent("keydown", { key: name, ctrlKey: mod === "Mod", bubbles: true }));
    await wait();
  }
  const area = document.querySelector<HTMLTextAreaElement>("[data-testid=composer]");
  if (text === undefined || !area) return;
  area.focus();
  area.value = text;
  area.dispatchEvent(new InputEvent("input", { bubbles: true }));
  await wait();
}

/** Opens the menu of the last message and chooses the delivery details, as a person would. */
async function inspectLast(): Promise<void> {
  const wait = () => new Promise((resolve) => setTimeout(resolve, 50));
  await wait();
  const buttons = document.querySelectorAll<HTMLElement>("[data-testid=message] [aria-haspopup=menu]");
  [...buttons].at(-1)?.click();
  await wait();
  const titles: string[] = Object.values(inspectorWords).map(({ title }) => title);
  const items = [...document.querySelectorAll<HTMLElement>("[role=menuitem]")];
  items.find((item) => titles.includes(item.textContent ?? ""))?.click();
  await wait();
}

function Index() {
  return (
    <main style={{ padding: 24 }}>
      <h1>Gallery</h1>
      {Object.keys(scenes).map((scene) => (
        <p key={scene}>
          <b>{scene}</b>{" "}
          {["zh-Hant", "zh-Hans", "en"].map((lang) => (
            <span key={lang}>
              <a href={`?scene=${scene}&lang=${lang}&theme=light`}>{lang}</a>{" "}
              <a href={`?scene=${scene}&lang=${lang}&theme=dark`}>({lang} dark)</a>{" "}
            </span>
          ))}
        </p>
      ))}
    </main>
  );
}

const root = document.getElementById("app");
if (root) void main(root);
