import type { Page, WebSocketRoute } from "playwright-core";
import { ask, command, staff as signIn } from "../api/server.ts";
import { shot } from "./harness.ts";
import { kept } from "./identity.ts";
import { look } from "./looks.ts";
import {
  allShow,
  assert,
  connection,
  customer,
  message,
  openConversation,
  type Scenario,
  say,
  sees,
  shown,
  staff,
  turnTo,
  until,
  type World,
} from "./world.ts";

/** L3: two customers, two staff, two devices each: everybody sees the same conversation, and nobody another one. */
async function everyDevice(world: World): Promise<void> {
  const first = await customer(world);
  await say(first.page, "The router blinks red #a1");
  await sees(first.page, "#a1");
  const second = await customer(world, { lang: "zh-Hant" });
  await say(second.page, "相機不能開機 #b1");
  const mei = await staff(world, 1);
  const kit = await staff(world, 0);
  await openConversation(mei.page, "#a1");
  await say(mei.page, "Hello, since when? #a2");
  await openConversation(kit.page, "#b1");
  await say(kit.page, "請問充電燈有沒有亮？ #b2");
  await sees(second.page, "#b2");
  const firstPhone = await customer(world, { like: first, width: 360, height: 740 });
  const meiPhone = await staff(world, 1, { like: mei, width: 360, height: 740 });
  const kitPhone = await staff(world, 0, { like: kit });
  const secondPhone = await customer(world, { like: second });
  await openConversation(meiPhone.page, "#a2");
  await openConversation(kitPhone.page, "#b2");
  await sees(firstPhone.page, "#a2");
  await say(firstPhone.page, "Since this morning #a3");
  await say(meiPhone.page, "Please hold the reset button #a4");
  await sees(secondPhone.page, "#b2");
  await say(secondPhone.page, "沒有亮 #b3");
  await allShow([first.page, firstPhone.page, mei.page, meiPhone.page], ["#a1", "#a2", "#a3", "#a4"]);
  await allShow([second.page, secondPhone.page, kit.page, kitPhone.page], ["#b1", "#b2", "#b3"]);
}

/** L14: edit, reaction, reply and recall are everywhere; what was recalled is gone. */
async function changes(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "My number is 5555 0001 #c1");
  await sees(guest.page, "#c1");
  const mei = await staff(world, 1);
  await openConversation(mei.page, "#c1");
  await act(guest.page, "#c1", "Edit");
  await guest.page.getByTestId("composer").fill("My number is 5555 0002 #c1");
  await guest.page.keyboard.press("Enter");
  await sees(mei.page, "5555 0002");
  await nowhere([mei.page], "5555 0001");
  await spokenChanges(guest.page, mei.page);
  await act(mei.page, "#c1", "Reply");
  await say(mei.page, "Thank you #c2");
  await sees(guest.page, "#c2");
  await act(guest.page, "#c1", "Recall");
  for (const page of [guest.page, mei.page])
    await until(
      "the recall is not seen",
      () => shown(page),
      (all) => all.some((one) => one.recalled),
    );
  const kit = await staff(world, 0);
  await openConversation(kit.page, "#c2");
  await until(
    "a device that comes later sees the tombstone",
    () => shown(kit.page),
    (all) => all.some((one) => one.recalled),
  );
  await nowhere([guest.page, mei.page, kit.page], "5555 0002");
}

/** What came while somebody looked on was read out to screen readers: an edit and a recall reach that text, too. */
async function spokenChanges(guest: Page, mei: Page): Promise<void> {
  await say(guest, "It stands at 7 Hill Road #c3");
  const spoken = mei.locator("[role=status][aria-live=polite]");
  await spoken.filter({ hasText: "7 Hill Road" }).waitFor({ state: "attached" });
  await act(guest, "#c3", "Edit");
  await guest.getByTestId("composer").fill("It stands at 9 Hill Road #c3");
  await guest.keyboard.press("Enter");
  await sees(mei, "9 Hill Road");
  await nowhere([guest, mei], "7 Hill Road");
  await act(guest, "#c3", "Recall");
  await nowhere([guest, mei], "9 Hill Road");
}

/** A text that was changed or taken back stands nowhere in these pages any more, seen or unseen. */
async function nowhere(pages: readonly Page[], text: string): Promise<void> {
  for (const page of pages)
    await until(
      `"${text}" is nowhere; where it stands`,
      () => page.getByText(text).evaluateAll((found) => found.map(({ outerHTML }) => outerHTML.slice(0, 300))),
      (places) => places.length === 0,
    );
}

