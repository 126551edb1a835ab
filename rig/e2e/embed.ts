import type { Frame, Page } from "playwright-core";
import { Device, shot } from "./harness.ts";
import { look } from "./looks.ts";
import {
  assert,
  customer,
  message,
  openConversation,
  type Scenario,
  say,
  sees,
  staff,
  until,
  type World,
} from "./world.ts";

/** A shop's page on a site of its own, with a policy as strict as shops have them. */
export function openShop(world: World, attributes = "", body = ""): { url: string; stop(): void } {
  const { url, shopPort } = world.product;
  const server = Bun.serve({
    port: shopPort,
    hostname: "localhost",
    fetch: (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/page.js") return new Response(body, { headers: { "content-type": "text/javascript" } });
      if (pathname === "/evil")
        return new Response("<!doctype html><title>ad</title>", { headers: { "content-type": "text/html" } });
      const html = `<!doctype html><html lang="zh-HK"><meta name="viewport" content="width=device-width">
        <title>Shop</title><script src="/page.js"></script>
        <script async src="${url}/loader.js" data-shop="main" ${attributes}></script>
        <h1>Shop</h1><button id="other">Buy</button><iframe id="ad" title="Advertisement" src="/evil"></iframe><div id="tall"></div>`;
      const policy = `default-src 'none'; script-src 'self' ${url}; frame-src 'self' ${url}`;
      return new Response(html, {
        headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": policy },
      });
    },
  });
  return { url: `http://localhost:${shopPort}/shoes?token=hidden#private`, stop: () => void server.stop(true) };
}

export const stub =
  "window.aftercare=window.aftercare||function(){(aftercare.q=aftercare.q||[]).push(arguments)};window.heard=[];";
export const launcher = (page: Page) => page.locator("#aftercare button");

export async function visit(
  world: World,
  url: string,
  options: { width?: number; height?: number; dark?: boolean } = {},
): Promise<Device> {
  const device = await Device.open(world.browser, url, { width: 1280, height: 800, ...options });
  world.open.push(device);
  await launcher(device.page).waitFor();
  return device;
}

export const frameOf = (page: Page): Promise<Frame> =>
  until(
    "the chat's frame is there",
    async () => page.frames().find((one) => one.url().includes("/chat/?embed=1")),
    (found) => found !== undefined,
  ) as Promise<Frame>;

export async function write(frame: Frame, text: string): Promise<void> {
  await frame.locator("#app [data-testid=composer]").first().fill(text);
  await frame.locator("#app [data-testid=send]").first().click();
  await frame.getByTestId("message").filter({ hasText: text }).first().waitFor();
}

const oneLine: Scenario = {
  name: "embed: one line gives a shop the chat; unread badge, keyboard, events, no account before it is opened",
  async run(world) {
    const body = `${stub}for (const e of ["ready","open","close","unread","message","error"]) aftercare("on", e, d => heard.push([e, d]));
      aftercare("setContext", { product: "Halo <b>2</b>", order: "A-77" }); aftercare("nonsense"); aftercare("setTheme", 7);`;
    const shop = openShop(world, 'data-brand="#7a1fa2"', body);
    try {
      const { page } = await visit(world, shop.url);
      const warned: string[] = [];
      page.on("console", (line) => line.type() === "warning" && warned.push(line.text()));
      const asked: string[] = [];
      page.on("request", (request) => request.url().endsWith("/v1/customers") && asked.push(request.url()));
      await page.reload();
      await launcher(page).waitFor();
      assert(
        (await launcher(page).getAttribute("aria-label")) === "開啟客戶服務對話",
        "the launcher speaks the page's language",
      );
      assert(warned.filter((line) => line.startsWith("aftercare:")).length === 2, `warned: ${warned.join("; ")}`);
      const frame = await frameOf(page);
      await frame.locator("#app [data-testid=composer], #app [role=status]").first().waitFor({ state: "attached" });
      assert(asked.length === 0, "a visitor who never opened the chat has no account");
      await launcher(page).focus();
      await page.keyboard.press("Enter");
      await frame.locator("#app [data-testid=composer]").waitFor();
      await write(frame, "Left ear is silent #em1");
      await shot(page, "embed-shop-1280");
      const mei = await staff(world, 1);
      await openConversation(mei.page, "#em1");
      assert(
        (await mei.page.getByText("Halo <b>2</b> · A-77").count()) > 0,
        "product and order are the title, as text",
      );
      await say(mei.page, "Try a reset #em2");
      await frame.getByTestId("message").filter({ hasText: "#em2" }).waitFor();
      await frame.locator("#app [data-testid=composer]").focus();
      await page.keyboard.press("Escape");
      await until(
        "Escape closes",
        () => launcher(page).getAttribute("aria-expanded"),
        (value) => value === "false",
      );
      assert(await page.evaluate(() => document.activeElement?.id === "aftercare"), "focus is back on the launcher");
      await page.locator("#other").focus();
      await say(mei.page, "Did it help? #em3");
      await until(
        "the badge shows it",
        () => page.locator("#aftercare .n").textContent(),
        (text) => text === "1",
      );
      assert(
        (await launcher(page).getAttribute("aria-label"))?.includes("1 則未讀訊息") === true,
        "and a screen reader hears it",
      );
      // The message is told after the number on the badge.
      const heard = await until(
        "every event is heard",
        () => page.evaluate("heard") as Promise<[string, unknown][]>,
        (all) => ["ready", "open", "close", "unread", "message"].every((name) => all.some(([one]) => one === name)),
      );
      assert(!JSON.stringify(heard).includes("#em3"), "the page is not given what was written");
      await page.evaluate('aftercare("shutdown")');
      assert((await page.locator("#aftercare").count()) === 0, "nothing is left on the page");
    } finally {
      shop.stop();
    }
  },
};

