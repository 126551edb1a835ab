import type { Page } from "playwright-core";
import { ask, staff as signIn } from "../api/server.ts";
import { look } from "./looks.ts";
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
  turnTo,
  until,
  type World,
} from "./world.ts";

type Called = { tones: number; notices: { title: string; body: string; isOpen: boolean; onclick?: () => void }[] };

/** What calls somebody who looks at another window, counted instead of heard. */
const fakeCalls = () => {
  const called: Called = { tones: 0, notices: [] };
  class FakeNotice {
    static permission = "granted";
    title: string;
    body: string;
    isOpen = true;
    constructor(title: string, { body = "" }: NotificationOptions) {
      this.title = title;
      this.body = body;
      called.notices.push(this);
    }
    close() {
      this.isOpen = false;
    }
  }
  const { createOscillator } = AudioContext.prototype;
  AudioContext.prototype.createOscillator = function () {
    called.tones++;
    return createOscillator.call(this);
  };
  let hasFocus = false;
  const focus = () => {
    hasFocus = true;
    dispatchEvent(new Event("focus"));
  };
  Object.assign(globalThis, { Notification: FakeNotice, called, focus });
  document.hasFocus = () => hasFocus;
};

const calledOf = (page: Page) =>
  page.evaluate(() => {
    const { tones, notices } = (globalThis as unknown as { called: Called }).called;
    return { tones, open: notices.filter(({ isOpen }) => isOpen).map(({ title, body }) => `${title}: ${body}`) };
  });

const countOf = async (page: Page) =>
  Number((await page.getByTestId("view-mentions").innerText()).match(/\d+/)?.[0] ?? 0);
const counts = (page: Page, count: number) =>
  until(
    `Mentions count ${count}`,
    () => countOf(page),
    (seen) => seen === count,
  );
const notesMark = (page: Page) => page.getByTestId("notes-unread");

/** Kit has read the conversation and looks at other things, Mei writes into its notes. */
async function prepared(world: World, mark: string, prefs: object) {
  const guest = await customer(world);
  await say(guest.page, `The kettle hums ${mark}1`);
  await sees(guest.page, `${mark}1`);
  const { token } = await signIn(world.product, world.product.signIns[0]?.login);
  const value = { desktop: true, preview: true, toured: true, ...prefs };
  await ask(world.product.url, "/v1/preferences/prefs", { method: "PUT", token, body: { value } });
  const kit = (await staff(world, 0, { width: 1440, height: 900 })).page;
  await kit.addInitScript(fakeCalls);
  await kit.reload();
  await connection(kit, "online");
  await openConversation(kit, `${mark}1`);
  await sees(kit, `${mark}1`);
  const mei = (await staff(world, 1)).page;
  await openConversation(mei, `${mark}1`);
  await turnTo(mei, "notes");
  return { kit, mei };
}

/** Whoever is meant by a note is called as by a message, and led to the notes. */
async function noteCalls(world: World): Promise<void> {
  const { kit, mei } = await prepared(world, "#mn", {});
  await showView(kit, "groups");
  await counts(kit, 0);
  const before = await calledOf(kit);
  await say(mei, "@Kit did they call before? #mn2");
  await counts(kit, 1);
  await until(
    "a notice and a tone",
    () => calledOf(kit),
    ({ open, tones }) => tones > before.tones && open.some((text) => /^You are mentioned · .*#mn2/.test(text)),
  );
  await until(
    "the title says it",
    () => kit.title(),
    (title) => /^\([1-9]/.test(title),
  );
  await kit.evaluate(() => (globalThis as unknown as { called: Called }).called.notices.at(-1)?.onclick?.());
  await kit.getByTestId("notes").waitFor();
  await sees(kit, "#mn2");
  await counts(kit, 0);
  await until(
    "the notice is over",
    () => calledOf(kit),
    ({ open }) => !open.some((text) => text.includes("#mn2")),
  );

  await turnTo(kit, "chat");
  assert((await notesMark(kit).count()) === 0, "notes that were read have no mark");
  await say(mei, "@Kit the order is from May #mn3");
  await notesMark(kit).waitFor();
  await look(kit, "notes-unread-1440");
  await counts(kit, 1);
  await showView(kit, "mentions");
  const line = kit.getByTestId("conversation").filter({ hasText: "#mn3" });
  await line.waitFor();
  await look(kit, "mentions-1440");
  await line.click();
  await kit.getByTestId("notes").waitFor();
  await sees(kit, "#mn3");
  await counts(kit, 0);
  await turnTo(kit, "chat");
  await notesMark(kit).waitFor({ state: "detached" });
}

/** In quiet hours a mention counts and makes no sound. */
async function quietNote(world: World): Promise<void> {
  const hour = new Date().getHours();
  const clock = (hours: number) => `${String(hours % 24).padStart(2, "0")}:00`;
  // Three hours on either side: also where the browser's minute is another one.
  const quiet = { on: true, from: clock(hour + 21), to: clock(hour + 3) };
  const { kit, mei } = await prepared(world, "#mq", { quiet });
  await showView(kit, "groups");
  const before = await calledOf(kit);
  await say(mei, "@Kit quietly #mq2");
  await counts(kit, 1);
  const after = await calledOf(kit);
  assert(after.tones === before.tones && after.open.length === before.open.length, "nothing rings in quiet hours");
}

export const mentions: Scenario[] = [
  { name: "a mention in a note calls whoever is meant, and leads to the notes", run: noteCalls },
  { name: "a mention in a note is quiet in quiet hours", run: quietNote },
];
