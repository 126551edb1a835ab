import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { BrowserContext, Page } from "playwright-core";
import { browserPath, openProfile } from "../e2e/harness.ts";
import { type Shown, say, shown } from "../e2e/world.ts";
import { type Fault, type FaultRun, NotRun } from "./fault.ts";
import { until } from "./fleet.ts";
import type { Cast } from "./load.ts";
import type { Given } from "./phone.ts";
import { type Found, type Scene, trial } from "./trial.ts";

const patienceMs = 45_000;
const quotaBytes = 8_388_608;
const page = fileURLToPath(new URL("../../widget/dist/index.html", import.meta.url));

type Stage = Scene & {
  readonly profile: string;
  open(): Promise<BrowserContext>;
  readonly chat: string;
};

/** A real Chromium with a profile on the disk, at the customer's page, beside everybody else. */
async function inBrowser(run: FaultRun, act: (stage: Stage) => Promise<Found>) {
  if (!browserPath())
    throw new NotRun("there is no Chromium: apt-get install chromium-headless-shell, or name one with CHROMIUM_PATH");
  if (!existsSync(page)) throw new NotRun("the pages are not built: npm start builds them");
  const profile = mkdtempSync(joinPath(tmpdir(), "aftercare-profile-"));
  try {
    return await trial(run, { pace: { pauseMs: 400 } }, async (scene) => {
      let context: BrowserContext | undefined;
      const open = async () => {
        context = await openProfile(profile);
        return context;
      };
      try {
        return await act({ ...scene, profile, open, chat: `${scene.fleet.sideUrl}/chat/` });
      } finally {
        await context?.close().catch(() => undefined);
      }
    });
  } finally {
    killBrowser(profile);
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** SIGKILL of every process of the browser that has this profile; gives how many there were. */
function killBrowser(profile: string): number {
  let killed = 0;
  for (const pid of readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)) {
    try {
      if (pid === process.pid || !readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(profile)) continue;
      process.kill(pid, "SIGKILL");
      killed++;
    } catch {
      // It ended in between.
    }
  }
  return killed;
}

async function visit(context: BrowserContext, url: string): Promise<Page> {
  const opened = context.pages()[0] ?? (await context.newPage());
  await opened.goto(url);
  return opened;
}

const marked = (items: readonly Shown[], mark: string) => items.filter(({ text }) => text.includes(`${mark};`));

/** The conversation of the browser, from now on judged with all the others. */
async function conversationOf(cast: Cast, mark: string): Promise<{ stream: string; by: string }> {
  const found = () =>
    cast.witness.client.inbox.value.lines.find(({ state }) =>
      state?.items.some((item) => JSON.stringify(item.body).includes(`${mark};`)),
    );
  await until(() => found() !== undefined, patienceMs, `the staff see ${mark}`);
  const line = found();
  const stream = line?.entry.stream ?? "";
  const by = line?.state?.items.find((item) => JSON.stringify(item.body).includes(`${mark};`))?.by ?? "";
  cast.steady.set(stream, new Set([by, cast.witness.account]));
  cast.steady.set(stream.replace(/^c_/, "n_"), new Set([cast.witness.account]));
  for (const phone of [...cast.phones, cast.outsider]) for (const one of cast.steady.keys()) phone.watch(one);
  return { stream, by };
}

/**
 * What was typed in the page, as commands for the oracle: each mark is one command, whose answer is the seq that the page
 * shows. Waits until every page shows every mark as sent.
 */
async function typed(
  cast: Cast,
  pages: readonly Page[],
  marks: readonly string[],
): Promise<{ given: Given[]; breaches: string[] }> {
  const { stream, by } = await conversationOf(cast, marks[0] ?? "");
  const breaches: string[] = [];
  const given: Given[] = [];
  for (const one of pages) {
    let items: Shown[] = [];
    const missing = () =>
      marks.filter((mark) => !marked(items, mark).some(({ status }) => status !== "waiting" && status !== "failed"));
    await until(
      async () => {
        items = await shown(one);
        return missing().length === 0;
      },
      patienceMs,
      () => `the page shows as sent: ${missing().join(" ")}`,
    ).catch((error) => breaches.push(String(error)));
    for (const mark of marks) if (marked(items, mark).length > 1) breaches.push(`the page shows ${mark} twice`);
    const order = items.flatMap(({ text }) => marks.find((mark) => text.includes(`${mark};`)) ?? []);
    if (order.join(" ") !== marks.join(" "))
      breaches.push(`typed as ${marks.join(" ")}, but shown as ${order.join(" ")}`);
  }
  await until(
    () => marks.every((mark) => idOf(cast, stream, mark) !== undefined),
    patienceMs,
    "the staff see everything",
  ).catch((error) => breaches.push(String(error)));
  const [first] = pages;
  const items = first ? await shown(first) : [];
  for (const mark of marks) {
    const seq = marked(items, mark)[0]?.seq ?? 0;
    const id = idOf(cast, stream, mark) ?? mark;
    const ack = { id, stream, seq, at: 0 } as Given["acks"][number];
    given.push({ id, type: "message.send", stream, by, who: "the browser", acks: [ack], refusals: [] });
  }
  // The opening of the conversation is the browser's too; it stands in its inbox, which nobody else judges.
  return { given, breaches };
}

const idOf = (cast: Cast, stream: string, mark: string): string | undefined =>
  cast.witness.shows(stream)?.items.find((item) => JSON.stringify(item.body).includes(`${mark};`))?.commandId;

const waitingIn = async (one: Page) =>
  (await shown(one)).filter(({ status }) => status === "waiting" || status === "sending").length;

export const twoTabsFault: Fault = {
  name: "two-tabs",
  text: "two tabs of a real Chromium write in turns; the one that owns the connection is closed, the server cut off, again and again",
  short: false,
  run: (run) =>
    inBrowser(run, async ({ fleet, cast, open, chat }) => {
      const context = await open();
      let one = await visit(context, chat);
      const marks: string[] = [];
      const write = async (where: Page) => {
        const mark = `#t${marks.length}`;
        await say(where, `Hello ${mark};`);
        marks.push(mark);
        await until(
          async () => marked(await shown(where), mark).length === 1,
          patienceMs,
          `${mark} is shown where it was typed`,
        );
      };
      await write(one);
      await conversationOf(cast, "#t0");
      let other = await context.newPage();
      await other.goto(chat);
      await until(
        async () => marked(await shown(other), "#t0").length === 1,
        patienceMs,
        "the second tab shows the first word",
      );
      const rounds = run.short ? 1 : 3;
      for (let round = 0; round < rounds; round++) {
        for (let n = 0; n < 3; n++) {
          await write(other);
          fleet.sideDoor.cut("rst");
          fleet.sideNode = 1 - fleet.sideNode;
          await write(one);
        }
        // The older tab led.
        await one.close();
        await write(other);
        one = other;
        other = await context.newPage();
        await other.goto(chat);
        await until(
          async () => marked(await shown(other), "#t0").length === 1,
          patienceMs,
          "the new tab shows the conversation",
        );
      }
      // Two tabs are two typists: the order between them is the server's, each mark once is what counts.
      const ordered = await typed(cast, [one, other], await orderOf(one, marks));
      return { facts: [`${marks.length} messages from two tabs, ${rounds} changes of the leader`], ...ordered };
    }),
};

/** The marks in the order in which a page shows them, once all are there. */
async function orderOf(one: Page, marks: readonly string[]): Promise<string[]> {
  let order: string[] = [];
  await until(
    async () => {
      order = (await shown(one)).flatMap(({ text }) => marks.find((mark) => text.includes(`${mark};`)) ?? []);
      return order.length === marks.length && new Set(order).size === marks.length;
    },
    patienceMs,
    () => `every mark once; there are ${order.join(" ")}`,
  );
  return order;
}

export const browserKilledFault: Fault = {
  name: "browser-killed",
  text: "a real Chromium is killed by SIGKILL with a full outbox, and started again on the same profile: nothing is lost",
  short: false,
  run: (run) =>
    inBrowser(run, async ({ fleet, cast, open, chat, profile }) => {
      const marks: string[] = [];
      const write = async (where: Page) => {
        const mark = `#k${marks.length}`;
        marks.push(mark);
        await say(where, `Hello ${mark};`);
        await until(async () => marked(await shown(where), mark).length === 1, patienceMs, `${mark} is shown`);
      };
      let one = await visit(await open(), chat);
      await write(one);
      await conversationOf(cast, "#k0");
      const facts: string[] = [];
      const rounds = run.short ? 1 : 2;
      for (let round = 0; round < rounds; round++) {
        fleet.sideDoor.refuse();
        fleet.sideDoor.cut("rst");
        for (let n = 0; n < 12; n++) await write(one);
        const waiting = await waitingIn(one);
        const killed = killBrowser(profile);
        facts.push(`${killed} processes killed with ${waiting} messages waiting`);
        await sleep(500);
        fleet.sideDoor.heal();
        one = await visit(await open(), chat);
      }
      const found = await typed(cast, [one], marks);
      return { facts, ...found };
    }),
};

export const browserQuotaFault: Fault = {
  name: "browser-quota",
  text: "the storage quota of a real Chromium is used up while its user writes: nothing is lost in the open page",
  short: false,
  run: (run) =>
    inBrowser(run, async ({ fleet, cast, open, chat }) => {
      const marks: string[] = [];
      const context = await open();
      // Before the page is there: what room there is, is looked up once and then remembered for a while.
      const one = context.pages()[0] ?? (await context.newPage());
      const devtools = await context.newCDPSession(one);
      const origin = fleet.sideUrl;
      await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: quotaBytes });
      await one.goto(chat);
      const write = async () => {
        const mark = `#q${marks.length}`;
        marks.push(mark);
        await say(one, `Hello ${mark};`);
        await until(async () => marked(await shown(one), mark).length === 1, patienceMs, `${mark} is shown`);
      };
      await write();
      await conversationOf(cast, "#q0");
      const refused = await one.evaluate(fillStorage);
      await write();
      fleet.sideDoor.refuse();
      fleet.sideDoor.cut("rst");
      for (let n = 0; n < 8; n++) await write();
      const waiting = await waitingIn(one);
      fleet.sideDoor.heal();
      const found = await typed(cast, [one], marks);
      await devtools.send("Storage.overrideQuotaForOrigin", { origin });
      return {
        ...found,
        facts: [`a write to the full storage: ${refused}; ${waiting} messages waited in memory alone`],
        breaches: [...found.breaches, ...(refused.includes("Quota") ? [] : ["the storage was not full"])],
      };
    }),
};

/** Runs in the page: takes all the room there is, and gives what the browser said to the last write. */
async function fillStorage(): Promise<string> {
  const opening = indexedDB.open("rig-filler", 1);
  await new Promise<void>((resolve, reject) => {
    opening.onupgradeneeded = () => opening.result.createObjectStore("filler");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => resolve();
  });
  const write = (place: number, sizeBytes: number) =>
    new Promise<string>((resolve) => {
      const writing = opening.result.transaction("filler", "readwrite");
      const bytes = crypto.getRandomValues(new Uint8Array(Math.min(sizeBytes, 65_536)));
      writing.objectStore("filler").put(
        Array.from({ length: Math.ceil(sizeBytes / 65_536) }, () => bytes.slice()),
        place,
      );
      writing.oncomplete = () => resolve("written");
      writing.onabort = () => resolve(writing.error?.name ?? "aborted");
    });
  let last = "";
  for (let place = 0, sizeBytes = 4_194_304; sizeBytes >= 256 && place < 200; place++) {
    last = await write(place, sizeBytes);
    if (last !== "written") sizeBytes /= 4;
  }
  return last;
}
