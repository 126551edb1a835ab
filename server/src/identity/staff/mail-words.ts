import type { MailLocale } from "@aftercare/protocol";

export type MailText = {
  subject: string;
  hello: string;
  lead: string;
  leadBy: (name: string) => string;
  action: string;
  paste: string;
  until: string;
  not: string;
};

export type MailKind = "invitation" | "reset" | "factor-reset";

/** The words of our mails, written by hand in each language. */
export const mailWords: Record<MailLocale, Record<MailKind, MailText>> = {
  en: {
    invitation: {
      subject: "Your invitation to the service desk",
      hello: "Hello,",
      lead: "You are invited to join the service desk.",
      leadBy: (name) => `${name} invites you to join the service desk.`,
      action: "Accept the invitation",
      paste: "Or paste this address into your browser:",
      until: "The link works once, within the next 7 days.",
      not: "If you did not expect this, you can ignore this mail.",
    },
    reset: {
      subject: "Choose a new password for the service desk",
      hello: "Hello,",
      lead: "Somebody, hopefully you, asked for a new password for the service desk.",
      leadBy: () => "Somebody, hopefully you, asked for a new password for the service desk.",
      action: "Choose a new password",
      paste: "Or paste this address into your browser:",
      until: "The link works once, within the next 30 minutes. Until you use it, your old password stays.",
      not: "If it was not you, you can ignore this mail: nothing has changed.",
    },
    "factor-reset": {
      subject: "Your second factor for the service desk was reset",
      hello: "Hello,",
      lead: "Your second factor for the service desk was reset, and all your devices were signed out.",
      leadBy: (name) => `${name} reset your second factor for the service desk, and all your devices were signed out.`,
      action: "Sign in again",
      paste: "Or paste this address into your browser:",
      until: "Your password is the same as before. Set up a new second factor when you have signed in.",
      not: "If you did not ask for this, change your password at once and tell whoever runs the service desk.",
    },
  },
  "zh-Hant": {
    invitation: {
      subject: "邀請你加入客戶服務台",
      hello: "你好：",
      lead: "你獲邀加入客戶服務台。",
      leadBy: (name) => `${name} 邀請你加入客戶服務台。`,
      action: "接受邀請",
      paste: "或將以下網址貼到瀏覽器：",
      until: "連結只可使用一次，7 日內有效。",
      not: "如果你並不知道這項邀請，可以不理會這封電郵。",
    },
    reset: {
      subject: "設定客戶服務台的新密碼",
      hello: "你好：",
      lead: "有人（希望是你本人）要求為客戶服務台設定新密碼。",
      leadBy: () => "有人（希望是你本人）要求為客戶服務台設定新密碼。",
      action: "設定新密碼",
      paste: "或將以下網址貼到瀏覽器：",
      until: "連結只可使用一次，30 分鐘內有效。未使用之前，舊密碼仍然有效。",
      not: "如果不是你本人要求，可以不理會這封電郵，一切維持不變。",
    },
    "factor-reset": {
      subject: "你在客戶服務台的雙重驗證已重設",
      hello: "你好：",
      lead: "你在客戶服務台的雙重驗證已重設，所有裝置亦已登出。",
      leadBy: (name) => `${name} 已重設你在客戶服務台的雙重驗證，你的所有裝置亦已登出。`,
      action: "重新登入",
      paste: "或將以下網址貼到瀏覽器：",
      until: "密碼維持不變。登入後，請重新設定雙重驗證。",
      not: "如果你沒有要求重設，請立即更改密碼，並通知客戶服務台的負責人。",
    },
  },
  "zh-Hans": {
    invitation: {
      subject: "邀请你加入客服工作台",
      hello: "你好：",
      lead: "你受邀加入客服工作台。",
      leadBy: (name) => `${name} 邀请你加入客服工作台。`,
      action: "接受邀请",
      paste: "或将以下网址粘贴到浏览器：",
      until: "链接只能使用一次，7 天内有效。",
      not: "如果你不知道这项邀请，可以忽略这封邮件。",
    },
    reset: {
      subject: "设置客服工作台的新密码",
      hello: "你好：",
      lead: "有人（希望是你本人）申请为客服工作台设置新密码。",
      leadBy: () => "有人（希望是你本人）申请为客服工作台设置新密码。",
      action: "设置新密码",
      paste: "或将以下网址粘贴到浏览器：",
      until: "链接只能使用一次，30 分钟内有效。使用之前，旧密码仍然有效。",
      not: "如果不是你本人申请，可以忽略这封邮件，一切保持不变。",
    },
    "factor-reset": {
      subject: "你在客服工作台的双重验证已被重置",
      hello: "你好：",
      lead: "你在客服工作台的双重验证已被重置，所有设备都已退出登录。",
      leadBy: (name) => `${name} 重置了你在客服工作台的双重验证，你的所有设备都已退出登录。`,
      action: "重新登录",
      paste: "或将以下网址粘贴到浏览器：",
      until: "密码没有变。登录后请重新设置双重验证。",
      not: "如果不是你要求的，请马上修改密码，并告知客服工作台的负责人。",
    },
  },
};
