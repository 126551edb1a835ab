import type { Locale } from "@aftercare/ui";

type ListWords = {
  title: string;
  start: string;
  open: string;
  closed: string;
  closedNote: string;
  started: (date: string) => string;
};

/** The words of the list of conversations, which comes after the first screen. */
export const listWords: Record<Locale, ListWords> = {
  en: {
    title: "Your conversations",
    start: "New conversation",
    open: "Open",
    closed: "Closed",
    closedNote: "This conversation is closed. Write here to open it again.",
    started: (date) => `From ${date}`,
  },
  "zh-Hant": {
    title: "你的對話",
    start: "開始新對話",
    open: "進行中",
    closed: "已結束",
    closedNote: "這個對話已結束。在這裏留言即可重新開啟。",
    started: (date) => `${date} 的對話`,
  },
  "zh-Hans": {
    title: "你的对话",
    start: "开始新对话",
    open: "进行中",
    closed: "已结束",
    closedNote: "本次对话已结束，在此留言即可重新打开。",
    started: (date) => `${date} 的对话`,
  },
};
