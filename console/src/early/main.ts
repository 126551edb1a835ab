import { isUnexpired, localBox, roomOf } from "@aftercare/sdk";
import { type Locale, pickLocale, remembered } from "@aftercare/ui";
import { linkIn } from "../security/door.ts";
import { tellFailed } from "./failed.ts";
import { fetchParts, type Part } from "./fetch.ts";
import type { EarlyWords } from "./words.ts";

/**
 * Stands in the page itself: before any other file is there, the page looks as its reader wants it, the sign-in can be typed
 * into, or the desk's panes have their places, and what comes next is asked for.
 */
declare const EARLY_WORDS: Record<Locale, EarlyWords>;

const { documentElement: html } = document;
const locale = pickLocale(
  new URLSearchParams(location.search).get("lang"),
  remembered("aftercare.language"),
  navigator.languages,
);
const credential = localBox(roomOf(location.origin, "staff")).load();
const isIn = isUnexpired(credential);

function places(account: string): void {
  const panes = JSON.parse(remembered(`aftercare.desk.${account}.panes`) ?? "{}") as Record<string, unknown>;
  for (const pane of ["views", "list", "panel"])
    if (typeof panes[pane] === "number") html.style.setProperty(`--${pane}`, `${panes[pane]}px`);
  if (typeof panes.slim === "boolean") html.dataset.slim = String(panes.slim);
  if (panes.details === false) html.dataset.details = "false";
}

/** When the markup is there: its words, and what is done with the form before its own script is. */
function fill(): void {
  const words = EARLY_WORDS[locale];
  document.title = words.title;
  for (const one of document.querySelectorAll<HTMLElement>("[data-word]")) {
    const word = words[one.dataset.word as keyof EarlyWords];
    if (one.tagName === "BUTTON" && one.firstElementChild) one.ariaLabel = one.title = word;
    // A label has its field behind the word.
    else (one.firstChild as Text).data = word;
  }
  const app = document.getElementById("app");
  if (html.dataset.at !== "door") app?.replaceChildren();
  const form = app?.querySelector("form");
  if (!form) return;
  form.onsubmit = (event) => {
    event.preventDefault();
    form.dataset.sent = "";
  };
}

html.lang = locale;
const theme = remembered("aftercare.theme");
if (theme === "light" || theme === "dark") html.dataset.theme = theme;
html.dataset.at = isIn ? "desk" : linkIn(location.hash) === undefined ? "door" : "link";
const wanted: Part[] = [locale];
if (isIn) {
  wanted.push(`desk-${locale}`, "desk");
  const page = /^#\/settings/.test(location.hash)
    ? "settings"
    : /^#\/[^?]*\bc_/.test(location.hash)
      ? "talk"
      : undefined;
  if (page) {
    html.dataset.page = page;
    wanted.push(page);
  }
  try {
    places(credential.account);
  } catch {
    // Somebody else wrote there: the panes have their first widths.
  }
}
fetchParts(wanted);
addEventListener("error", ({ target }) => void (target instanceof HTMLScriptElement && tellFailed()), true);
document.addEventListener("early", fill);
