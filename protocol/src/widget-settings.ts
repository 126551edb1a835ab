import { limits } from "./limits.ts";
import { cleanLine, cleanText } from "./text.ts";
import * as v from "./v.ts";

/** What a shop decides about its customers' page. Public: `GET /v1/widget-settings?shop=` answers everybody with it. */

/** What may be asked before the first message is sent, each at most once, in the shop's order. */
export const preChatFieldNames = ["name", "phone", "email", "order", "product"] as const;
export type PreChatFieldName = (typeof preChatFieldNames)[number];

/** Whose phone numbers are taken without a country code. */
export const phoneRegions = ["HK", "CN", "TW"] as const;
export type PhoneRegion = (typeof phoneRegions)[number];

export const widgetSettingsLimits = { consentChars: 1_000, answerChars: 120 } as const;

const inEachLanguage = v.strictObject({
  en: cleanText(widgetSettingsLimits.consentChars),
  "zh-Hant": cleanText(widgetSettingsLimits.consentChars),
  "zh-Hans": cleanText(widgetSettingsLimits.consentChars),
});

const preChat = v.strictObject({
  fields: v.pipe(
    v.array(v.strictObject({ name: v.picklist(preChatFieldNames), required: v.boolean() })),
    v.maxLength(preChatFieldNames.length),
    v.check((fields) => new Set(fields.map(({ name }) => name)).size === fields.length, "twice"),
  ),
  /** Empty: numbers of every country, with their code. */
  phoneRegions: v.optional(v.pipe(v.array(v.picklist(phoneRegions)), v.maxLength(phoneRegions.length))),
  /** Shown as it is below the fields; `checkbox`: nothing is sent before it is ticked. */
  consent: v.optional(v.strictObject({ text: inEachLanguage, checkbox: v.boolean() })),
});

export const widgetSettings = v.strictObject({
  /** What the page is called, where it is not the service desk in general. */
  shop: v.optional(cleanLine(limits.nameChars)),
  /** Without it nothing is asked. */
  preChat: v.optional(preChat),
});

export type PreChat = v.InferOutput<typeof preChat>;
export type WidgetSettings = v.InferOutput<typeof widgetSettings>;
