/** What a notification says, in the language of the page that asked for it. */
export const pushWords = {
  en: { message: "New message", notices: { welcome: "Hello! We answer you right here." } },
  "zh-Hant": { message: "新訊息", notices: { welcome: "你好！我們會在這裏回覆你。" } },
  "zh-Hans": { message: "新消息", notices: { welcome: "你好！我们会在这里回复你。" } },
} as const satisfies Record<string, { message: string; notices: Record<string, string> }>;

export type PushLocale = keyof typeof pushWords;
export const isPushLocale = (value: string): value is PushLocale => Object.hasOwn(pushWords, value);
