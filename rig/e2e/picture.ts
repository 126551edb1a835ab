import { mkdir } from "node:fs/promises";
import { Device, launchBrowser, Product } from "./harness.ts";
import { act, openMenu } from "./talk.ts";
import { openConversation, say, sees, staff, type World } from "./world.ts";

/** Makes the picture of the README from the real pages: `bun rig/e2e/picture.ts`. */
const target = "docs/images/conversation.png";

/** Who else waits in the list. */
const others = [
  "相機開機後鏡頭縮不回去，可以拿到門市檢查嗎？",
  "請問電話換電要多久？",
  "Where is my repair? It was due on Friday.",
];

async function main(): Promise<void> {
  const product = new Product();
  await product.start();
  const browser = await launchBrowser();
  try {
    const world: World = { product, browser, open: [] };
    for (const text of others) {
      const other = await Device.open(browser, `${product.url}/chat/`, { width: 360, height: 720, lang: "zh-Hant" });
      await say(other.page, text);
      await other.page
        .locator("[data-testid=message][data-status=delivered], [data-testid=message][data-status=sent]")
        .waitFor();
      await other.context.close();
    }
    const guest = await Device.open(browser, `${product.url}/chat/`, { width: 360, height: 720, lang: "zh-Hant" });
    await say(guest.page, "你好，我的路由器由今早開始閃紅燈，上不到網 😟");
    await sees(guest.page, "閃紅燈");
    const mei = await staff(world, 1, { width: 1000, height: 720, lang: "zh-Hant" });
    await openConversation(mei.page, "閃紅燈");
    await say(mei.page, "你好！請先檢查背面的 **WAN** 線有沒有插好，然後長按 `RESET` 十秒。");
    await sees(guest.page, "RESET");
    await openMenu(guest.page, "RESET");
    await guest.page.getByRole("menuitemcheckbox").first().click();
    await say(guest.page, "已插好，現在變成綠燈，可以上網了！");
    await sees(mei.page, "綠燈");
    await act(mei.page, "綠燈", "回覆");
    await say(mei.page, "太好了！有需要時隨時回來這裏，對話會一直保留。");
    await sees(guest.page, "一直保留");
    // Asked once, and not what the picture is about.
    await guest.page.getByRole("button", { name: "不用了" }).click();
    await mei.page.getByRole("button", { name: "暫時不用" }).click();
    await guest.page.waitForTimeout(1_500);
    await mei.page.mouse.move(5, 700);
    const shots = await Promise.all(
      [mei.page, guest.page].map(async (page) => (await page.screenshot()).toString("base64")),
    );
    const [desk = "", phone = ""] = shots;
    const page = await browser.newPage({ viewport: { width: 1480, height: 800 } });
    await page.setContent(`<body style="margin:0;display:flex;gap:32px;align-items:center;justify-content:center;height:100vh;
      background:linear-gradient(135deg,#dbe7fb,#f3f4f8 60%,#e6f4ea)"><style>img{border-radius:14px;box-shadow:0 10px 40px #0f1b3d33}</style>
      <img src="data:image/png;base64,${desk}"><img src="data:image/png;base64,${phone}"></body>`);
    await mkdir("docs/images", { recursive: true });
    await page.screenshot({ path: target });
    console.log(target);
  } finally {
    await browser.close();
    await product.stop();
  }
}

await main();
