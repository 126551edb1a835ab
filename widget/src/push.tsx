import { type BrowserClient, SYSTEM } from "@aftercare/sdk";
import { control, type Language, type Locale, remember, remembered, toSignal } from "@aftercare/ui";
import { effect, signal } from "@preact/signals";
import { offer } from "./extra.ts";
import { pushWords } from "./push-words.ts";

type Ctx = { browser: BrowserClient; language: Language; worker: ServiceWorkerRegistration };

const storageKey = "aftercare.push";
const canPush = () => "PushManager" in window && "Notification" in window;
/** Where only a page on the home screen may notify. */
const needsHome = () =>
  /iphone|ipad/i.test(navigator.userAgent) && !matchMedia("(display-mode: standalone)").matches && !canPush();

/**
 * Offers notifications when they begin to make sense: somebody has answered the customer. Never on load, never again after
 * a no. Who said yes before is subscribed again in silence, because browsers let subscriptions lapse.
 */
export function offerPush(browser: BrowserClient, language: Language, worker: ServiceWorkerRegistration): void {
  const ctx = { browser, language, worker };
  const before = remembered(storageKey);
  if (before === "no" || (!canPush() && !needsHome())) return;
  if (canPush() && Notification.permission === "denied") return;
  if (before === "yes" && Notification.permission === "granted") {
    void subscribe(ctx).catch(() => undefined);
    return;
  }
  const stop = effect(() => {
    if (!isAnswered(browser)) return;
    offer.value = () => <Offer {...ctx} />;
    queueMicrotask(() => stop());
  });
}

function isAnswered({ client }: BrowserClient): boolean {
  const me = toSignal(client.me).value?.account;
  return toSignal(client.inbox).value.lines.some(
    ({ last, entry }) =>
      entry.kind === "support" && last?.type === "message.sent" && last.by !== me && last.by !== SYSTEM,
  );
}

const failed = signal(false);

function Offer(ctx: Ctx) {
  const words = pushWords[ctx.language.words.value.locale as Locale];
  const home = needsHome();
  const leave = () => {
    remember(storageKey, "no");
    offer.value = undefined;
  };
  const accept = async () => {
    try {
      // Asked for by the press of a button, as browsers demand.
      if ((await Notification.requestPermission()) !== "granted") return leave();
      await subscribe(ctx);
      remember(storageKey, "yes");
      offer.value = undefined;
    } catch {
      failed.value = true;
    }
  };
  return (
    <section
      aria-label={words.label}
      data-testid="push-offer"
      style={{
        display: "flex",
        flexWrap: "wrap",
        gap: "6px 12px",
        alignItems: "center",
        padding: "8px 14px",
        borderBottom: "1px solid var(--line)",
        background: "var(--surface)",
        fontSize: "0.875rem",
      }}
    >
      <p role="status" style={{ flex: "1 1 200px" }}>
        {failed.value ? words.failed : home ? words.home : words.ask}
      </p>
      {/* One beside the other, also where both come below the question. */}
      <div style={{ display: "flex", gap: "8px" }}>
        {!home && (
          <button type="button" class={`${control.button} ${control.small}`} onClick={() => void accept()}>
            {words.yes}
          </button>
        )}
        <button type="button" class={`${control.button} ${control.small}`} onClick={leave}>
          {home ? words.ok : words.no}
        </button>
      </div>
    </section>
  );
}

async function subscribe({ browser, language, worker }: Ctx): Promise<void> {
  const { key } = (await ask(browser, "/v1/push/key")) as { key: string };
  const subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint, keys } = subscription.toJSON();
  await ask(browser, "/v1/push/subscribe", {
    endpoint,
    keys: { p256dh: keys?.p256dh, auth: keys?.auth },
    locale: language.words.value.locale,
  });
}

async function ask({ auth }: BrowserClient, path: string, body?: object): Promise<unknown> {
  const credential = await auth.credential();
  const headers: Record<string, string> = { authorization: `Bearer ${credential?.token ?? ""}` };
  if (body) headers["content-type"] = "application/json";
  const response = await fetch(path, {
    headers,
    ...(body && { method: "POST", body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}