/** L12: an edit is refused while something else is written, which goes on; the edit is listed, over a reload too, until it is saved or discarded. */
async function refusedEdit(world: World): Promise<void> {
  const { url, signIns } = world.product;
  const [mei, kit] = await Promise.all([signIn({ url, signIns }, "mei"), signIn({ url, signIns }, "kit")]);
  const order = (token: string, type: string, body: object, stream?: string) =>
    ask(url, "/v1/commands", { token, body: command(type, body, stream) });
  const made = await order(mei.token, "conversation.create-group", { title: "Shelves", members: [kit.account] });
  const stream = made.body.conversation as string;
  const mute = async (untilAt: number | null) => {
    const { status } = await order(mei.token, "member.mute", { account: kit.account, untilAt }, stream);
    assert(status === 200, "muted or not");
  };
  const { page, context } = await staff(world, 0);
  await page.goto(`${url}/console/#/all/${stream}`);
  await say(page, "The shelf holds 40 kg #r1");
  await page.locator("[data-testid=message][data-status=sent]").filter({ hasText: "#r1" }).waitFor();
  await act(page, "#r1", "Reply");
  await page.getByTestId("composer").fill("Half an ans");
  await act(page, "#r1", "Edit");
  await page.getByTestId("composer").fill("The shelf holds 50 kg #r1");
  await context.setOffline(true);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Cancel reply" }).waitFor();
  assert((await page.getByTestId("composer").inputValue()) === "Half an ans", "the answer goes on after the edit");
  await mute(Date.now() + 3_600_000);
  await context.setOffline(false);
  const failed = page.getByTestId("failed-acts");
  await failed.getByText("The shelf holds 50 kg").waitFor();
  await page.getByTestId("composer-closed").waitFor();
  await page.reload();
  await failed.getByText("The shelf holds 50 kg").waitFor();
  await sees(page, "40 kg");
  await look(page, "refused-edit");
  await mute(null);
  const text = await page.getByTestId("composer").inputValue();
  assert(text === "Half an ans", `what was being written goes on, not ${text}`);
  await failed.getByRole("button", { name: "Try again" }).click();
  await sees(page, "50 kg");
  await failed.waitFor({ state: "detached" });
}

/** L14: a menu and an edit that are open while their message is changed or taken back elsewhere hold to what is there now. */
async function changedUnderneath(world: World): Promise<void> {
  const guest = await customer(world, { width: 1280, height: 800 });
  await say(guest.page, "I live at 3 Park Lane #s1");
  const mei = await staff(world, 1);
  await openConversation(mei.page, "#s1");
  await isRead(guest.page, "#s1");
  const phone = await customer(world, { like: guest });
  await sees(phone.page, "#s1");
  await openMenu(phone.page, "#s1");
  await act(guest.page, "#s1", "Edit");
  await guest.page.getByTestId("composer").fill("I live at 5 Park Lane #s1");
  await guest.page.keyboard.press("Enter");
  await sees(phone.page, "5 Park Lane");
  await phone.page.getByRole("menuitem", { name: "Edit", exact: true }).click();
  await until(
    "the edit begins with the text as it is now",
    () => phone.page.getByTestId("composer").inputValue(),
    (text) => text.includes("5 Park Lane"),
  );
  await sees(mei.page, "5 Park Lane");
  await mei.context.grantPermissions(["clipboard-write"]);
  await openMenu(mei.page, "#s1");
  await act(guest.page, "#s1", "Recall");
  for (const page of [phone.page, mei.page])
    await until(
      "the recall is not seen",
      () => shown(page),
      (all) => all.some((one) => one.recalled),
    );
  await until(
    "the edit is over",
    () => phone.page.getByTestId("composer").inputValue(),
    (text) => text === "",
  );
  await mei.page.getByRole("menuitem", { name: "Copy text", exact: true }).click();
  await mei.page.getByTestId("composer").fill("Where do you live? #s2");
  await mei.page.keyboard.press("Enter");
  await sees(mei.page, "#s2");
  assert((await mei.page.getByTestId("toasts").innerText()) === "", "what was recalled was copied");
}

