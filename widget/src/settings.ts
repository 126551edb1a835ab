import type { PublicWidgetSettings } from "@aftercare/sdk";
import type { Locale } from "@aftercare/ui";
import { type ReadonlySignal, signal } from "@preact/signals";

export type PreChatFieldName = "name" | "phone" | "email" | "order" | "question";
/** Whose phone numbers are taken without a country code. */
export type PhoneRegion = "HK" | "CN" | "TW";
type InLanguages = { readonly [L in Locale]?: string | undefined };

/** What is asked before the first message goes. */
export type PreChat = {
  fields: readonly { name: PreChatFieldName; required: boolean; label?: InLanguages | undefined }[];
  phoneRegions: readonly PhoneRegion[];
  /** Nothing is sent before it is ticked. */
  consent?: InLanguages | undefined;
};

/** As far as the page uses it. */
export type ShopSettings = {
  shop?: string | undefined;
  title?: InLanguages | undefined;
  greeting?: InLanguages | undefined;
  preChat?: PreChat | undefined;
};

/** The text in the reader's language, or in one that the shop has. */
export const inLanguage = (text: InLanguages | undefined, locale: Locale): string | undefined =>
  text && (text[locale] ?? Object.values(text).find((one) => one !== undefined));

function settingsOf({ shop, name, widget }: Partial<PublicWidgetSettings>): ShopSettings {
  const fields = (widget?.preChat ?? []).map(({ field, ...rest }) => ({ name: field, ...rest }));
  const consent = widget?.consent;
  const preChat =
    fields.length > 0 || consent ? { fields, phoneRegions: ["HK", "CN", "TW"] as const, consent } : undefined;
  return { shop: shop?.name ?? name, title: widget?.title, greeting: widget?.greeting, preChat };
}

/** After this nobody waits for the shop's settings any more: the page works without. */
const settingsTimeoutMs = 8_000;

/**
 * The shop's settings: they stand in the page where the server made it, and are asked for elsewhere. A page that cannot have
 * them asks for nothing before the first message.
 */
export function loadSettings(base: string, shop: string | null): ReadonlySignal<ShopSettings | undefined> {
  const settings = signal<ShopSettings | undefined>(undefined);
  const here = document.querySelector<HTMLMetaElement>("meta[name='aftercare:shop']")?.content;
  if (here) {
    settings.value = settingsOf(JSON.parse(here) as PublicWidgetSettings);
    return settings;
  }
  const query = shop === null ? "" : `?shop=${encodeURIComponent(shop)}`;
  const signalOf = AbortSignal.timeout(settingsTimeoutMs);
  fetch(`${base}/v1/widget-settings${query}`, { signal: signalOf, credentials: "omit" })
    .then(async (response) => {
      settings.value = response.ok ? settingsOf((await response.json()) as PublicWidgetSettings) : {};
    })
    .catch(() => {
      settings.value = {};
    });
  return settings;
}
