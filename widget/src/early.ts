import { remember, remembered } from "@aftercare/ui";
import { replaceRoute } from "./route.ts";

/**
 * Takes over from the small composer that stands in the page before the app is there: what was sent goes out through the
 * app's own composer, in order, and what is half written moves into it with its caret, behind what was kept there: `read`
 * says when that is. One may write and send here until the end. An input method that composes is waited for: moving the text
 * then would lose the word. On the list nobody can say which conversation the words are for: they begin a new one.
 */
export async function takeOver(doc: Document, read: Promise<void>): Promise<void> {
  const early = doc.getElementById("early") as HTMLFormElement | null;
  const area = early?.querySelector("textarea");
  if (!early || !area) return;
  let isSent = false;
  let isRead = false;
  for (;;) {
    const field = composer(doc);
    const text = waiting(early)[0];
    if (!field && !lists(doc)) await changed(doc, () => composer(doc) !== null || lists(doc));
    else if (area.dataset.on === "start") await composed(area);
    else if (!field) {
      if (text === undefined && area.value === "") return early.remove();
      replaceRoute("new");
      await changed(doc, () => !lists(doc));
    } else if (text !== undefined) isSent = (await send(doc, early, area, field, text)) || isSent;
    else if (!isRead) {
      await read;
      isRead = true;
    } else if (isSent && !talks(doc)) {
      // The first screen makes way for the conversation: what is half written moves once, and keeps its caret.
      await changed(doc, () => talks(doc) || waiting(early).length > 0);
    } else return move(doc, early, area, field);
  }
}

const key = "aftercare.early";

/** The app's own place to write, as soon as there is one. */
const composer = (doc: Document) => doc.querySelector<HTMLTextAreaElement>("#app textarea[data-testid=composer]");

/** The list of conversations, when it is known which there are. */
const lists = (doc: Document): boolean =>
  doc.querySelector("#app [data-testid=conversations]:not([aria-busy=true])") !== null;

const talks = (doc: Document): boolean => doc.querySelector("#app [data-testid=timeline]") !== null;

/** What was sent here and, where the page was closed before it went out, at the visit before. */
const waiting = (early: HTMLElement): string[] =>
  remembered(key)?.split("\0").filter(Boolean) ?? [...early.querySelectorAll("p")].map((one) => one.textContent ?? "");

/** In the turn in which nothing was left to send: nothing can be typed or sent between that look and the end. */
function move(doc: Document, early: HTMLElement, area: HTMLTextAreaElement, field: HTMLTextAreaElement): void {
  const { value, selectionStart, selectionEnd, selectionDirection } = area;
  const hadFocus = doc.activeElement === area;
  const before = field.value;
  if (value !== "") fill(field, before === "" ? value : `${before}\n${value}`);
  if (hadFocus || value !== "") {
    const shift = field.value.length - value.length;
    field.focus({ preventScroll: true });
    field.setSelectionRange(selectionStart + shift, selectionEnd + shift, selectionDirection);
  }
  early.remove();
}

/** As if it were typed: whatever draws the composer hears of it. */
function fill(field: HTMLTextAreaElement, text: string): void {
  field.value = text;
  field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText" }));
}

/** Whether it went: what is too long stays in the app's composer, which says so, for its writer to shorten. */
async function send(
  doc: Document,
  early: HTMLElement,
  area: HTMLTextAreaElement,
  field: HTMLTextAreaElement,
  text: string,
): Promise<boolean> {
  const { form, value: draft } = field;
  fill(field, text);
  const button = form?.querySelector("[type=submit]");
  const isOver = () => field.getAttribute("aria-invalid") === "true";
  await changed(doc, () => field.value === text && (isOver() || button?.getAttribute("aria-disabled") !== "true"), 100);
  if (isOver()) {
    if (draft !== "") fill(field, `${draft}\n${text}`);
    cut(early, text);
    return false;
  }
  const focused = doc.activeElement as HTMLElement | null;
  form?.requestSubmit();
  // The app keeps it from here on, also over a reload.
  cut(early, text);
  if (focused && early.contains(focused)) focused.focus({ preventScroll: true });
  await changed(doc, () => !field.isConnected || field.value !== text, 100);
  if (draft !== "" && field.isConnected) fill(field, draft);
  // The shop asks something first, and the app has no place to write meanwhile.
  else if (draft !== "") area.value = area.value === "" ? draft : `${draft}\n${area.value}`;
  return true;
}

/** Exactly this one: another may have been sent meanwhile. */
function cut(early: HTMLElement, text: string): void {
  const left = waiting(early);
  left.splice(left.indexOf(text), 1);
  remember(key, left.join("\0") || null);
  const shown = [...early.querySelectorAll("p")].find((one) => one.textContent === text);
  shown?.nextElementSibling?.remove();
  shown?.remove();
}

/** Resolves when it holds. The page's changes tell of what is there; what is in a field is looked at every `pollMs`. */
function changed(doc: Document, holds: () => boolean, pollMs?: number): Promise<void> {
  return new Promise((resolve) => {
    if (holds()) return resolve();
    const observer = new MutationObserver(look);
    const timer = pollMs && setInterval(look, pollMs);
    function look(): void {
      if (!holds()) return;
      observer.disconnect();
      clearInterval(timer);
      resolve();
    }
    observer.observe(doc.body, { subtree: true, childList: true, attributes: true });
  });
}

/** The small composer's script marks the time between the first key of a word and its end. */
function composed(area: HTMLTextAreaElement): Promise<void> {
  if (area.dataset.on !== "start") return Promise.resolve();
  return new Promise((resolve) => {
    // After the browser has put the word into the text.
    area.addEventListener("compositionend", () => setTimeout(resolve), { once: true });
  });
}