/** L12: what is said before its conversation has come, and what did not get out before it was gone, is in sight at the desk. */
async function withoutTimeline(world: World): Promise<void> {
  const { url, signIns } = world.product;
  const [mei, kit] = await Promise.all([signIn({ url, signIns }, "mei"), signIn({ url, signIns }, "kit")]);
  const order = async (type: string, body: object, stream?: string) => {
    const answer = await ask(url, "/v1/commands", { token: mei.token, body: command(type, body, stream) });
    assert(answer.status === 200, type);
    return answer.body.conversation as string;
  };
  const { page, context } = await staff(world, 0);
  let holds = false;
  const sockets: WebSocketRoute[] = [];
  await context.routeWebSocket(/\/v1\/socket/, (socket) => {
    sockets.push(socket);
    const server = socket.connectToServer();
    server.onMessage((frame) => {
      if (!holds) socket.send(frame);
    });
  });
  await page.reload();
  await connection(page, "online");
  holds = true;
  const stream = await order("conversation.create-group", { title: "Early birds", members: [kit.account] });
  await page.goto(`${url}/console/#/all/${stream}`);
  await say(page, "Good morning #t0");
  await sees(page, "#t0");
  await shot(page, "said-before-it-came");
  holds = false;
  for (const socket of sockets) await socket.close();
  await page.getByTestId("timeline").waitFor();
  await allShow([page], ["#t0"]);
  await context.setOffline(true);
  for (const socket of sockets) await socket.close();
  await say(page, "Half past six #t1");
  await sees(page, "#t1");
  await order("member.remove", { account: kit.account }, stream);
  await context.setOffline(false);
  await page.getByText("You are no longer in this conversation").first().waitFor();
  await page.getByRole("heading", { level: 1, name: "You are no longer" }).waitFor();
  await message(page, "#t1").getByText("Not sent").waitFor();
  await look(page, "unsent-when-gone");
  await message(page, "#t1").getByRole("button", { name: "Discard" }).click();
  await message(page, "#t1").waitFor({ state: "detached" });
}

/** From then on what the device has stored is the whole, for another one to begin with. */
export const isRead = (page: Page, text: string): Promise<unknown> =>
  until(
    "read",
    () => message(page, text).getAttribute("data-status"),
    (status) => status === "read",
  );

export async function openMenu(page: Parameters<typeof message>[0], text: string): Promise<void> {
  const target = message(page, text);
  await target.hover();
  await target.locator("button[aria-haspopup=menu]").first().click();
}

export async function act(page: Parameters<typeof message>[0], text: string, action: string): Promise<void> {
  await openMenu(page, text);
  await page.getByRole("menuitem", { name: action, exact: true }).click();
}

/** Internal notes reach colleagues only. */
async function notes(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "Is it still under warranty? #d1");
  const mei = await staff(world, 1);
  await openConversation(mei.page, "#d1");
  await turnTo(mei.page, "notes");
  await say(mei.page, "Bought three years ago, be kind #d2");
  const kit = await staff(world, 0);
  await openConversation(kit.page, "#d1");
  await turnTo(kit.page, "notes");
  await sees(kit.page, "#d2");
  await turnTo(kit.page, "chat");
  await say(kit.page, "Let me look #d3");
  await sees(guest.page, "#d3");
  assert((await guest.page.content()).includes("#d2") === false, "the customer sees a note");
}

/** L12: delivered and read are shown to the sender; a draft is kept over a reload. */
async function marksAndDrafts(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "Hello? #e1");
  const mei = await staff(world, 1);
  await until(
    "delivered",
    () => message(guest.page, "#e1").getAttribute("data-status"),
    (status) => status === "delivered",
  );
  await openConversation(mei.page, "#e1");
  await until(
    "read",
    () => message(guest.page, "#e1").getAttribute("data-status"),
    (status) => status === "read",
  );
  await mei.page.getByTestId("composer").first().fill("I am looking for your ord");
  await until(
    "the draft is kept",
    () => kept(mei.page),
    (text) => text.includes("your ord"),
  );
  await mei.page.reload();
  await mei.page.getByTestId("composer").first().waitFor();
  await until(
    "the draft is back",
    () => mei.page.getByTestId("composer").first().inputValue(),
    (text) => text.endsWith("your ord"),
  );
  await until(
    "typing is seen",
    () => typing(mei.page, guest.page),
    (count) => count > 0,
  );
}

async function typing(from: Parameters<typeof message>[0], to: Parameters<typeof message>[0]): Promise<number> {
  await from.getByTestId("composer").first().press("e");
  return to.getByTestId("typing").filter({ hasText: /\S/ }).count();
}

