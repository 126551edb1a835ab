import { join } from "node:path";
import type { BrowserClient } from "@aftercare/sdk";
import type { Page } from "playwright-core";
import { ask, staff as signIn } from "../api/server.ts";
import { openShop, type Shop } from "../api/shop.ts";
import { Device } from "./harness.ts";
import { allShow, customer, marks, type Scenario, say, sees, until, type World } from "./world.ts";

type Tested = typeof globalThis & { aftercareTest: BrowserClient };

/** A second tab of the same browser and origin, with the SDK in its hands. */
async function sdkTab(world: World, device: Device): Promise<Page> {
  const built = await Bun.build({ entrypoints: [join(import.meta.dir, "sdk-page.ts")], target: "browser" });
  const script = (await built.outputs[0]?.text()) ?? "";
  const url = `${world.product.url}/sdk-test/`;
  await device.context.route(url, (route) =>
    route.fulfill({ contentType: "text/html", body: `<!doctype html><script type="module">${script}</script>` }),
  );
  return device.tab(url);
}

const identify = (page: Page, token: string) =>
  page.evaluate((one) => (globalThis as Tested).aftercareTest.auth.identify(one), token);

/** Everything that the browser keeps for the page's origin. */
export const kept = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const rows: unknown[] = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
    const asked = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    for (const { name = "" } of await indexedDB.databases()) {
      const db = await asked(indexedDB.open(name));
      for (const store of db.objectStoreNames) {
        const place = db.transaction(store).objectStore(store);
        rows.push(await asked(place.getAllKeys()), await asked(place.getAll()));
      }
      db.close();
    }
    return JSON.stringify(rows);
  });

async function shopOf(world: World): Promise<{ shop: Shop }> {
  const { url, signIns } = world.product;
  const { token } = await signIn({ url, signIns });
  return { shop: await openShop({ url }, token, "HS256") };
}

/** L5: who signs out is forgotten by all tabs and all stores of the browser. */
async function forgets(world: World): Promise<void> {
  const { shop } = await shopOf(world);
  const guest = await customer(world);
  await say(guest.page, "Private words #r0");
  await sees(guest.page, "#r0");
  const page = await sdkTab(world, guest);
  await identify(page, shop.token({ sub: "e2e", name: "Ann" }));
  await say(guest.page, "As Ann #r1");
  await allShow([guest.page], ["#r0", "#r1"]);
  const before = await until(
    "the words are kept",
    () => kept(page),
    (text) => text.includes("#r1"),
  );
  await guest.page.evaluate(() => {
    localStorage.setItem("aftercare.start", "Half a word #r8");
    localStorage.setItem("aftercare.push", "yes");
    sessionStorage.setItem("aftercare.form", '{"name":"Ann #r9"}');
  });
  const [token = ""] = /act_[-\w]{43}/.exec(before) ?? [];
  const answer = await page.evaluate(() => (globalThis as Tested).aftercareTest.auth.reset());
  if (!answer.revoked) throw new Error("the server has not heard it");
  await until(
    "the words are gone from the other tab",
    () => marks(guest.page),
    (found) => found.length === 0,
  );
  await until(
    "a new visitor",
    () => kept(page),
    (text) => text.includes("act_"),
  );
  if (token === "") throw new Error("nobody was signed in");
  await until(
    "nothing of the customer is kept, by the client or the page itself",
    async () => (await kept(page)) + (await kept(guest.page)),
    (text) => !/#r8|#r9|aftercare\.push|Private words/.test(text) && !text.includes(token),
  );
  if ((await ask(world.product.url, "/v1/me", { token })).status !== 401)
    throw new Error("the old token is still good");
  await guest.page.reload();
  await say(guest.page, "Somebody else #r2");
  await allShow([guest.page], ["#r2"]);
}

/** L12: what a visitor typed without a network is sent as the known customer, and shows on the customer's other device. */
async function claims(world: World): Promise<void> {
  const { shop } = await shopOf(world);
  const home = await customer(world);
  await identify(await sdkTab(world, home), shop.token({ sub: "known", name: "Bea" }));
  const guest = await customer(world);
  await say(guest.page, "Hello #s0");
  await sees(guest.page, "#s0");
  const page = await sdkTab(world, guest);
  await until(
    "the second tab follows",
    () => kept(page),
    (text) => text.includes("#s0"),
  );
  await guest.context.setOffline(true);
  await say(guest.page, "Without a network #s1");
  await say(guest.page, "Still without #s2");
  await guest.context.setOffline(false);
  const entered = await identify(page, shop.token({ sub: "known" }));
  if (!("credential" in entered)) throw new Error(`refused: ${JSON.stringify(entered)}`);
  await allShow([guest.page], ["#s0", "#s1", "#s2"]);
  const line = home.page.getByTestId("conversation").filter({ hasText: "#s2" });
  await until(
    "it shows at home",
    () => line.or(home.page.getByText("#s2")).count(),
    (count) => count > 0,
  );
}

/** As in another process for some moments: localStorage has not heard of what a tab beside it wrote. */
const lagging = () => {
  const fresh = Storage.prototype.getItem;
  Storage.prototype.getItem = function (key) {
    return key.startsWith("aftercare:customer") ? null : fresh.call(this, key);
  };
};

/** L5: while one tab has a visitor made, another is told who the customer is: both are that customer, and stay it. */
async function isOne(world: World): Promise<void> {
  const { shop } = await shopOf(world);
  const device = await Device.open(world.browser, "about:blank");
  world.open.push(device);
  const making = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  await device.context.route("**/v1/customers", async (route) => {
    asked.resolve();
    await making.promise;
    await route.continue();
  });
  await device.page.addInitScript(lagging);
  await device.page.goto(`${world.product.url}/chat/`);
  await asked.promise;
  const page = await sdkTab(world, device);
  const entering = identify(page, shop.token({ sub: "one", name: "Cleo" }));
  // The token is shown at once, or waits for the visitor: then nothing is asked.
  await Promise.race([
    entering,
    until(
      "the token waits for its turn",
      () => page.evaluate(async () => (await navigator.locks.query()).pending?.map(({ name }) => name) ?? []),
      (names) => names.some((name) => name?.endsWith(":who")),
    ),
  ]);
  making.resolve();
  const entered = await entering;
  if (!("credential" in entered)) throw new Error(`refused: ${JSON.stringify(entered)}`);
  const { account } = entered.credential;
  for (const turn of ["at once", "after a reload"]) {
    await until(
      `the customer is known ${turn}`,
      () =>
        page.evaluate(() => {
          const { me, connection } = (globalThis as Tested).aftercareTest.client;
          return connection.value.state === "online" ? me.value?.account : undefined;
        }),
      (seen) => seen === account,
    );
    await Promise.all([device.page.reload(), page.reload()]);
  }
}

export const identities: Scenario[] = [
  { name: "L5 a visitor being made in one tab while another names the customer: both are that customer", run: isOne },
  { name: "L5 a customer who signs out is forgotten in all tabs and stores", run: forgets },
  { name: "L12 a visitor is claimed; what was typed without a network arrives, on all devices", run: claims },
];
