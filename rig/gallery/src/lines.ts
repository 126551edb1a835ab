import type { Locale } from "@aftercare/ui";

/** What people say in the sample, in each language. */
export type Lines = {
  customer: string;
  agents: [string, string, string, string];
  group: string;
  subject: string;
  talk: {
    problem: string;
    detail: string;
    ask: string;
    steps: string;
    link: string;
    tried: string;
    log: string;
    thanks: string;
    visit: string;
    more: string;
    later: string;
    failed: string;
    numbers: string;
    draft: string;
    note: string;
    note2: string;
    group: string;
    group2: string;
    announcement: string;
    direct: string;
  };
};

export const lines: Record<Locale, Lines> = {
  en: {
    customer: "Grace Chan",
    agents: ["Alex Wong", "Mei Lam", "Tony Ho", "Bartholomew Featherstonehaugh"],
    group: "Repair team",
    subject: "Router AX-3000, red light",
    talk: {
      problem: "Hello, my router blinks red since this morning and nothing in the flat is online.",
      detail: "It is the AX-3000 I bought at your shop in May.",
      ask: "Sorry to hear that, Grace. Is the red light blinking, or is it on all the time?",
      steps:
        "Please try this, it takes **two minutes**:\n1. Unplug the router and wait 30 seconds\n2. Plug it in again and wait for the light\n3. Open `192.168.1.1` and press **Diagnose**",
      link: "There is a picture guide at https://shop.example/help/ax-3000#red-light",
      tried: "Done. It says this:",
      log: "```\nWAN: no carrier\nlast up: 07:42\n```",
      thanks: "@Grace Chan thank you, that helps a lot. The cable from the wall is not seen. Is it plugged in firmly?",
      visit: "It was loose! Now it is green again 🎉",
      more: "Wonderful. Shall I keep this conversation open until tomorrow, in case it comes back?",
      later: "Yes please, that would be great",
      numbers:
        "Your repair is RMA-20260520-031. Call +852 2345 6789 or write to help@shop.example.com, the way is on shop.example.com.hk/visit.",
      failed: "And one more question about the guarantee",
      draft: "By the way, can I",
      note: "Second AX-3000 with a loose WAN socket this week. Serial AX3-0518-2231. **Do not promise a swap yet.**",
      note2: "I put it on the list for the supplier.",
      group: "The spare screens for the P40 have arrived, 12 pieces.",
      group2: "@Alex Wong can you take the camera repair at 3?",
      announcement:
        "Stocktaking on Friday from 18:00. No repairs are handed out after 17:30, please tell customers in time.",
      direct: "Lunch at one?",
    },
  },
  "zh-Hant": {
    customer: "陳嘉慧",
    agents: ["黃志明", "林美儀", "何家俊", "歐陽詠珊"],
    group: "維修組",
    subject: "AX-3000 路由器亮紅燈",
    talk: {
      problem: "你好，我部路由器由今朝開始閃紅燈，全屋都上唔到網。",
      detail: "係五月喺你哋舖頭買嘅 AX-3000。",
      ask: "陳小姐你好，不好意思令你不便。請問紅燈是閃動，還是長亮？",
      steps:
        "麻煩你試試以下步驟，大約需要**兩分鐘**：\n1. 拔掉路由器電源，等 30 秒\n2. 重新插上，等指示燈亮起\n3. 打開 `192.168.1.1`，按**診斷**",
      link: "圖文教學在這裏：https://shop.example/help/ax-3000#red-light。",
      tried: "做咗喇，佢顯示呢啲：",
      log: "```\nWAN: no carrier\nlast up: 07:42\n```",
      thanks: "@陳嘉慧 謝謝，這很有幫助。系統偵測不到牆身的網線，請問有插緊嗎？",
      visit: "原來鬆咗！而家變返綠燈喇 🎉",
      more: "太好了。需要我把這個對話保留到明天，以防再出現問題嗎？",
      later: "好呀，唔該晒",
      numbers:
        "你的維修單號碼是 RMA-20260520-031。可致電 2345 6789 或電郵 help@shop.example.com，地址見 shop.example.com.hk/visit。",
      failed: "仲有，想問埋保養期到幾時",
      draft: "另外想問下，可唔可以",
      note: "今個星期第二部 AX-3000 網絡插口鬆脫，序號 AX3-0518-2231。**暫時不要答應換機。**",
      note2: "已加入供應商跟進清單。",
      group: "P40 的屏幕零件到了，共 12 塊。",
      group2: "@黃志明 下午三點那部相機可以交給你嗎？",
      announcement: "星期五 18:00 起盤點，17:30 後不再取件，請提早通知客戶。",
      direct: "一點去食飯？",
    },
  },
  "zh-Hans": {
    customer: "陈佳慧",
    agents: ["黄志明", "林美仪", "何家俊", "欧阳咏珊"],
    group: "维修组",
    subject: "AX-3000 路由器亮红灯",
    talk: {
      problem: "你好，我的路由器从早上开始一直闪红灯，家里都上不了网。",
      detail: "是五月份在你们店里买的 AX-3000。",
      ask: "陈女士您好，很抱歉给您带来不便。请问红灯是闪烁，还是常亮？",
      steps:
        "麻烦您试一下，大概需要**两分钟**：\n1. 拔掉路由器电源，等 30 秒\n2. 重新插上，等指示灯亮起\n3. 打开 `192.168.1.1`，点**诊断**",
      link: "图文教程在这里：https://shop.example/help/ax-3000#red-light。",
      tried: "试过了，它显示这个：",
      log: "```\nWAN: no carrier\nlast up: 07:42\n```",
      thanks: "@陈佳慧 谢谢，这很有帮助。系统检测不到墙上的网线，请问插紧了吗？",
      visit: "原来是松了！现在变绿灯了 🎉",
      more: "太好了。要不要我把这个对话保留到明天，以防再出现问题？",
      later: "好的，谢谢",
      numbers:
        "您的维修单号是 RMA-20260520-031。可致电 400-123-4567 或发邮件到 help@shop.example.com，地址见 shop.example.com.cn/visit。",
      failed: "还有，想问一下保修到什么时候",
      draft: "另外想问一下，能不能",
      note: "本周第二台 AX-3000 网口松动，序列号 AX3-0518-2231。**暂时不要答应换机。**",
      note2: "已加入供应商跟进清单。",
      group: "P40 的屏幕配件到了，一共 12 块。",
      group2: "@黄志明 下午三点那台相机可以交给你吗？",
      announcement: "周五 18:00 起盘点，17:30 后不再取件，请提前通知客户。",
      direct: "一点去吃饭？",
    },
  },
};