type Noticed = { body: string; isOpen: boolean };
/** The system's notices of a page that nobody looks at, as they were shown and taken back. */
const fakeNotices = () => {
  const all: Noticed[] = [];
  class Fake {
    static permission = "granted";
    static requestPermission = async () => "granted";
    onclick: unknown;
    readonly #kept: Noticed;
    constructor(_: string, { body = "" }: NotificationOptions) {
      this.#kept = { body, isOpen: true };
      all.push(this.#kept);
    }
    close() {
      this.#kept.isOpen = false;
    }
  }
  Object.assign(globalThis, { Notification: Fake, noticed: all });
  document.hasFocus = () => false;
};

/** L14: what a notice of the system says goes with the text it repeats, when it was read, and with whom it was for. */
async function noticesGo(world: World): Promise<void> {
  const guest = await customer(world);
  await say(guest.page, "Hello #w0");
  await sees(guest.page, "#w0");
  const { token } = await signIn(world.product, world.product.signIns[1]?.login);
  const value = { desktop: true, preview: true, toured: true };
  await ask(world.product.url, "/v1/preferences/prefs", { method: "PUT", token, body: { value } });
  const mei = await staff(world, 1);
  const { page } = mei;
  await page.addInitScript(fakeNotices);
  await page.reload();
  await page.getByTestId("conversation").filter({ hasText: "#w0" }).waitFor();
  await connection(page, "online");
  const open = (what: string, texts: readonly string[]) =>
    until(
      what,
      () => page.evaluate(() => (globalThis as unknown as { noticed: Noticed[] }).noticed),
      (all) =>
        all
          .filter(({ isOpen }) => isOpen)
          .map(({ body }) => body)
          .join() === texts.join(),
    );
  await say(guest.page, "I live at 7 Hill Road #w1");
  await open("a notice says it", ["I live at 7 Hill Road #w1"]);
  await act(guest.page, "#w1", "Edit");
  await guest.page.getByTestId("composer").fill("I live elsewhere #w1");
  await guest.page.keyboard.press("Enter");
  await open("the notice goes when its text was changed", []);
  await say(guest.page, "Call me #w2");
  await open("the next one is told", ["Call me #w2"]);
  await act(guest.page, "#w2", "Recall");
  await open("the notice goes when its message was recalled", []);
  await say(guest.page, "Are you there? #w3");
  await open("one more", ["Are you there? #w3"]);
  const other = await staff(world, 1, { like: mei });
  await openConversation(other.page, "#w3");
  await open("the notice goes when it was read elsewhere", []);
}

const welcomes = {
  en: "Hello! We answer you",
  "zh-Hant": "你好！我們會在這裏",
  "zh-Hans": "你好！我们会在这里",
} as const;

/** L20: what the shop's automation says is said in the reader's language, in lists and where somebody passes it on. */
async function noticesInLists(world: World): Promise<void> {
  const { url, signIns } = world.product;
  const { token } = await signIn({ url, signIns });
  const [first, second] = await Promise.all(
    ["Welcome alone #n1", "Welcome passed on #n2"].map(async (title) => {
      const guest = (await ask(url, "/v1/customers", { body: {} })).body;
      const body = command("conversation.ask", { title });
      return (await ask(url, "/v1/commands", { token: guest.token, body })).body.conversation as string;
    }),
  );
  const passOn = command("message.forward", { from: { stream: first, seq: 2 } }, second);
  assert((await ask(url, "/v1/commands", { token, body: passOn })).status === 200, "it was not passed on");
  for (const [lang, width, dark] of [
    ["en", 1440, true],
    ["zh-Hant", 1440, false],
    ["zh-Hans", 360, false],
  ] as const) {
    const { page } = await staff(world, 1, { lang, width, height: 800, dark });
    for (const mark of ["#n1", "#n2"])
      await page.getByTestId("conversation").filter({ hasText: mark }).filter({ hasText: welcomes[lang] }).waitFor();
    await look(page, `list-notice-${lang}-${width}`);
    await openConversation(page, "#n2");
    await page.getByTestId("message").filter({ hasText: welcomes[lang] }).waitFor();
  }
}

export const talk: Scenario[] = [
  { name: "L3 two customers and two staff, two devices each, see the same", run: everyDevice },
  { name: "L14 edit, reply and recall reach every device and leave no old text", run: changes },
  { name: "L14 a notice of the system goes with the words it repeats", run: noticesGo },
  { name: "L14 what is open over a message follows its edit and its recall", run: changedUnderneath },
  { name: "L12 what has no timeline around it is in sight at the desk", run: withoutTimeline },
  { name: "L12 a refused edit is listed with its words, and what is being written goes on", run: refusedEdit },
  { name: "L5 internal notes reach colleagues and never the customer", run: notes },
  { name: "L20 a list says notices in its reader's language", run: noticesInLists },
  { name: "L12 delivered, read, typing; a draft outlives a reload", run: marksAndDrafts },
];
