import { access } from "./access.ts";
import { agents } from "./agent.ts";
import { alongs } from "./along.ts";
import { chains } from "./chain.ts";
import { desk } from "./desk.ts";
import { deskKeys } from "./desk-keys.ts";
import { detailed } from "./details.ts";
import { doors } from "./door.ts";
import { earlies } from "./early.ts";
import { earlyChats } from "./early-chat.ts";
import { embedding } from "./embed.ts";
import { ends } from "./embed-ends.ts";
import { epochs } from "./epoch.ts";
import { fronts } from "./front.ts";
import { groups } from "./group.ts";
import { launchBrowser, Product, shot } from "./harness.ts";
import { identities } from "./identity.ts";
import { keys } from "./keyboard.ts";
import { links } from "./link.ts";
import { looks } from "./looks.ts";
import { mentions } from "./mention.ts";
import { outage } from "./outage.ts";
import { codes } from "./qr.ts";
import { readings } from "./reading.ts";
import { settings } from "./settings.ts";
import { tabs } from "./tabs.ts";
import { talk } from "./talk.ts";
import { typings } from "./typed.ts";
import { windows } from "./window.ts";
import type { Scenario, World } from "./world.ts";

const scenarios: Scenario[] = [
  ...[...talk, ...groups, ...agents, ...tabs, ...access, ...doors, ...looks],
  ...[
    ...keys,
    ...deskKeys,
    ...links,
    ...embedding,
    ...ends,
    ...outage,
    ...identities,
    ...fronts,
    ...codes,
    ...settings,
    ...alongs,
    ...chains,
    ...earlies,
    ...earlyChats,
    ...readings,
    ...typings,
    ...epochs,
    ...mentions,
    ...desk,
    ...detailed,
    ...windows,
  ],
];

/** Products with a browser each that share the scenarios: one waits for its pages while the other works. */
const tracks = 2;

type Queue = { readonly next: () => { scenario: Scenario; index: number } | undefined };

/** Runs the scenarios whose name holds one of the words given, or all. */
async function main(words: readonly string[]): Promise<number> {
  const chosen = scenarios.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  const left = chosen.map((scenario, index) => ({ scenario, index }));
  const queue: Queue = { next: () => left.shift() };
  const failures = await Promise.all(Array.from({ length: Math.min(tracks, chosen.length) }, () => track(queue)));
  const failed = failures.reduce((sum, count) => sum + count, 0);
  console.log(`${chosen.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/** Takes scenarios until none is left, against a product and a browser of its own; tells how many failed. */
async function track(queue: Queue): Promise<number> {
  const product = new Product();
  await product.start();
  const browser = await launchBrowser();
  let failed = 0;
  try {
    for (let one = queue.next(); one; one = queue.next())
      if (!(await passes({ product, browser, open: [] }, one.scenario, one.index))) failed++;
  } finally {
    await browser.close();
    await product.stop();
  }
  return failed;
}

async function passes(world: World, scenario: Scenario, index: number): Promise<boolean> {
  const startedAt = performance.now();
  try {
    await scenario.run(world);
    const errors = world.open.flatMap((device) => device.errors);
    if (errors.length > 0) throw new Error(`errors in a page:\n${errors.join("\n")}`);
    console.log(`ok    ${scenario.name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
    return true;
  } catch (error) {
    console.error(`FAIL  ${scenario.name}\n${error instanceof Error ? error.message : String(error)}`);
    for (const [device, { context }] of world.open.entries())
      for (const [tab, page] of context.pages().entries())
        await shot(page, `failed-${index}-${device}-${tab}`).catch(() => undefined);
    return false;
  } finally {
    for (const { context } of world.open) await context.close();
  }
}

process.exit(await main(process.argv.slice(2)));
