import type { FrameLocale } from "./wire.ts";

export type LauncherWords = { open: string; close: string; frame: string; unread: (n: number) => string };

/** The few words that stand on the shop's own page. The rest is the frame's. */
export const launcherWords: Record<FrameLocale, LauncherWords> = {
  en: {
    open: "Open chat with customer service",
    close: "Close chat",
    frame: "Chat with customer service",
    unread: (n) => (n === 1 ? "1 unread message" : `${n} unread messages`),
  },
  "zh-Hant": {
    open: "開啟客戶服務對話",
    close: "關閉對話",
    frame: "客戶服務對話",
    unread: (n) => `${n} 則未讀訊息`,
  },
  "zh-Hans": {
    open: "打开客服对话",
    close: "关闭对话",
    frame: "客服对话",
    unread: (n) => `${n} 条未读消息`,
  },
};
