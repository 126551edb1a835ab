import { type BrowserClient, type Credential, roomOf } from "@aftercare/sdk";
import { remember } from "@aftercare/ui";
import { offer, visitor } from "./extra.ts";
import { replaceRoute } from "./route.ts";

const keys = ["first", "start", "known", "early", "push"];

/** Forgets what this page itself keeps of a customer, beside the SDK's own store; the next one finds nothing. */
export function forgetHere(): void {
  for (const key of keys) remember(`aftercare.${key}`, null);
  try {
    sessionStorage.removeItem("aftercare.form");
  } catch {
    // Then nothing was kept there.
  }
  offer.value = undefined;
  replaceRoute();
  visitor.value++;
  void quiet().catch(() => undefined);
}

/** Nothing may ring for somebody who has left: the device's subscription, what it showed, and the number on the icon. */
async function quiet(): Promise<void> {
  void navigator.clearAppBadge?.().catch(() => undefined);
  const worker = await navigator.serviceWorker?.getRegistration("/chat/");
  for (const note of (await worker?.getNotifications()) ?? []) note.close();
  await (await worker?.pushManager?.getSubscription())?.unsubscribe();
}

/** As if nobody had been here. */
export async function forget({ auth }: BrowserClient): Promise<void> {
  forgetHere();
  await auth.reset();
}

/** Whether the next credential is somebody else's than the one before. */
export const isOther = (before: Credential | undefined, next: Credential | undefined): boolean =>
  before !== undefined &&
  (next === undefined || (next.account !== before.account && !next.formerly?.includes(before.account ?? "")));

/** Whoever is signed out in one tab is forgotten by all: each keeps some of it for itself. */
export function forgetWithOtherTabs(): void {
  const parse = (text: string | null) => (text === null ? undefined : (JSON.parse(text) as Credential));
  addEventListener("storage", ({ key, oldValue, newValue }) => {
    if (key === roomOf(location.origin, "customer") && isOther(parse(oldValue), parse(newValue))) forgetHere();
  });
}
