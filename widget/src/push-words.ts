import type { Locale } from "@aftercare/ui";

export type PushWords = {
  label: string;
  ask: string;
  yes: string;
  no: string;
  home: string;
  ok: string;
  failed: string;
};

/** Asked once, and loaded only then. */
export const pushWords: Record<Locale, PushWords> = {
  en: {
    label: "Notifications",
    ask: "Shall we tell you when we answer, also when this page is closed?",
    yes: "Notify me",
    no: "No, thanks",
    home: "To be told of answers on this device, add this page to the Home Screen: tap Share, then “Add to Home Screen”.",
    ok: "Got it",
    failed: "Notifications could not be switched on. Please try again later.",
  },
  "zh-Hant": {
    label: "通知",
    ask: "關閉這個頁面後，有回覆時要通知你嗎？",
    yes: "通知我",
    no: "不用了",
    home: "想在這部裝置收到回覆通知，請把本頁加到主畫面：按「分享」，再選「加至主畫面」。",
    ok: "知道了",
    failed: "未能開啟通知，請稍後再試。",
  },
  "zh-Hans": {
    label: "通知",
    ask: "关闭此页面后，有回复时要通知你吗？",
    yes: "通知我",
    no: "不用了",
    home: "想在这台设备上收到回复通知，请把本页添加到主屏幕：点“分享”，再选“添加到主屏幕”。",
    ok: "知道了",
    failed: "无法开启通知，请稍后再试。",
  },
};
