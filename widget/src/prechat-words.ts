import type { Locale } from "@aftercare/ui";
import type { PreChatFieldName } from "./settings.ts";

type PreChatWords = {
  title: string;
  lead: string;
  yours: string;
  fields: Record<PreChatFieldName, string>;
  hints: Partial<Record<PreChatFieldName, string>>;
  optional: string;
  missing: (field: string) => string;
  wrong: Record<"phone" | "email" | "long", string>;
  consent: string;
  consentMissing: string;
  /** Stands in the conversation after a consent was ticked. */
  consented: string;
  colon: string;
  send: string;
};

/** The words of the form before the first message; they come with it, after the first screen. */
export const preChatWords: Record<Locale, PreChatWords> = {
  en: {
    title: "Before we start",
    lead: "So that we can help you faster:",
    yours: "Your message",
    fields: {
      name: "Name",
      phone: "Phone",
      email: "E-mail",
      order: "Order or repair number",
      question: "What it is about",
    },
    hints: { question: "For example: router AX-3000", order: "It is on the receipt or in the e-mail" },
    optional: "optional",
    missing: (field) => `${field}: please fill this in.`,
    wrong: {
      phone: "This is not a complete phone number. For another country, begin with + and its code.",
      email: "This is not a complete e-mail address, such as name@example.com.",
      long: "This is too long.",
    },
    consent: "I agree",
    consentMissing: "Please tick this to go on.",
    consented: "Agreed",
    colon: ": ",
    send: "Send message",
  },
  "zh-Hant": {
    title: "開始之前",
    lead: "請填寫以下資料，讓我們更快幫到你：",
    yours: "你的訊息",
    fields: { name: "姓名", phone: "電話", email: "電郵", order: "訂單或維修單號碼", question: "查詢事項" },
    hints: { question: "例如：AX-3000 路由器", order: "可在收據或電郵上找到" },
    optional: "可不填",
    missing: (field) => `請填寫${field}。`,
    wrong: {
      phone: "電話號碼不完整。如屬其他地區，請以 + 及區號開頭。",
      email: "電郵地址不完整，格式例如 name@example.com。",
      long: "內容太長。",
    },
    consent: "我同意",
    consentMissing: "請先剔選以繼續。",
    consented: "已同意",
    colon: "：",
    send: "傳送訊息",
  },
  "zh-Hans": {
    title: "开始之前",
    lead: "请填写以下信息，方便我们更快帮到你：",
    yours: "你的消息",
    fields: { name: "姓名", phone: "电话", email: "邮箱", order: "订单号或维修单号", question: "咨询内容" },
    hints: { question: "例如：AX-3000 路由器", order: "可在收据或邮件里找到" },
    optional: "选填",
    missing: (field) => `请填写${field}。`,
    wrong: {
      phone: "电话号码不完整。其他地区请以 + 和区号开头。",
      email: "邮箱地址不完整，格式如 name@example.com。",
      long: "内容太长。",
    },
    consent: "我同意",
    consentMissing: "请先勾选，再继续。",
    consented: "已同意",
    colon: "：",
    send: "发送消息",
  },
};
