import { limits } from "./limits.ts";
import { cleanLine, cleanText } from "./text.ts";
import * as v from "./v.ts";

export const locales = ["en", "zh-Hant", "zh-Hans"] as const;
export type Locale = (typeof locales)[number];

const colour = v.pipe(v.string(), v.regex(/^#[0-9a-f]{6}$/));
/** One text for each locale; those left out are taken from the default locale, or from Aftercare's own words. */
const lineByLocale = v.strictObject({
  en: v.optional(cleanLine(limits.titleChars)),
  "zh-Hant": v.optional(cleanLine(limits.titleChars)),
  "zh-Hans": v.optional(cleanLine(limits.titleChars)),
});
const textByLocale = v.strictObject({
  en: v.optional(cleanText(limits.announcementChars)),
  "zh-Hant": v.optional(cleanText(limits.announcementChars)),
  "zh-Hans": v.optional(cleanText(limits.announcementChars)),
});

export const preChatFields = ["name", "phone", "email", "order", "question"] as const;

/** What the chat shows a customer; all of it is public. */
export const widgetSettings = v.strictObject({
  title: v.optional(lineByLocale),
  greeting: v.optional(textByLocale),
  launcher: v.optional(
    v.strictObject({
      position: v.optional(v.picklist(["start", "end"])),
      bottomPx: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(400))),
    }),
  ),
  colour: v.optional(colour),
  preChat: v.optional(
    v.pipe(
      v.array(
        v.strictObject({ field: v.picklist(preChatFields), required: v.boolean(), label: v.optional(lineByLocale) }),
      ),
      v.maxLength(preChatFields.length),
    ),
  ),
  /** Shown before the first message, where there is one. */
  consent: v.optional(textByLocale),
});
export type WidgetSettings = v.InferOutput<typeof widgetSettings>;

/** `widget` replaces the settings of the widget as a whole. */
export const workspaceChange = v.strictObject({
  name: v.optional(cleanLine(limits.nameChars)),
  brandColour: v.optional(v.nullable(colour)),
  defaultLocale: v.optional(v.picklist(locales)),
  widget: v.optional(widgetSettings),
});

export type Workspace = {
  id: string;
  name: string;
  brandColour?: string | undefined;
  defaultLocale: Locale;
  widget: WidgetSettings;
};
/** What one shop shows in another way than the workspace. */
export type ShopWidget = { shop: string; widget: WidgetSettings };
/** What the chat page is told before anybody has signed in. */
export type PublicWidgetSettings = Omit<Workspace, "id"> & {
  shop?: { id: string; name: string; desk?: string | undefined } | undefined;
};
