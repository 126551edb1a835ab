import jsQR from "jsqr";
import type { Locator } from "playwright-core";
import { Device } from "./harness.ts";
import { assert, openConversation, type Scenario, say, sees, showDetails, staff, until, type World } from "./world.ts";

const product = "Halo 2 路由器 & 配件";

/** What a phone's camera reads off the screen: the picture as it is drawn there. */
async function scan(world: World, picture: Locator): Promise<string | undefined> {
  await until(
    "the code is drawn",
    () => picture.evaluate((img) => (img as HTMLImageElement).complete && (img as HTMLImageElement).naturalWidth > 0),
    Boolean,
  );
  const png = `data:image/png;base64,${(await picture.screenshot()).toString("base64")}`;
  const camera = await Device.open(world.browser, "about:blank");
  try {
    const { pixels, width, height } = await camera.page.evaluate(async (url) => {
      const image = new Image();
      image.src = url;
      await image.decode();
      const { width, height } = image;
      const canvas = Object.assign(document.createElement("canvas"), { width, height });
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      context.drawImage(image, 0, 0);
      return { pixels: [...context.getImageData(0, 0, width, height).data], width, height };
    }, png);
    return jsQR(new Uint8ClampedArray(pixels), width, height)?.data;
  } finally {
    await camera.context.close();
  }
}

/** From the code on the shop's box into the shop's chat, and a conversation about that product. */
async function follows(world: World): Promise<void> {
  const { page } = await staff(world, 1, { lang: "en", width: 1440, height: 900 });
  await page.evaluate(() => {
    location.hash = "#/settings/designer";
  });
  const shop = page.getByRole("combobox", { name: "Shop" });
  await shop.selectOption({ label: "Central" });
  const id = await shop.inputValue();
  const code = page.getByTestId("qr");
  const before = await scan(world, code);
  assert(before === `${world.product.url}/chat/?shop=${id}`, `the code says ${before}`);
  await page.getByLabel("Product (may be left empty)").fill(product);
  const link = await until(
    "the code names the product",
    () => scan(world, code),
    (text) => text !== undefined && new URL(text).searchParams.get("product") === product,
  );
  // As it comes out of the printer.
  await page.emulateMedia({ media: "print" });
  const printed = await scan(world, code);
  assert(printed === link, `the printed code says ${printed}`);
  await page.emulateMedia({ media: "screen" });

  const phone = await Device.open(world.browser, "about:blank", { width: 390, height: 780 });
  world.open.push(phone);
  await phone.page.goto(link ?? "");
  await phone.page.getByTestId("composer").first().waitFor();
  await say(phone.page, "From the box #qr1");
  await sees(phone.page, "#qr1");
  const opened = new URL(phone.page.url()).searchParams;
  assert(opened.get("shop") === id && opened.get("product") === product, `the chat opened as ${phone.page.url()}`);
  await page.evaluate(() => {
    location.hash = "#/";
  });
  await openConversation(page, "#qr1");
  await showDetails(page);
  await page.getByText(product).first().waitFor();
}

export const codes: Scenario[] = [
  {
    name: "qr: the code of the designer, read off the screen and off the print, leads to the shop's chat about the product",
    run: follows,
  },
];
