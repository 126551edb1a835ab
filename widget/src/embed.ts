import { type BrowserClient, type IdentityReason, identityReasons, readableOn } from "@aftercare/sdk";
import type { Language } from "@aftercare/ui";
import { effect } from "@preact/signals";
import { closeFrame, subject, tokenNeeded } from "./extra.ts";
import { unreadOf } from "./extras.ts";
import { forget, forgetHere, isOther } from "./forget.ts";
import { isGreeting, type PageContext, type ToFrame, type ToLoader, toFrame, wireVersion } from "./loader/wire.ts";
import { subjectOf } from "./subject.ts";

/**
 * The frame's end of the channel to the shop's page. The page may show and hide the chat, set its looks and say what it is
 * about: nothing here reads, sends or answers anything for it. Resolves when the frame is shown for the first time.
 */
export function joinPage(browser: BrowserClient, language: Language): Promise<void> {
  return new Promise((resolve) => {
    let port: MessagePort | undefined;
    let context: PageContext = {};
    const say = (message: ToLoader) => port?.postMessage(message);
    const holdBack = backCloses(() => say({ type: "close" }));
    let working: Promise<unknown> = Promise.resolve();
    const inTurn = (work: () => Promise<unknown>) => {
      working = working.then(work).catch((error: unknown) => {
        // biome-ignore lint/suspicious/noConsole: said to the integrator, never to the person at the page
        console.warn(`Aftercare: ${error}`);
        say({ type: "error", code: "unavailable", text: "the server could not be reached: try again" });
      });
    };
    const obey = (message: ToFrame) => {
      switch (message.type) {
        case "shown":
          holdBack(message.on);
          if (!message.on) return;
          resolve();
          return focusComposer();
        case "context":
          context = { ...context, ...message.context };
          subject.value = subjectOf(context.product, context.order) ?? subject.value;
          return;
        case "locale":
          if (language.words.value.locale !== message.locale) void language.choose(message.locale);
          return;
        case "theme":
          return void setTheme(message.theme);
        case "brand":
          return paint(message.brand);
        case "identify":
          return inTurn(async () => {
            // A customer whom the shop knows is told of what is unread, also before the chat is opened.
            if (await identify(browser, message.token, say)) resolve();
          });
        case "reset":
          return inTurn(() => forget(browser));
      }
    };
    window.addEventListener("message", (event) => {
      // Once, and only by the page itself: frames beside this one, or in it, are not the parent.
      if (port || event.source !== window.parent || !isGreeting(event.data, "port") || !event.ports[0]) return;
      const [nearest] = Array.from(location.ancestorOrigins ?? [event.origin]);
      if (nearest !== event.origin) return;
      port = event.ports[0];
      port.onmessage = ({ data }) => {
        const message = toFrame(data);
        if (message) obey(message);
      };
      closeFrame.value = () => say({ type: "close" });
      say({ type: "ready" });
      tokenNeeded.value = askSeldom(() => say({ type: "token-needed" }));
      tellUnread(browser, say);
    });
    closeOnEscape(() => closeFrame.value?.());
    // That it is there is no secret, and which site shows it is not known before the answer.
    window.parent.postMessage({ aftercare: wireVersion, type: "here" }, "*");
  });
}

function tellUnread(browser: BrowserClient, say: (message: ToLoader) => void): void {
  let before: number | undefined;
  effect(() => {
    const count = unreadOf(browser);
    say({ type: "unread", count });
    if (before !== undefined && count > before) say({ type: "message" });
    before = browser.client.inbox.value.status === "live" ? count : undefined;
  });
}

function focusComposer(): void {
  document.querySelector<HTMLElement>("[data-testid=composer], #early textarea")?.focus({ preventScroll: true });
}

function setTheme(theme: "auto" | "light" | "dark"): void {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function paint(brand: string): void {
  document.documentElement.style.setProperty("--brand", brand);
  document.documentElement.style.setProperty("--on-brand", readableOn(brand));
}

/** Escape closes the chat, unless something in it is open that closes first. */
function closeOnEscape(close: () => void): void {
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      if (!document.querySelector("dialog[open], [role=dialog], [role=menu]")) close();
    },
    { capture: true },
  );
}

/** Smaller screens are covered by the chat, whichever way they are held. */
const phonePx = 480;
/** The entry of the history in which the chat was closed. */
const closedEntry = "closed";

/**
 * On a phone the way back closes the chat instead of leaving the shop. The entry that it takes is the frame's own: the shop's
 * page, which may lead its customers by its history, sees none of it. To be told whenever the chat is shown or hidden.
 */
function backCloses(close: () => void): (on: boolean) => void {
  let openLength: number | undefined;
  window.addEventListener("popstate", ({ state }) => {
    if (state !== closedEntry) return;
    openLength = undefined;
    close();
  });
  return (on) => {
    if (on && openLength === undefined && Math.min(screen.width, screen.height) <= phonePx) {
      history.replaceState(closedEntry, "");
      history.pushState(null, "");
      openLength = history.length;
    } else if (!on) {
      // Closed otherwise, with no entry of the shop's or of another view on top: it is taken away again.
      if (history.length === openLength) history.back();
      openLength = undefined;
    }
  };
}

/** Becomes the customer whom the token names; the page hears in plain words why not. */
async function identify(
  { auth, box }: BrowserClient,
  token: string,
  say: (message: ToLoader) => void,
): Promise<boolean> {
  const before = box.load();
  const entered = await auth.identify(token);
  if ("refusal" in entered) {
    const { code, reason = code, path } = entered.refusal;
    const text = identityReasons[reason as IdentityReason] ?? reason;
    say({ type: "error", code: reason, text: path === undefined ? text : `${text} (${path})` });
    return false;
  }
  if (isOther(before, entered.credential)) forgetHere();
  return true;
}

/** A page that answers with tokens that are refused again must not go round in circles. */
const askAgainMs = 30_000;

function askSeldom(ask: () => void): () => undefined {
  let askedAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - askedAt < askAgainMs) return;
    askedAt = now;
    ask();
  };
}