const onPhone: Scenario = {
  name: "embed: on a phone the chat covers the page, which does not scroll behind it, and closes again",
  async run(world) {
    const shop = openShop(
      world,
      "",
      `${stub}addEventListener("load",()=>{document.getElementById("tall").style.height="3000px"})`,
    );
    try {
      const { page } = await visit(world, shop.url, { width: 390, height: 780 });
      await launcher(page).click();
      const box = await until(
        "it covers the screen",
        () => page.locator("#aftercare iframe").boundingBox(),
        (seen) => seen?.width === 390 && seen.height === 780 && seen.y === 0,
      );
      assert(box !== null && box.x === 0, "from edge to edge");
      await until(
        "the page is held",
        () => page.evaluate(() => getComputedStyle(document.documentElement).overflow),
        (value) => value === "hidden",
      );
      const frame = await frameOf(page);
      await frame.getByTestId("close-frame").waitFor();
      await shot(page, "embed-phone-390");
      await frame.getByTestId("close-frame").click();
      await until(
        "it is closed",
        () => launcher(page).getAttribute("aria-expanded"),
        (value) => value === "false",
      );
      assert((await page.evaluate(() => document.documentElement.style.overflow)) === "", "the page scrolls again");
    } finally {
      shop.stop();
    }
  },
};

