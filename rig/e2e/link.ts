import {
  assert,
  connection,
  customer,
  openConversation,
  type Scenario,
  say,
  sees,
  showView,
  staff,
  until,
  type World,
} from "./world.ts";

/** A link that was cut on its way opens the desk without a conversation; the browser's other tabs go on. */
async function cutLink(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "The fan rattles #ln0");
  await sees(guest.page, "#ln0");
  const mei = await staff(world, 1);
  await openConversation(mei.page, "#ln0");
  const whole = new URL(mei.page.url()).hash;
  const cut = whole.slice(0, -4);
  for (const hash of [cut, `${cut}/notes`, `${whole}?with=${cut.split("/").at(-1)}`]) {
    const tab = await mei.tab(`${world.product.url}/console/${hash}`);
    await tab.getByTestId("conversation").first().waitFor();
    await connection(tab, "online");
    await tab.reload();
    await tab.getByTestId("conversation").first().waitFor();
    await connection(tab, "online");
    await tab.close();
  }
  await say(mei.page, "Since when? #ln1");
  await sees(guest.page, "#ln1");
  const page = await guest.tab(`${world.product.url}/chat/#/${cut.split("/").at(-1)}`);
  await sees(page, "#ln1");
  assert((await mei.page.getByText("The connection was ended").count()) === 0, "the session goes on");
}

/** Words half typed into the filter stay with the view they were typed in. */
async function filterOfView(world: World): Promise<void> {
  const { page } = await staff(world, 1, { width: 1440, height: 900 });
  const box = page.getByRole("searchbox");
  await box.fill("kettle");
  await showView(page, "mine");
  await until(
    "the filter of the next view is empty",
    () => box.inputValue(),
    (text) => text === "",
  );
  await box.fill("lamp");
  await until(
    "words typed are in the address",
    () => page.evaluate(() => location.hash),
    (hash) => hash === "#/mine?q=lamp",
  );
}

export const links: Scenario[] = [
  { name: "words half typed into the filter are not carried into another view", run: filterOfView },

  { name: "a link that was cut opens no conversation and ends no session", run: cutLink },
];
