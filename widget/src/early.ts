import { remember, remembered } from "@aftercare/ui";

/**
 * Takes over from the small composer that stands in the page before the app is there: what was sent goes out through the
 * app's own composer, in order, and what is half written moves into it with its caret. An input method that composes is
 * waited for: moving the text then would lose the word.
 */
export async function takeOver(doc: Document): Promise<void> {
  const early = doc.getElementById("early") as HTMLFormElement | null;
  const area = early?.querySelector("textarea");
  if (!early || !area) return;
  await composer(doc);
  await composed(area);
  const texts = sent(early);
  for (const text of texts) {
    await send(doc, text);
    early.querySelector("p")?.remove();
  }
  // The first screen makes way for the conversation: what is half written moves once, and keeps its caret.
  if (texts.length > 0) await changed(doc, () => doc.querySelector("#app [data-testid=timeline]") !== null);
  remember(key, null);
  const field = await composer(doc);
  // Nothing may be typed between the reading and the moving: both are in one turn.
  await composed(area);
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

const key = "aftercare.early";

/** What was sent here and, where the page was closed before it went out, at the visit before. */
const sent = (early: HTMLElement): string[] =>
  remembered(key)?.split("\0").filter(Boolean) ?? [...early.querySelectorAll("p")].map((one) => one.textContent ?? "");

/** As if it were typed: whatever draws the composer hears of it. */
function fill(field: HTMLTextAreaElement, text: string): void {
  field.value = text;
  field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText" }));
}

async function send(doc: Document, text: string): Promise<void> {
  const field = await composer(doc);
  const draft = field.value;
  fill(field, text);
  const form = field.form;
  const button = form?.querySelector("[type=submit]");
  await changed(doc, () => button?.getAttribute("aria-disabled") !== "true" && field.value === text);
  form?.requestSubmit();
  await changed(doc, () => !field.isConnected || field.value !== text);
  if (draft !== "" && field.isConnected) fill(field, draft);
}

/** The app's own place to write, as soon as there is one. */
async function composer(doc: Document): Promise<HTMLTextAreaElement> {
  const find = () => doc.querySelector<HTMLTextAreaElement>("#app textarea[data-testid=composer]");
  await changed(doc, () => find() !== null);
  return find() as HTMLTextAreaElement;
}

/** Resolves when it holds, which is looked at whenever the page changes. */
function changed(doc: Document, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    if (holds()) return resolve();
    const observer = new MutationObserver(look);
    const timer = setInterval(look, 100);
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
