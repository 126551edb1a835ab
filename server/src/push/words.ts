/** What a notification says, in the language of the page that asked for it. */
export const pushWords = {
  en: { message: "New message" },
  "zh-Hant": { message: "新訊息" },
  "zh-Hans": { message: "新消息" },
} as const;

export type PushLocale = keyof typeof pushWords;
export const isPushLocale = (value: string): value is PushLocale => Object.hasOwn(pushWords, value);