const forged: Scenario = {
  name: "embed: forged messages do nothing, on either side; another site may not frame the chat, and nobody the console",
  async run(world) {
    const shop = openShop(
      world,
      'data-brand="red;}*{display:none" data-side="<img onerror=alert(1)>" data-theme="light"',
      stub,
    );
    try {
      const { page } = await visit(world, shop.url);
      await launcher(page).click();
      const frame = await frameOf(page);
      await frame.locator("#app [data-testid=composer]").waitFor();
      // A frame beside it speaks to the chat, and to the page, as if it were the other side.
      const ad = page.frames().find((one) => one.url().endsWith("/evil"));
      assert(ad !== undefined, "the shop shows an advertisement");
      await ad.evaluate(() => {
        const channel = new MessageChannel();
        const chat = Array.from({ length: parent.length }, (_, index) => parent[index]).find((one) => one !== window);
        chat?.postMessage({ aftercare: 1, type: "port" }, "*", [channel.port2]);
        channel.port1.postMessage({ type: "reset" });
        parent.postMessage({ aftercare: 1, type: "here" }, "*");
        parent.postMessage({ type: "close" }, "*");
        parent.postMessage({ type: "unread", count: 50 }, "*");
      });
      // The page itself gets no second channel, and wrong messages through nothing at all.
      await page.evaluate(() => {
        const chat = document.querySelector("#aftercare")?.shadowRoot?.querySelector("iframe")?.contentWindow;
        chat?.postMessage({ aftercare: 1, type: "port" }, "*", [new MessageChannel().port2]);
        chat?.postMessage({ aftercare: 1, type: "shown", on: { toString: 1 } }, "*");
      });
      await write(frame, "still here #fo1");
      assert((await launcher(page).getAttribute("aria-expanded")) === "true", "it is still open");
      assert((await page.locator("#aftercare .n").textContent()) === "", "no forged badge");
      assert(
        (await page.evaluate(() => getComputedStyle(document.body).display)) === "block",
        "no style came out of an attribute",
      );
      const blocked = await page.evaluate(async (base) => {
        const opened = await Promise.all(
          ["/console/", "/"].map(async (path) => {
            const element = document.createElement("iframe");
            element.src = base + path;
            document.body.append(element);
            await new Promise((resolve) => element.addEventListener("load", resolve));
            return element.src;
          }),
        );
        return opened;
      }, world.product.url);
      assert(blocked.length === 2, "both were tried");
      for (const one of page.frames().filter((each) => each.url().includes("/console/")))
        assert((await one.locator("input[name=login]").count()) === 0, "the console was framed");
    } finally {
      shop.stop();
    }
  },
};

const demo: Scenario = {
  name: "embed: the demo shop shows the chat in three languages",
  async run(world) {
    for (const lang of ["en", "zh-Hant", "zh-Hans"] as const) {
      const device = await Device.open(world.browser, `${world.product.url}/demo/?lang=${lang}`, {
        lang,
        dark: lang === "zh-Hans",
      });
      world.open.push(device);
      await launcher(device.page).waitFor();
      await look(device.page, `demo-shop-${lang}`);
      await device.page.locator(".ask").click();
      const frame = await frameOf(device.page);
      await frame.locator("#app [data-testid=composer]").waitFor();
      await look(device.page, `demo-chat-1280-${lang}`);
      await device.page.setViewportSize({ width: 768, height: 900 });
      await shot(device.page, `demo-chat-768-${lang}`);
      await device.page.setViewportSize({ width: 1440, height: 900 });
      await shot(device.page, `demo-chat-1440-${lang}`);
      await device.page.keyboard.press("Escape");
      await device.page.setViewportSize({ width: 360, height: 740 });
      await look(device.page, `demo-shop-360-${lang}`);
    }
  },
};

const early: Scenario = {
  name: "early: what is typed and sent before the app is there arrives once, and the rest stays with its caret",
  async run(world) {
    const guest = await Device.open(world.browser, "about:blank", { width: 390, height: 780 });
    world.open.push(guest);
    const { page } = guest;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route("**/chat/assets/*.{js,css}", async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(`${world.product.url}/chat/?product=Halo`, { waitUntil: "commit" });
    const area = page.locator("#early textarea");
    await area.waitFor();
    await shot(page, "early-390");
    await area.pressSequentially("My hub is dead #ea1");
    await area.press("Enter");
    await area.pressSequentially("and blinks");
    await area.press("ArrowLeft");
    await area.press("ArrowLeft");
    // An input method is in the middle of a word when the app comes.
    const cdp = await guest.context.newCDPSession(page);
    await cdp.send("Input.imeSetComposition", { text: "红", selectionStart: 1, selectionEnd: 1 });
    release();
    await page.locator("#app [data-testid=composer]").waitFor();
    await cdp.send("Input.imeSetComposition", { text: "红灯", selectionStart: 2, selectionEnd: 2 });
    await cdp.send("Input.insertText", { text: "红灯" });
    await sees(page, "#ea1");
    await until(
      "the small composer is gone",
      () => page.locator("#early").count(),
      (count) => count === 0,
    );
    const now = await page.locator("#app [data-testid=composer]").evaluate((element) => {
      const { value, selectionStart } = element as HTMLTextAreaElement;
      return { value, selectionStart, focused: document.activeElement === element };
    });
    assert(
      now.value === "and blin红灯ks" && now.selectionStart === 10 && now.focused,
      `taken over as ${JSON.stringify(now)}`,
    );
    await page.keyboard.press("Enter");
    await sees(page, "and blin红灯ks");
    const mei = await staff(world, 1);
    await openConversation(mei.page, "and blin红灯ks");
    await sees(mei.page, "#ea1");
    assert((await mei.page.getByTestId("message").filter({ hasText: "#ea1" }).count()) === 1, "it was sent once");
  },
};

const offline: Scenario = {
  name: "pwa: without a network the page opens, shows the conversation and takes what is written",
  async run(world) {
    const guest = await customer(world);
    const { page, context } = guest;
    await page.locator("#app [data-testid=composer]").waitFor();
    await say(page, "Before the tunnel #of1");
    await sees(page, "#of1");
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      const ready = () => navigator.serviceWorker.controller !== null;
      while (!ready()) await new Promise((resolve) => setTimeout(resolve, 50));
    });
    await page.reload();
    await sees(page, "#of1");
    await context.setOffline(true);
    await page.reload();
    await sees(page, "#of1");
    await say(page, "In the tunnel #of2");
    await message(page, "#of2").waitFor();
    await shot(page, "pwa-offline-390");
    await context.setOffline(false);
    const mei = await staff(world, 1);
    await openConversation(mei.page, "#of2");
    await sees(mei.page, "#of2");
    const kept = await page.evaluate(async () => {
      const names = await caches.keys();
      const all = await Promise.all(
        names.map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)),
      );
      return all.flat();
    });
    assert(kept.length > 5 && kept.every((path) => path.startsWith("/chat/")), `kept: ${kept.join(" ")}`);
  },
};

