import type { Page } from "playwright-core";
import { ask, staff as signIn } from "../api/server.ts";
import { look } from "./looks.ts";
import {
  assert,
  customer,
  openConversation,
  type Scenario,
  say,
  sees,
  showDetails,
  showView,
  staff,
  until,
  type World,
} from "./world.ts";

const wide = { lang: "en", width: 1440, height: 900 } as const;
/** Of the demo shop: Kit is an agent at the desk of Central. */
const kit = 0;
const mei = 1;

/** A second shop whose desk Mei alone serves. */
async function openHarbour({ product: { url, signIns } }: World): Promise<string> {
  const { token, account } = await signIn({ url, signIns });
  const { id } = (await ask(url, "/v1/shops", { token, body: { name: "Chain harbour" } })).body;
  const made = (await ask(url, `/v1/shops/${id}/desks`, { token, body: { title: "Counter" } })).body;
  await ask(url, `/v1/desks/${made.desks[0].id}/staff/${account}`, { token, method: "PUT" });
  return id;
}

const lines = (page: Awaited<ReturnType<typeof staff>>["page"], text: string) =>
  page.getByTestId("conversation").filter({ hasText: text });

/** From the link of each of two shops to the people of that shop, and to nobody of the other. */
async function chain(world: World): Promise<void> {
  const { url, signIns } = world.product;
  const { token } = await signIn({ url, signIns });
  const central = (await ask(url, "/v1/shops", { token })).body.shops.find(
    ({ name }: { name: string }) => name === "Central",
  ).id;
  const harbour = await openHarbour(world);
  const guest = await customer(world, { lang: "en" });
  const { page } = guest;
  await page.goto(`${url}/chat/?shop=${harbour}`);
  await page.locator("#app [data-testid=composer]").waitFor();
  await say(page, "From the harbour #ch1");
  await sees(page, "#ch1");
  await page.getByTestId("timeline").waitFor();
  // Another one of the same person, begun at the other shop.
  await page.goto(`${url}/chat/?shop=${central}#/new`);
  await page.getByText("👋").waitFor();
  await say(page, "From the centre #ch2");
  await sees(page, "#ch2");

  const ofBoth = (await staff(world, mei, wide)).page;
  for (const view of ["team", "unassigned"]) {
    await showView(ofBoth, view);
    await lines(ofBoth, "#ch1").filter({ hasText: "Chain harbour" }).waitFor();
    await lines(ofBoth, "#ch2").filter({ hasText: "Central" }).waitFor();
  }
  await openConversation(ofBoth, "#ch1");
  await showDetails(ofBoth);
  await ofBoth.getByTestId("shop").getByText("Chain harbour").waitFor();
  await look(ofBoth, "chain-shop-of-conversation-1440");
  const ofCentral = (await staff(world, kit, wide)).page;
  for (const view of ["team", "unassigned"]) {
    await showView(ofCentral, view);
    await lines(ofCentral, "#ch2").waitFor();
    assert((await lines(ofCentral, "#ch1").count()) === 0, `an agent of the other shop sees it in ${view}`);
  }
  await unplugged(world, harbour);
  await returning(world, page, central, harbour);
}

/** Who has asked at both shops, and comes by the links of those and of a third one, which has no desk. */
async function returning(world: World, page: Page, central: string, harbour: string): Promise<void> {
  const { url, signIns } = world.product;
  const { token } = await signIn({ url, signIns });
  const stall = (await ask(url, "/v1/shops", { token, body: { name: "Chain stall" } })).body.id;
  for (const [shop, mark] of [
    [harbour, "#ch1"],
    [central, "#ch2"],
  ] as const) {
    await page.goto(`${url}/chat/?shop=${shop}`);
    await sees(page, mark);
  }
  await page.goto(`${url}/chat/?shop=${stall}`);
  await page.getByText("👋").waitFor();
  await page.getByTestId("back").click();
  await page.getByTestId("new-conversation").waitFor();
  assert((await page.getByTestId("conversation").count()) === 2, "the others are one step away");
  await page.goBack();
  await page.getByText("👋").waitFor();
  await look(page, "chain-another-shop-390");
  await say(page, "At the stall #ch4");
  await sees(page, "#ch4");
  // Until the outbox has it, the next page would go on with it, and be in that conversation.
  await until(
    "what was written is in the outbox",
    () => page.evaluate(() => localStorage.getItem("aftercare.first")),
    (kept) => kept === null,
  );
  await page.goto(`${url}/chat/?shop=${stall}`);
  await sees(page, "#ch4");
  // A link of no shop leads to all of them.
  await page.goto(`${url}/chat/`);
  await page.getByTestId("new-conversation").waitFor();

  const { page: desk } = await staff(world, mei, wide);
  await showView(desk, "all");
  await lines(desk, "#ch4").filter({ hasText: "Chain stall" }).waitFor();
  await openConversation(desk, "#ch4");
  await showDetails(desk);
  await desk.getByTestId("shop").getByText("Chain stall").waitFor();
}

/** Written without a network, on the page as the phone kept it, and sent from another shop's link when there is one. */
async function unplugged(world: World, harbour: string): Promise<void> {
  const { url } = world.product;
  const { page, context } = await customer(world, { lang: "en" });
  await page.goto(`${url}/chat/?shop=${harbour}`);
  await page.locator("#app [data-testid=composer]").waitFor();
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    while (!navigator.serviceWorker.controller) await new Promise((resolve) => setTimeout(resolve, 50));
  });
  await context.setOffline(true);
  await page.reload();
  await page.locator("#app [data-testid=composer]").waitFor();
  await say(page, "In the tunnel #ch3");
  await sees(page, "#ch3");
  // The page must not come back by itself: another one goes on with what it left.
  await page.close();
  await context.setOffline(false);
  const later = await context.newPage();
  await later.goto(`${url}/chat/`);
  await sees(later, "#ch3");
  const { page: desk } = await staff(world, mei, wide);
  await showView(desk, "team");
  const line = lines(desk, "#ch3");
  await until(
    "it came to the harbour",
    () => line.getByTestId("from").allInnerTexts(),
    (seen) => seen.length === 1 && (seen[0] ?? "").includes("Chain harbour"),
  );
}

export const chains: Scenario[] = [
  {
    name: "chain: each shop's link leads to that shop's people, also when it was written without a network or asked elsewhere before",
    run: chain,
  },
];
