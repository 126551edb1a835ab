/** What a browser gives a worker, as far as this one uses it; the page's own types do not know of workers. */
type Extended = Event & { waitUntil(work: Promise<unknown>): void };
type Fetched = Extended & { request: Request; respondWith(answer: Promise<Response>): void };
type Pushed = Extended & { data: { json(): unknown } | null };
type Clicked = Extended & { notification: Notification & { data?: { url?: string } } };
type Page = { url: string; visibilityState: string; focused: boolean; focus(): Promise<unknown> };
type WorkerScope = {
  addEventListener(type: "install" | "activate", listener: (event: Extended) => void): void;
  addEventListener(type: "fetch", listener: (event: Fetched) => void): void;
  addEventListener(type: "push", listener: (event: Pushed) => void): void;
  addEventListener(type: "notificationclick", listener: (event: Clicked) => void): void;
  skipWaiting(): Promise<void>;
  registration: ServiceWorkerRegistration;
  clients: {
    claim(): Promise<void>;
    matchAll(options: object): Promise<Page[]>;
    openWindow(url: string): Promise<unknown>;
  };
};

/** Put in by the build: the files of this version, and a name that is another one when any of them is. */
declare const SHELL_FILES: readonly string[];
declare const SHELL_NAME: string;

const scope = self as unknown as WorkerScope;
const prefix = "aftercare-shell-";
const shell = prefix + SHELL_NAME;
/** How long a page waits for the network before it opens from what is kept. */
const patienceMs = 4_000;

scope.addEventListener("install", (event) =>
  event.waitUntil(
    caches
      .open(shell)
      .then((cache) => cache.addAll(["/chat/", ...SHELL_FILES]))
      .then(() => scope.skipWaiting()),
  ),
);

scope.addEventListener("activate", (event) =>
  event.waitUntil(
    caches.keys().then(async (keys) => {
      // The version before stays: a page that is open may still ask for its parts.
      const old = keys.filter((key) => key.startsWith(prefix) && key !== shell).slice(0, -1);
      await Promise.all(old.map((key) => caches.delete(key)));
      await scope.clients.claim();
    }),
  ),
);

scope.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin || !url.pathname.startsWith("/chat/")) return;
  if (event.request.mode === "navigate") event.respondWith(page(event.request));
  else if (url.pathname.startsWith("/chat/assets/") || url.pathname.startsWith("/chat/icons/"))
    event.respondWith(caches.match(event.request).then((kept) => kept ?? fetch(event.request)));
});

/** The server's newest page; without a network, or when that is slow, the one that is kept. */
async function page(request: Request): Promise<Response> {
  const kept = () => caches.match("/chat/", { cacheName: shell });
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, patienceMs));
  const fresh = fetch(request).catch(() => undefined);
  const first = await Promise.race([fresh, late]);
  if (first && first.status < 500) return first;
  return (await kept()) ?? (await fresh) ?? Response.error();
}

type Note = { title: string; body: string; tag: string; url: string; lang?: string };

scope.addEventListener("push", (event) => event.waitUntil(notify(event.data?.json())));

async function notify(data: unknown): Promise<void> {
  const { title, body, tag, url, lang } = noteOf(data);
  const pages = await scope.clients.matchAll({ type: "window" });
  // Whoever looks at the chat needs no notification; browsers allow that.
  if (pages.some((one) => one.focused && one.visibilityState === "visible")) return;
  await scope.registration.showNotification(title, {
    body,
    tag,
    ...(lang && { lang }),
    icon: "/chat/icons/192.png",
    badge: "/chat/icons/192.png",
    data: { url },
  });
  const badge = navigator as Navigator & { setAppBadge?: () => Promise<void> };
  await badge.setAppBadge?.().catch(() => undefined);
}

function noteOf(data: unknown): Note {
  const given = (typeof data === "object" && data !== null ? data : {}) as Record<string, unknown>;
  const text = (key: string, fallback: string) => (typeof given[key] === "string" ? given[key] : fallback);
  const url = text("url", "/chat/");
  return {
    title: text("title", "Aftercare"),
    body: text("body", ""),
    tag: text("tag", "aftercare"),
    url: url.startsWith("/chat/") ? url : "/chat/",
    lang: text("lang", ""),
  };
}

scope.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const open = async () => {
    const pages = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
    const chat = pages.find((one) => {
      const { pathname, searchParams } = new URL(one.url);
      return pathname.startsWith("/chat/") && !searchParams.has("embed");
    });
    if (chat) return chat.focus();
    return scope.clients.openWindow(event.notification.data?.url ?? "/chat/");
  };
  event.waitUntil(open());
});

export {};