/** What Chromium gives without a push service of its maker: the page's side is real, the service's is not. */
const fakePush = `(() => {
  const bytes = (n) => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(n)))).replace(/[+]/g, "-").replace(/[/]/g, "_").replace(/=/g, "");
  PushManager.prototype.subscribe = async (options) => {
    window.subscribedWith = options.applicationServerKey;
    return { toJSON: () => ({ endpoint: "https://fcm.googleapis.com/fcm/send/x", keys: { p256dh: "B" + bytes(64).padEnd(86, "A"), auth: bytes(16) } }) };
  };
  window.askedPermission = 0;
  Object.defineProperty(Notification, "permission", { get: () => (window.askedPermission > 0 ? "granted" : "default") });
  Notification.requestPermission = async () => (window.askedPermission++, "granted");
})()`;

const push: Scenario = {
  name: "push: offered when somebody has answered, not before; a no is remembered, a yes subscribes the device",
  async run(world) {
    const guest = await Device.open(world.browser, "about:blank", { width: 390, height: 780 });
    world.open.push(guest);
    const { page } = guest;
    await page.addInitScript(fakePush);
    await page.goto(`${world.product.url}/chat/`);
    await page.locator("#app [data-testid=composer]").waitFor();
    await say(page, "Is it ready? #pu1");
    await sees(page, "#pu1");
    assert((await page.getByTestId("push-offer").count()) === 0, "nothing is asked before an answer");
    const mei = await staff(world, 1);
    await openConversation(mei.page, "#pu1");
    await say(mei.page, "Tomorrow #pu2");
    await page.getByTestId("push-offer").waitFor();
    const before = await page
      .locator("header, [data-testid=push-offer]")
      .first()
      .evaluate((one) => one.localName);
    assert(before === "header", "the keyboard reaches the offer before the header that is shown above it");
    await look(page, "push-offer-390");
    assert((await page.evaluate("askedPermission")) === 0, "the browser is not asked before the customer says yes");
    const saved = page.waitForResponse((response) => response.url().endsWith("/v1/push/subscribe"));
    await page.getByTestId("push-offer").getByRole("button", { name: "Notify me" }).click();
    assert((await saved).status() === 200, "the device is subscribed");
    assert(String(await page.evaluate("subscribedWith")).length === 87, "with the server's own key");
    await page.evaluate('localStorage.setItem("aftercare.push", "no")');
    await page.reload();
    await sees(page, "#pu2");
    await page.evaluate("navigator.serviceWorker.ready");
    assert((await page.getByTestId("push-offer").count()) === 0, "who said no is not asked again");
  },
};

export const embedding: Scenario[] = [push, oneLine, onPhone, forged, demo, early, offline];
