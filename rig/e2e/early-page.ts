import type { BrowserContext, Page, WebSocketRoute } from "playwright-core";
import { Device, type DeviceOptions } from "./harness.ts";
import { until, type World } from "./world.ts";

/** Holds back what the server says and `holds` names, until that is asked again. */
export async function slowLink(context: BrowserContext, holds: (frame: string) => boolean): Promise<() => void> {
  let waiting: { socket: WebSocketRoute; frame: string | Buffer }[] = [];
  const look = (): void => {
    const all = waiting;
    waiting = all.filter(({ frame }) => holds(String(frame)));
    for (const one of all) if (!waiting.includes(one)) one.socket.send(one.frame);
  };
  await context.routeWebSocket(/\/v1\/socket/, (socket) => {
    socket.connectToServer().onMessage((frame) => {
      waiting.push({ socket, frame });
      look();
    });
  });
  return look;
}

/** A device whose pages come from the server alone, so that their files can be held back. */
export async function bare(world: World, options: DeviceOptions = {}): Promise<Device> {
  const device = await Device.open(world.browser, "about:blank", options);
  world.open.push(device);
  await device.context.addInitScript(() => {
    ServiceWorkerContainer.prototype.register = () => new Promise(() => undefined);
  });
  return device;
}

/** Opens the page and types before its script is there; gives the way to let that come. */
export async function typeEarly(
  page: Page,
  url: string,
  type: (page: Page) => Promise<void>,
): Promise<() => Promise<void>> {
  const gate = Promise.withResolvers<void>();
  await page.route("**/chat/assets/*.js", async (route) => {
    await gate.promise;
    await route.continue();
  });
  await page.goto(url, { waitUntil: "commit" });
  await page.locator("#early textarea").waitFor();
  await type(page);
  return async () => {
    const taken = page.waitForResponse("**/assets/early-*.js");
    gate.resolve();
    await taken;
  };
}

export async function sendEarly(page: Page, text: string): Promise<void> {
  const area = page.locator("#early textarea");
  await area.fill(text);
  await area.press("Enter");
}

/** What the store holds comes when `readsNow` says so. */
export const readsLate = () => {
  const { getAll } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.getAll = function (this: IDBObjectStore, range?: IDBKeyRange | null) {
    const request = getAll.call(this, range);
    const late = { result: [] as unknown[], onsuccess: () => undefined };
    const look = (): unknown => (document.documentElement.dataset.read ? late.onsuccess() : setTimeout(look, 20));
    request.onsuccess = () => {
      late.result = request.result;
      look();
    };
    return late as unknown as IDBRequest<unknown[]>;
  };
};
export const readsNow = (page: Page) =>
  page.evaluate(() => {
    document.documentElement.dataset.read = "yes";
  });

export const composerHolds = (page: Page, text: string) =>
  until(
    `the composer holds ${JSON.stringify(text)}`,
    () => page.locator("#app [data-testid=composer]").inputValue(),
    (seen) => seen === text,
  );
