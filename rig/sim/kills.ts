import { Faults } from "./faults.ts";
import type { Random } from "./random.ts";
import { type Outcome, open, outcomeOf, settle } from "./run.ts";
import { type Scale, World } from "./world.ts";

/** One kill: of whom, at which of the places where the write path waits. */
export type Kill = { readonly name: string; readonly victim: "node" | "database"; readonly step: number };

/** As many places as the small scenario has; later ones are after its end. */
const killSteps = 120;
const killSeed = 7;
const nodeBackMs = 300;
const databaseBackMs = 200;

export function killScenarios(): Kill[] {
  const steps = Array.from({ length: killSteps }, (_, step) => step);
  return (["node", "database"] as const).flatMap((victim) =>
    steps.map((step) => ({ name: `kill the ${victim} at step ${step}`, victim, step })),
  );
}

export const smallShop = (_: Random): Scale => ({
  machines: 2,
  staff: 2,
  customers: 1,
  devices: 1,
  tabs: 1,
  hearsItself: "at-once",
  settings: {
    heartbeatMs: 5_000,
    batchWindowMs: 5,
    batchMaxRows: 256,
    lanes: 2,
    ringEvents: 64,
    socketBufferBytes: 1_000_000,
    rateAccountPerSecond: 1_000,
    rateAccountBurst: 1_000,
    recallWindowMs: 120_000,
    receiptFlushMs: 200,
  },
  small: { gapEvents: 1_000, snapshotItems: 50, pageItems: 100 },
});

/** The same few commands every time; the kill comes exactly at its step of theirs. */
export function simulateKill(kill: Kill, wordy = false): Outcome {
  const world = new World(killSeed, smallShop, wordy);
  const { database, machines, scheduler } = world;
  open(world);
  world.run(1_500);
  let step = 0;
  let done = false;
  database.onPoint = (client, point) => {
    if (done || step++ !== kill.step) return;
    done = true;
    world.say(`! ${kill.name}: ${client.name} ${point}`);
    if (kill.victim === "database") {
      database.crash();
      scheduler.after(databaseBackMs, () => database.restart());
      return;
    }
    const machine = machines.find(({ life }) => life === client);
    machine?.kill();
    scheduler.after(nodeBackMs, () => machine?.start());
  };
  speak(world);
  world.run(5_000);
  new Faults(world).heal();
  settle(world);
  return outcomeOf(world, killSeed);
}

/** Messages, a change of one, and somebody who is taken out and put back: two streams of rows in one transaction. */
function speak(world: World): void {
  const [staff, other, customer] = world.tabs;
  const group = staff?.client.inbox.value.lines.find(({ entry }) => entry.kind === "group")?.entry.stream;
  if (!staff || !other || !customer || !group) return world.fail(new Error("nobody is there to speak"));
  const parts = (text: string) => [{ type: "text" as const, text }];
  staff.client.send("message.send", group, { parts: parts("one") });
  customer.client.send("message.send", group, { parts: parts("two") });
  world.run(4);
  staff.client.send("message.send", group, { parts: parts("three") });
  other.client.send("message.edit", group, { seq: 2, parts: parts("changed") });
  world.run(10);
  staff.client.send("member.remove", group, { account: customer.device.actor.account });
  customer.client.send("message.send", group, { parts: parts("four") });
  world.run(30);
  staff.client.send("member.add", group, { account: customer.device.actor.account });
  staff.client.send("message.recall", group, { seq: 2 });
}
