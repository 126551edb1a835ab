import type { PublicWidgetSettings } from "@aftercare/sdk";
import type { Locale } from "@aftercare/ui";

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

function settingsOf({ shop, name, widget }: PublicWidgetSettings): ShopSettings {
  const fields = (widget.preChat ?? []).map(({ field, ...rest }) => ({ name: field, ...rest }));
  const consent = widget.consent;
  const preChat =
    fields.length > 0 || consent ? { fields, phoneRegions: ["HK", "CN", "TW"] as const, consent } : undefined;
  return { shop: shop?.name ?? name, title: widget.title, greeting: widget.greeting, preChat };
}

/**
 * The shop's settings, which stand in the page that the server gives. A page without them (a developer's) asks nothing before
 * the first message.
 */
export function readSettings(doc: Document): ShopSettings {
  const here = doc.querySelector<HTMLMetaElement>("[name='aftercare:shop']");
  return here ? settingsOf(JSON.parse(here.content) as PublicWidgetSettings) : {};
}
