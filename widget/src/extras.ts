import { type BrowserClient, roomOf } from "@aftercare/sdk";
import { fitKeyboard, type Language, remembered, toSignal } from "@aftercare/ui";
import { effect } from "@preact/signals";
import { subject } from "./extra.ts";
import { forgetWithOtherTabs } from "./forget.ts";
import { subjectOf } from "./subject.ts";

const againMs = 2_000;

/** Everything beside the first screen. Done when the client may start. */
export async function addExtras(browser: BrowserClient, language: Language): Promise<void> {
  fitKeyboard();
  const query = new URLSearchParams(location.search);
  if (query.has("preview")) {
    const { showPreview } = await surely(() => import("./preview.tsx"));
    await showPreview(browser.client, language);
  }
  subject.value = subjectOf(query.get("product"), query.get("order"));
  forgetWithOtherTabs();
  const read = whenRead(browser);
  void surely(() => import("./early.ts")).then(({ takeOver }) => takeOver(document, read));
  if (query.has("embed") && window.parent !== window) {
    const { joinPage } = await surely(() => import("./embed.ts"));
    const shown = joinPage(browser, language);
    // A visitor of the shop who never opens the chat is no customer yet: nothing is asked of the server for them.
    if (remembered(roomOf(location.origin, "customer")) === null) await shown;
    return;
  }
  link("manifest", manifestOf(query));
  link("apple-touch-icon", "/chat/icons/192.png");
  showBadge(browser);
  void startWorker().then(async (worker) => {
    if (!worker) return;
    // Notifications can wait for the next visit.
    const push = await import("./push.tsx").catch(() => undefined);
    push?.offerPush(browser, language, worker);
  });
}

/** Before the client seeks a connection, it has read what this device keeps. */
function whenRead({ client: { connection } }: BrowserClient): Promise<void> {
  const isRead = () => connection.value.state !== "idle";
  if (isRead()) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = connection.subscribe(() => {
      if (!isRead()) return;
      stop();
      resolve();
    });
  });
}

/** The server may be away for a moment: what was written early, or the page around this one, must not stay behind. */
async function surely<T>(fetchIt: () => Promise<T>): Promise<T> {
  for (;;) {
    const found = await fetchIt().catch(() => undefined);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, againMs));
  }
}

function link(rel: string, href: string): void {
  const element = document.createElement("link");
  element.rel = rel;
  element.href = href;
  document.head.append(element);
}

const manifestOf = (query: URLSearchParams): string => {
  const shop = query.get("shop") ?? "";
  return `/chat/manifest.webmanifest${/^[\w-]{1,60}$/.test(shop) ? `?shop=${shop}` : ""}`;
};

/** Messages of others that were not read, over all conversations. */
export const unreadOf = ({ client }: Pick<BrowserClient, "client">): number =>
  toSignal(client.inbox).value.lines.reduce((sum, { unread }) => sum + unread.count, 0);

function showBadge(browser: BrowserClient): void {
  if (!("setAppBadge" in navigator)) return;
  effect(() => {
    const count = unreadOf(browser);
    // Refused where the page is no installed app.
    void (count > 0 ? navigator.setAppBadge(count) : navigator.clearAppBadge()).catch(() => undefined);
  });
}

/** The worker that opens the page without a network and hears what is pushed. */
async function startWorker(): Promise<ServiceWorkerRegistration | undefined> {
  if (!("serviceWorker" in navigator)) return undefined;
  return navigator.serviceWorker
    .register("/chat/sw.js", { scope: "/chat/", updateViaCache: "none" })
    .catch(() => undefined);
}
